"""CADU: sync marker 1ACFFC1D and the randomised Reed-Solomon codeblock (I = 5, dual basis) of one TM frame (CCSDS 131.0)."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef enum:
    CADU_LENGTH = 1279              # marker 4, codeblock 1275
    CADU_CODEBLOCK = 1275
    CADU_INTERLEAVE = 5

cdef struct CaduSynchroniser:       # the record
    uint64_t octets                 # taken in, ever
    uint64_t frames                 # good frames handed over
    uint64_t skipped                # octets that belong to no CADU
    uint64_t slips                  # times the lock was lost
    uint64_t marker_bit_errors      # bits wrong in markers accepted where one was due
    uint64_t symbols_corrected
    uint64_t uncorrectable          # codeblocks with too many errors, or false markers
    uint64_t bad_fecf               # codeblocks decoded to a frame with a wrong FECF
    uint32_t locked                 # 1 while markers are where they are due
    uint32_t misses                 # codeblocks failed in a row while locked
    uint32_t fill                   # octets in cadu
    uint8_t cadu[1280]
    uint8_t frame[1280]             # the codeblock, decoded: the frame is its first 1115 octets, valid from cadu_feed() == 1 to the next call

cdef void cadu_encode(const uint8_t* frame, uint8_t* cadu) noexcept nogil                    # 1115 octets in, 1279 out
cdef void cadu_reset(CaduSynchroniser* s) noexcept nogil                                     # all of it, counters too
cdef int cadu_feed(CaduSynchroniser* s, const uint8_t* data, uint32_t n, uint32_t* consumed) noexcept nogil
# ^ 1: a frame is in s.frame, call again with the rest; 0: all n octets taken
