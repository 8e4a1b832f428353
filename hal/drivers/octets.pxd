"""Octets: big- and little-endian integers and the two checks of the device protocols, as drivers need them."""

from libc.stdint cimport int16_t, int32_t, uint8_t, uint16_t, uint32_t


cdef uint16_t crc16(const uint8_t* data, uint32_t length) noexcept nogil        # polynomial 1021h, preset FFFFh
cdef uint8_t crc8(const uint8_t* data, uint32_t length) noexcept nogil          # polynomial 1Dh, preset FFh, inverted


cdef inline uint16_t be16(const uint8_t* p) noexcept nogil:
    return <uint16_t>((p[0] << 8) | p[1])


cdef inline uint32_t be32(const uint8_t* p) noexcept nogil:
    return (<uint32_t>p[0] << 24) | (<uint32_t>p[1] << 16) | (<uint32_t>p[2] << 8) | p[3]


cdef inline void put_be16(uint8_t* p, uint32_t value) noexcept nogil:
    p[0] = <uint8_t>(value >> 8)
    p[1] = <uint8_t>value


cdef inline void put_be32(uint8_t* p, uint32_t value) noexcept nogil:
    put_be16(p, value >> 16)
    put_be16(p + 2, value)


cdef inline uint16_t le16(const uint8_t* p) noexcept nogil:
    return <uint16_t>((p[1] << 8) | p[0])


cdef inline uint32_t le32(const uint8_t* p) noexcept nogil:
    return (<uint32_t>p[3] << 24) | (<uint32_t>p[2] << 16) | (<uint32_t>p[1] << 8) | p[0]


cdef inline void put_le16(uint8_t* p, uint32_t value) noexcept nogil:
    p[0] = <uint8_t>value
    p[1] = <uint8_t>(value >> 8)


cdef inline void put_le32(uint8_t* p, uint32_t value) noexcept nogil:
    p[0] = <uint8_t>value
    p[1] = <uint8_t>(value >> 8)
    p[2] = <uint8_t>(value >> 16)
    p[3] = <uint8_t>(value >> 24)
