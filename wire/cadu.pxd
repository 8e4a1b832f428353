"""CADU: sync marker 1ACFFC1D and the randomised Reed-Solomon codeblock (I = 5, dual basis) of one TM frame (CCSDS 131.0)."""

from libc.stdint cimport uint8_t

cdef enum:
    CADU_LENGTH = 1279              # marker 4, codeblock 1275
    CADU_CODEBLOCK = 1275
    CADU_INTERLEAVE = 5

cdef void cadu_encode(const uint8_t* frame, uint8_t* cadu) noexcept nogil                    # 1115 octets in, 1279 out
