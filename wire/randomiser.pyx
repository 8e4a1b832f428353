# cython: boundscheck=False, wraparound=False
"""The 255-bit randomisers. A sequence of 255 bits comes round after 255 octets; eight rounds are kept, so that words are combined."""

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

cdef uint8_t TM[2040]
cdef uint8_t TC[2040]


cdef void build_sequence(uint8_t* sequence, unsigned int taps) noexcept:
    """The register of eight ones shifts towards bit 0, which is sent; the parity of `taps` comes in at the top (CCSDS 131.0 and 231.0)."""
    cdef unsigned int register = 0xFF, folded, octet
    cdef int i, bit
    for i in range(2040):
        octet = 0
        for bit in range(8):
            octet = octet << 1 | register & 1
            folded = register & taps
            folded ^= folded >> 4
            folded ^= folded >> 2
            folded ^= folded >> 1
            register = register >> 1 | (folded & 1) << 7
        sequence[i] = <uint8_t>octet


build_sequence(TM, 0b10101001)
build_sequence(TC, 0b01011111)


cdef void combine(const uint8_t* sequence, uint8_t* data, size_t n) noexcept nogil:
    cdef size_t i, part
    cdef uint64_t a, b
    while n:
        part = n if n < 2040 else 2040
        i = 0
        while i + 8 <= part:
            memcpy(&a, data + i, 8)
            memcpy(&b, sequence + i, 8)
            a ^= b
            memcpy(data + i, &a, 8)
            i += 8
        while i < part:
            data[i] ^= sequence[i]
            i += 1
        data += part
        n -= part


cdef void randomise_tm(uint8_t* data, size_t n) noexcept nogil:
    combine(TM, data, n)


cdef void randomise_tc(uint8_t* data, size_t n) noexcept nogil:
    combine(TC, data, n)


def tm(const unsigned char[::1] data not None) -> bytes:
    """Randomise or restore a TM codeblock."""
    octets = bytearray(data)
    cdef unsigned char[::1] view = octets
    if len(octets):
        randomise_tm(&view[0], len(octets))
    return bytes(octets)


def tc(const unsigned char[::1] data not None) -> bytes:
    """Randomise or restore a TC frame."""
    octets = bytearray(data)
    cdef unsigned char[::1] view = octets
    if len(octets):
        randomise_tc(&view[0], len(octets))
    return bytes(octets)
