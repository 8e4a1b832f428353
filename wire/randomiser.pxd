"""The 255-bit pseudo-random sequences of CCSDS 131.0 (TM codeblocks) and 231.0 (TC frames). Applying one twice restores the data."""

from libc.stdint cimport uint8_t

cdef void randomise_tm(uint8_t* data, size_t n) noexcept nogil      # x^8+x^7+x^5+x^3+1, in place, from its first bit
cdef void randomise_tc(uint8_t* data, size_t n) noexcept nogil      # x^8+x^6+x^4+x^3+x^2+x+1, in place, from its first bit
