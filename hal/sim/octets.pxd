"""Octets: the device protocols' integers and checks on the devices' side; written apart from the drivers'."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t


cdef uint16_t check16(const uint8_t* data, uint32_t length) noexcept nogil      # CRC-16, two octets a step
cdef uint8_t check8(const uint8_t* data, uint32_t length) noexcept nogil
cdef uint32_t seal_frame(uint8_t* frame, uint8_t kind, uint8_t payload_octets) noexcept nogil


cdef inline void store16(uint8_t* p, uint32_t value) noexcept nogil:
    p[0], p[1] = <uint8_t>(value >> 8), <uint8_t>value


cdef inline void store32(uint8_t* p, uint32_t value) noexcept nogil:
    p[0], p[1], p[2], p[3] = <uint8_t>(value >> 24), <uint8_t>(value >> 16), <uint8_t>(value >> 8), <uint8_t>value


cdef inline uint32_t load32(const uint8_t* p) noexcept nogil:
    return (<uint32_t>p[0] << 24) | (<uint32_t>p[1] << 16) | (<uint32_t>p[2] << 8) | p[3]


cdef inline int64_t to_counts(double value, double per_unit, int64_t limit) noexcept nogil:
    """A scaled integer, rounded, held within plus or minus `limit`; not-a-number gives the limit, as a railed converter would."""
    cdef double counts = value * per_unit
    if counts > -<double>limit and counts < <double>limit:
        return <int64_t>(counts + 0.5 if counts >= 0.0 else counts - 0.5)
    return -limit if counts < 0.0 else limit
