# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False
"""CRC-16/CCITT-FALSE, sixteen octets a step.

Table k holds what an octet contributes when k more octets follow it, so that sixteen look-ups that do not wait for each other replace
sixteen that do. Bounds are not checked: the indices are octets and the pointers are checked by the callers.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint8_t, uint16_t

cdef uint16_t TABLE[16][256]


cdef void build_tables() noexcept:
    cdef int octet, bit, k
    cdef uint16_t value
    for octet in range(256):
        value = <uint16_t>(octet << 8)
        for bit in range(8):
            value = <uint16_t>((value << 1) ^ (0x1021 if value & 0x8000 else 0))
        TABLE[0][octet] = value
    for k in range(1, 16):
        for octet in range(256):
            value = TABLE[k - 1][octet]
            TABLE[k][octet] = <uint16_t>(value << 8) ^ TABLE[0][value >> 8]


build_tables()


cdef uint16_t crc16_update(uint16_t crc, const uint8_t* data, size_t n) noexcept nogil:
    cdef const uint8_t* p = data
    while n >= 16:
        crc = (TABLE[15][p[0] ^ (crc >> 8)] ^ TABLE[14][p[1] ^ (crc & 0xFF)]
               ^ TABLE[13][p[2]] ^ TABLE[12][p[3]] ^ TABLE[11][p[4]] ^ TABLE[10][p[5]] ^ TABLE[9][p[6]] ^ TABLE[8][p[7]]
               ^ TABLE[7][p[8]] ^ TABLE[6][p[9]] ^ TABLE[5][p[10]] ^ TABLE[4][p[11]] ^ TABLE[3][p[12]] ^ TABLE[2][p[13]]
               ^ TABLE[1][p[14]] ^ TABLE[0][p[15]])
        p += 16
        n -= 16
    while n:
        crc = <uint16_t>(crc << 8) ^ TABLE[0][(crc >> 8) ^ p[0]]
        p += 1
        n -= 1
    return crc


cdef uint16_t crc16(const uint8_t* data, size_t n) noexcept nogil:
    return crc16_update(0xFFFF, data, n)


def checksum(data, unsigned short start=0xFFFF):
    """The CRC of a bytes-like object. `start` is an earlier value to go on from."""
    cdef Py_buffer view
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    cdef uint16_t value = crc16_update(start, <const uint8_t*>view.buf, view.len)
    PyBuffer_Release(&view)
    return value
