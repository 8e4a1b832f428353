"""The pseudo-random sequences of CCSDS 131.0 (TM codeblocks: 255 and 131071 bits) and 231.0 (TC frames: 255). Applying one twice restores the data."""

from libc.stdint cimport uint8_t

cdef enum:                          # what a TM codeblock is combined with
    RANDOMISER_NONE = 0
    RANDOMISER_255 = 1              # x^8+x^7+x^5+x^3+1 from eight ones (131.0-B-4, 10.4.1; kept for existing missions in B-5)
    RANDOMISER_131071 = 2           # x^17+x^14+1 from 0x18E38 (131.0-B-5, 10.4)

cdef void randomise_tm(uint8_t* data, size_t n) noexcept nogil              # RANDOMISER_255, in place, from its first bit
cdef void randomise_tm_long(uint8_t* data, size_t n) noexcept nogil         # RANDOMISER_131071, in place, from its first bit
cdef void randomise(int randomiser, uint8_t* data, size_t n) noexcept nogil # the one of that number
cdef void randomise_tc(uint8_t* data, size_t n) noexcept nogil              # x^8+x^6+x^4+x^3+x^2+x+1, in place, from its first bit
