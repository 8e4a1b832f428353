# cython: boundscheck=False, wraparound=False
"""The randomisers of telemetry and telecommand.

A sequence of 255 bits comes round after 255 octets, one of 131071 bits after 131071 octets. Both are kept in memory, the short ones eight
times over, so that words are combined. Bounds are not checked: indices stay below the lengths of the sequences.
"""

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

NONE = RANDOMISER_NONE
SHORT = RANDOMISER_255
LONG = RANDOMISER_131071

cdef enum:
    SHORT_OCTETS = 2040
    LONG_OCTETS = 131071

cdef uint8_t TM[SHORT_OCTETS]
cdef uint8_t TC[SHORT_OCTETS]
cdef uint8_t TM_LONG[LONG_OCTETS]


cdef void build_sequence(uint8_t* sequence, int octets, int degree, unsigned int start, unsigned int taps) noexcept:
    """The register shifts towards bit 0, which is sent; the parity of `taps` comes in at the top."""
    cdef unsigned int register = start, folded, octet
    cdef int i, bit
    for i in range(octets):
        octet = 0
        for bit in range(8):
            octet = octet << 1 | register & 1
            folded = register & taps
            folded ^= folded >> 16
            folded ^= folded >> 8
            folded ^= folded >> 4
            folded ^= folded >> 2
            folded ^= folded >> 1
            register = register >> 1 | (folded & 1) << (degree - 1)
        sequence[i] = <uint8_t>octet


build_sequence(TM, SHORT_OCTETS, 8, 0xFF, 0b10101001)
build_sequence(TC, SHORT_OCTETS, 8, 0xFF, 0b01011111)
build_sequence(TM_LONG, LONG_OCTETS, 17, 0x18E38, 1 << 14 | 1)


cdef void combine(const uint8_t* sequence, size_t period, uint8_t* data, size_t n) noexcept nogil:
    cdef size_t i, part
    cdef uint64_t a, b
    while n:
        part = n if n < period else period
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
    combine(TM, SHORT_OCTETS, data, n)


cdef void randomise_tm_long(uint8_t* data, size_t n) noexcept nogil:
    combine(TM_LONG, LONG_OCTETS, data, n)


cdef void randomise(int randomiser, uint8_t* data, size_t n) noexcept nogil:
    if randomiser == RANDOMISER_255:
        randomise_tm(data, n)
    elif randomiser == RANDOMISER_131071:
        randomise_tm_long(data, n)


cdef void randomise_tc(uint8_t* data, size_t n) noexcept nogil:
    combine(TC, SHORT_OCTETS, data, n)


def tm(const unsigned char[::1] data not None, int randomiser=RANDOMISER_255) -> bytes:
    """Randomise or restore a TM codeblock with the sequence SHORT or LONG."""
    if randomiser not in (RANDOMISER_NONE, RANDOMISER_255, RANDOMISER_131071):
        raise ValueError(f"no randomiser {randomiser}: there are NONE, SHORT and LONG")
    octets = bytearray(data)
    cdef unsigned char[::1] view = octets
    if len(octets):
        randomise(randomiser, &view[0], len(octets))
    return bytes(octets)


def tc(const unsigned char[::1] data not None) -> bytes:
    """Randomise or restore a TC frame."""
    octets = bytearray(data)
    cdef unsigned char[::1] view = octets
    if len(octets):
        randomise_tc(&view[0], len(octets))
    return bytes(octets)
