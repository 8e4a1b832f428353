"""Octets: the two checks of the device protocols (docs/devices.md), by tables of 256 entries made at import."""

cdef uint16_t[256] CRC16_TABLE
cdef uint8_t[256] CRC8_TABLE


cdef void make_tables() noexcept:
    cdef uint32_t octet, wide, narrow
    cdef int bit
    for octet in range(256):
        wide = octet << 8
        narrow = octet
        for bit in range(8):
            wide = (wide << 1) ^ (0x1021 if wide & 0x8000 else 0)
            narrow = (narrow << 1) ^ (0x1D if narrow & 0x80 else 0)
        CRC16_TABLE[octet] = <uint16_t>wide
        CRC8_TABLE[octet] = <uint8_t>narrow


make_tables()


cdef uint16_t crc16(const uint8_t* data, uint32_t length) noexcept nogil:
    cdef uint32_t i
    cdef uint16_t crc = 0xFFFF
    for i in range(length):
        crc = <uint16_t>(crc << 8) ^ CRC16_TABLE[(crc >> 8) ^ data[i]]
    return crc


cdef uint8_t crc8(const uint8_t* data, uint32_t length) noexcept nogil:
    cdef uint32_t i
    cdef uint8_t crc = 0xFF
    for i in range(length):
        crc = CRC8_TABLE[crc ^ data[i]]
    return crc ^ 0xFF


def checks(bytes data not None) -> tuple:
    """(CRC-16, CRC-8) of some octets, for their known answers."""
    return crc16(<const uint8_t*>data, <uint32_t>len(data)), crc8(<const uint8_t*>data, <uint32_t>len(data))
