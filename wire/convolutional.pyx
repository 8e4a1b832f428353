# distutils: extra_compile_args = -O3
# cython: boundscheck=False, wraparound=False
"""Convolutional encoder and Viterbi decoder (CCSDS 131.0, 3.3).

A state is the last six bits, the newest the highest. Two neighbouring states lead to the same two states, and since both generators hold
the newest and the oldest bit, one pair of symbols and its complement serve all four ways: 32 butterflies a step, which the compiler turns
into vector code. Bits are decided 96 steps late, from the best state. When pairs of symbols are torn (the second taken for the first) the
best path contradicts as many symbols as it would in noise; then one symbol is left out. An inverted stream comes out inverted: the code is transparent.
Bounds are not checked: every index is below a constant of the class card.
"""

import numpy as np

from libc.stdint cimport int16_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

cdef uint32_t FIRST = 0o171
cdef uint32_t SECOND = 0o133
# Thousandths of the weight of all symbols that the best path contradicts when pairs are torn, measured: soft 77 and more, hard 122 and more.
# With pairs in order it is at most 67 with soft decisions down to 0 dB, and 102 with hard ones down to 2 dB.
cdef uint32_t TORN_SOFT = 72
cdef uint32_t TORN_HARD = 112
cdef uint32_t LOWER_STEPS = 32      # at most 510 a step, and the worst state is six steps behind the best: a metric fits in 15 bits
cdef uint8_t SYMBOLS[128]           # by register (newest bit highest): first symbol in bit 1, second, inverted, in bit 0
cdef int16_t FIRST_MASK[32]        # what the first symbol of butterfly i is compared with: 0 or 255
cdef int16_t SECOND_MASK[32]


cdef uint32_t parity(uint32_t v) noexcept nogil:
    v ^= v >> 4
    v ^= v >> 2
    return (v ^ v >> 1) & 1


cdef void build_tables() noexcept:
    cdef uint32_t register
    for register in range(128):
        SYMBOLS[register] = <uint8_t>(parity(register & FIRST) << 1 | parity(register & SECOND) ^ 1)
    for register in range(32):
        FIRST_MASK[register] = 255 if SYMBOLS[2 * register] & 2 else 0
        SECOND_MASK[register] = 255 if SYMBOLS[2 * register] & 1 else 0


build_tables()


cdef uint32_t convolve(uint32_t state, const uint8_t* data, size_t n, uint8_t* out) noexcept nogil:
    cdef size_t i
    cdef uint32_t register, symbols
    cdef int bit
    for i in range(n):
        symbols = 0
        for bit in range(7, -1, -1):
            register = state | (data[i] >> bit & 1) << 6
            symbols = symbols << 2 | SYMBOLS[register]
            state = register >> 1
        out[2 * i] = <uint8_t>(symbols >> 8)
        out[2 * i + 1] = <uint8_t>symbols
    return state


cdef void viterbi_reset(Viterbi* v, bint watch) noexcept nogil:
    memset(v, 0, sizeof(Viterbi))
    v.watch = watch


cdef extern from *:
    """
    #include <stdint.h>
    /* 32 butterflies. The arrays do not overlap, and the compiler must know it to make vector code. */
    static void advance(const int16_t *restrict old, int16_t *restrict new, int16_t *restrict decision,
                        const int16_t *restrict first_mask, const int16_t *restrict second_mask, int16_t first, int16_t second) {
        for (int i = 0; i < 32; i++) {
            int16_t cost = (int16_t)((first ^ first_mask[i]) + (second ^ second_mask[i])), other = (int16_t)(510 - cost);
            int16_t even = (int16_t)(old[2 * i] + cost), odd = (int16_t)(old[2 * i + 1] + other);
            new[i] = odd < even ? odd : even;
            decision[i] = odd < even;
            even = (int16_t)(old[2 * i] + other), odd = (int16_t)(old[2 * i + 1] + cost);
            new[i + 32] = odd < even ? odd : even;
            decision[i + 32] = odd < even;
        }
    }
    """
    void advance(const int16_t* old, int16_t* new, int16_t* decision, const int16_t* first_mask, const int16_t* second_mask, int16_t first,
                 int16_t second) noexcept nogil


cdef uint32_t best_state(const Viterbi* v) noexcept nogil:
    cdef uint32_t i, best = 0
    for i in range(1, <uint32_t>VITERBI_STATES):
        if v.metric[i] < v.metric[best]:
            best = i
    return best


cdef void lower(Viterbi* v) noexcept nogil:
    """Take the best metric off all of them, into `cost`."""
    cdef int16_t least = v.metric[best_state(v)]
    cdef uint32_t i
    for i in range(<uint32_t>VITERBI_STATES):
        v.metric[i] -= least
    v.cost += <uint64_t>least


