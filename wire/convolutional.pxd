"""The convolutional code of CCSDS 131.0, 3: rate 1/2, constraint length 7, 171 and 133 octal, the second symbol inverted."""

from libc.stdint cimport int16_t, uint8_t, uint32_t, uint64_t

cdef enum:
    VITERBI_STATES = 64
    VITERBI_DEPTH = 96              # steps from the newest back to the first that is decided: more than ten constraint lengths
    VITERBI_STEPS = 1120            # steps kept: the depth, and 1024 decided at a time
    VITERBI_WATCH = 2048            # steps over which the order of the symbols is judged

cdef struct Viterbi:                # the record
    uint64_t symbols                # taken in, ever
    uint64_t bits                   # given out
    uint64_t slips                  # times a symbol was left out because the pairs were torn
    uint32_t watch                  # 1: pairs are put right by themselves
    uint32_t watched                # steps since the order of the symbols was last judged
    uint32_t steps                  # decided steps not yet traced back
    uint32_t held                   # 1: `first` waits for its second symbol
    uint32_t first
    uint32_t out_bits               # bits of an octet under way
    uint32_t out
    uint64_t cost                   # of the best path in this watch
    uint64_t floor                  # of any path in this watch, at least
    uint64_t weight                 # by which the symbols of this watch were sure, together
    int16_t metric[64]
    int16_t decisions[1120][64]

cdef uint32_t convolve(uint32_t state, const uint8_t* data, size_t n, uint8_t* out) noexcept nogil      # n octets in, 2 n out; the new state
cdef void viterbi_reset(Viterbi* v, bint watch) noexcept nogil
cdef size_t viterbi_feed(Viterbi* v, const uint8_t* soft, size_t n, uint8_t* out) noexcept nogil
# ^ n symbols, 0 a sure zero to 255 a sure one; octets written, at most n / 16 + 141
cdef size_t viterbi_finish(Viterbi* v, uint8_t* out) noexcept nogil     # what is still undecided, whole octets: at most 141
