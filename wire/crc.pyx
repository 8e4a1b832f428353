# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False
"""CRC-16/CCITT-FALSE: sixteen octets a step by table, and 64 octets a step by carry-less multiplication where the processor has it.

Table k holds what an octet contributes when k more octets follow it, so that sixteen look-ups that do not wait for each other replace
sixteen that do. The other path folds: 128 bits of the message, taken as a polynomial, are multiplied by x^512 modulo the generator
and added to the 128 bits that stand 512 bits later, which leaves the remainder what it was; the last 128 bits go through the table.
Bounds are not checked: the indices are octets and the pointers are checked by the callers.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint8_t, uint16_t

cdef extern from *:
    """
    #include <stddef.h>
    #include <stdint.h>
    #if defined(__x86_64__) && defined(__GNUC__) && !defined(FARSIDE_TABLES_ONLY)
    #include <cpuid.h>
    #include <immintrin.h>

    static int fold_available(void) {
        unsigned a, b, c, d;
        return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_PCLMUL) && (c & bit_SSSE3) && (c & bit_SSE4_1);
    }

    /* factors: x^(512+64), x^512, x^(128+64), x^128 modulo the generator. n is a multiple of 64 and not 0; `rest` gets 16 octets whose
       remainder is that of the whole. */
    __attribute__((target("pclmul,sse4.1")))
    static void fold(const uint16_t *factors, uint16_t crc, const uint8_t *p, size_t n, uint8_t *rest) {
        const __m128i turn = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        const __m128i far = _mm_set_epi64x(factors[0], factors[1]), near = _mm_set_epi64x(factors[2], factors[3]);
        __m128i lane[4], one;
        int i;
        for (i = 0; i < 4; i++)
            lane[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(p + 16 * i)), turn);
        lane[0] = _mm_xor_si128(lane[0], _mm_set_epi64x((long long)((uint64_t)crc << 48), 0));
        for (p += 64, n -= 64; n; p += 64, n -= 64)
            for (i = 0; i < 4; i++)
                lane[i] = _mm_xor_si128(
                    _mm_xor_si128(_mm_clmulepi64_si128(lane[i], far, 0x11), _mm_clmulepi64_si128(lane[i], far, 0x00)),
                    _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(p + 16 * i)), turn));
        one = lane[0];
        for (i = 1; i < 4; i++)
            one = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(one, near, 0x11), _mm_clmulepi64_si128(one, near, 0x00)), lane[i]);
        _mm_storeu_si128((__m128i *)rest, _mm_shuffle_epi8(one, turn));
    }
    #else
    static int fold_available(void) { return 0; }
    static void fold(const uint16_t *factors, uint16_t crc, const uint8_t *p, size_t n, uint8_t *rest) {
        (void)factors; (void)crc; (void)p; (void)n; (void)rest;
    }
    #endif
    """
    int fold_available() noexcept nogil
    void fold(const uint16_t* factors, uint16_t crc, const uint8_t* data, size_t n, uint8_t* rest) noexcept nogil

cdef uint16_t TABLE[16][256]
cdef uint16_t FACTORS[4]
cdef bint folding = fold_available()


cdef uint16_t power_of_x(int exponent) noexcept:
    """x^exponent modulo the generator."""
    cdef uint16_t value = 1
    cdef int i
    for i in range(exponent):
        value = <uint16_t>((value << 1) ^ (0x1021 if value & 0x8000 else 0))
    return value


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
    FACTORS[:] = [power_of_x(512 + 64), power_of_x(512), power_of_x(128 + 64), power_of_x(128)]


build_tables()


cdef inline uint16_t step_16(uint16_t crc, const uint8_t* p) noexcept nogil:
    return (TABLE[15][p[0] ^ (crc >> 8)] ^ TABLE[14][p[1] ^ (crc & 0xFF)]
            ^ TABLE[13][p[2]] ^ TABLE[12][p[3]] ^ TABLE[11][p[4]] ^ TABLE[10][p[5]] ^ TABLE[9][p[6]] ^ TABLE[8][p[7]]
            ^ TABLE[7][p[8]] ^ TABLE[6][p[9]] ^ TABLE[5][p[10]] ^ TABLE[4][p[11]] ^ TABLE[3][p[12]] ^ TABLE[2][p[13]]
            ^ TABLE[1][p[14]] ^ TABLE[0][p[15]])


cdef uint16_t by_table(uint16_t crc, const uint8_t* p, size_t n) noexcept nogil:
    while n >= 16:
        crc = step_16(crc, p)
        p += 16
        n -= 16
    if n & 8:
        crc = (TABLE[7][p[0] ^ (crc >> 8)] ^ TABLE[6][p[1] ^ (crc & 0xFF)] ^ TABLE[5][p[2]] ^ TABLE[4][p[3]]
               ^ TABLE[3][p[4]] ^ TABLE[2][p[5]] ^ TABLE[1][p[6]] ^ TABLE[0][p[7]])
        p += 8
    if n & 4:
        crc = TABLE[3][p[0] ^ (crc >> 8)] ^ TABLE[2][p[1] ^ (crc & 0xFF)] ^ TABLE[1][p[2]] ^ TABLE[0][p[3]]
        p += 4
    if n & 2:
        crc = TABLE[1][p[0] ^ (crc >> 8)] ^ TABLE[0][p[1] ^ (crc & 0xFF)]
        p += 2
    if n & 1:
        crc = <uint16_t>(crc << 8) ^ TABLE[0][(crc >> 8) ^ p[0]]
    return crc


cdef uint16_t crc16_update(uint16_t crc, const uint8_t* data, size_t n) noexcept nogil:
    cdef uint8_t rest[16]
    cdef size_t folded
    if folding and n >= 128:
        folded = n & ~<size_t>63
        fold(FACTORS, crc, data, folded, rest)
        return by_table(step_16(0, rest), data + folded, n - folded)
    return by_table(crc, data, n)


cdef uint16_t crc16(const uint8_t* data, size_t n) noexcept nogil:
    return crc16_update(0xFFFF, data, n)


def checksum(data, unsigned short start=0xFFFF):
    """The CRC of a bytes-like object. `start` is an earlier value to go on from."""
    cdef Py_buffer view
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    cdef uint16_t value = crc16_update(start, <const uint8_t*>view.buf, view.len)
    PyBuffer_Release(&view)
    return value


def carry_less(bint wanted) -> bool:
    """Choose the carry-less multiplication, or the table alone. Returns whether it is used from now on: never where the processor lacks it."""
    global folding
    folding = wanted and fold_available()
    return folding