cdef size_t trace(Viterbi* v, uint32_t keep, uint8_t* out) noexcept nogil:
    """Give out the bits of all steps but the last `keep`."""
    cdef uint8_t bits[VITERBI_STEPS]
    cdef uint32_t state = best_state(v), i
    cdef size_t written = 0
    for i in range(v.steps, 0, -1):
        bits[i - 1] = <uint8_t>(state >> 5)
        state = (state << 1 & 63) | <uint32_t>v.decisions[i - 1][state]
    for i in range(v.steps - keep):
        v.out = v.out << 1 | bits[i]
        v.out_bits += 1
        if v.out_bits == 8:
            out[written] = <uint8_t>v.out
            written += 1
            v.out_bits = 0
    v.bits += v.steps - keep
    memmove(v.decisions, v.decisions[v.steps - keep], keep * sizeof(v.decisions[0]))
    v.steps = keep
    return written


cdef inline void weigh(Viterbi* v, uint32_t symbol) noexcept nogil:
    """What a symbol costs any path at least, and what contradicting it costs on top."""
    cdef uint32_t other = 255 - symbol
    v.floor += symbol if symbol < other else other
    v.weight += other - symbol if symbol < other else symbol - other


cdef bint torn(Viterbi* v) noexcept nogil:
    """At the end of a watch: whether the pairs seem to be torn."""
    cdef bint verdict, hard
    lower(v)
    hard = v.weight >= <uint64_t>2 * VITERBI_WATCH * 250
    verdict = 1000 * (v.cost - v.floor) > (TORN_HARD if hard else TORN_SOFT) * v.weight
    v.cost = v.floor = v.weight = 0
    v.watched = 0
    return verdict


cdef size_t viterbi_feed(Viterbi* v, const uint8_t* soft, size_t n, uint8_t* out) noexcept nogil:
    cdef int16_t new[VITERBI_STATES]
    cdef size_t i, written = 0
    for i in range(n):
        if not v.held:
            v.first = soft[i]
            v.held = 1
            continue
        v.held = 0
        advance(v.metric, new, v.decisions[v.steps], FIRST_MASK, SECOND_MASK, <int16_t>v.first, soft[i])
        memcpy(v.metric, new, sizeof(new))
        v.steps += 1
        v.watched += 1
        if v.watched % LOWER_STEPS == 0:
            lower(v)
        weigh(v, v.first)
        weigh(v, soft[i])
        if v.steps == VITERBI_STEPS:
            written += trace(v, VITERBI_DEPTH, out + written)
        if v.watched == VITERBI_WATCH and torn(v) and v.watch:
            v.slips += 1
            v.first = soft[i]       # the second symbol begins the next pair
            v.held = 1
    v.symbols += n
    return written


cdef size_t viterbi_finish(Viterbi* v, uint8_t* out) noexcept nogil:
    return trace(v, 0, out)


cdef class Encoder:
    """A stream of data bits in whole octets."""

    cdef uint32_t state

    def feed(self, const unsigned char[::1] data not None) -> bytes:
        """The symbols of these octets: twice as many."""
        symbols = bytearray(2 * data.shape[0])
        cdef unsigned char[::1] out = symbols
        if data.shape[0]:
            self.state = convolve(self.state, &data[0], <size_t>data.shape[0], &out[0])
        return bytes(symbols)


cdef class Decoder:
    """A stream of symbols. `watch`: whether torn pairs are put right by themselves."""

    cdef Viterbi v

    def __init__(self, bint watch=True):
        viterbi_reset(&self.v, watch)

    def feed(self, const unsigned char[::1] symbols not None) -> bytes:
        """Hard decisions, eight symbols in an octet. Gives what is decided: everything but the newest 96 bits, at times up to 1120."""
        return self.feed_soft(np.unpackbits(np.asarray(symbols)) * np.uint8(255))

    def feed_soft(self, const unsigned char[::1] symbols not None) -> bytes:
        """Soft decisions, one in an octet: 0 a sure zero, 255 a sure one, 128 nothing known."""
        decided = bytearray(symbols.shape[0] // 16 + 142)
        cdef unsigned char[::1] out = decided
        cdef size_t written = 0
        if symbols.shape[0]:
            with nogil:
                written = viterbi_feed(&self.v, &symbols[0], <size_t>symbols.shape[0], &out[0])
        return bytes(decided[:written])

    def finish(self) -> bytes:
        """The octets still undecided, when nothing more comes."""
        cdef uint8_t out[142]
        cdef size_t written = viterbi_finish(&self.v, out)
        return bytes((<char*>out)[:written])

    @property
    def slips(self) -> int:
        """Times a symbol was left out because the pairs were torn."""
        return self.v.slips
