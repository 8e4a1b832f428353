"""Octets: the two checks of the device protocols (docs/devices.md, "Checks"), by tables made at import.

A table holds the remainder of an octet that is followed by so many octets of zeros; a check is linear, so the remainders of several
octets are looked up side by side and added.
"""

cdef uint16_t[4][256] CRC16_TABLE
cdef uint8_t[8][256] CRC8_TABLE


cdef void make_tables() noexcept:
    cdef uint32_t octet, wide, narrow
    cdef int zeros, bit
    for octet in range(256):
        wide = octet << 8
        narrow = octet
        for zeros in range(8):
            for bit in range(8):
                wide = ((wide << 1) ^ (0x1021 if wide & 0x8000 else 0)) & 0xFFFF
                narrow = ((narrow << 1) ^ (0x1D if narrow & 0x80 else 0)) & 0xFF
            if zeros < 4:
                CRC16_TABLE[zeros][octet] = <uint16_t>wide
            CRC8_TABLE[zeros][octet] = <uint8_t>narrow


make_tables()


cdef uint16_t crc16(const uint8_t* data, uint32_t length) noexcept nogil:
    cdef uint32_t i = 0
    cdef uint16_t crc = 0xFFFF
    while i + 4 <= length:
        crc = (CRC16_TABLE[3][(crc >> 8) ^ data[i]] ^ CRC16_TABLE[2][(crc & 0xFF) ^ data[i + 1]]
               ^ CRC16_TABLE[1][data[i + 2]] ^ CRC16_TABLE[0][data[i + 3]])
        i += 4
    while i < length:
        crc = <uint16_t>(crc << 8) ^ CRC16_TABLE[0][(crc >> 8) ^ data[i]]
        i += 1
    return crc


cdef uint8_t crc8(const uint8_t* data, uint32_t length) noexcept nogil:
    """Of one to eight octets: a CAN frame has no more."""
    cdef uint32_t i
    cdef uint8_t crc = CRC8_TABLE[length - 1][data[0] ^ 0xFF]
    for i in range(1, length):
        crc ^= CRC8_TABLE[length - 1 - i][data[i]]
    return crc ^ 0xFF


def checks(bytes data not None) -> tuple:
    """(CRC-16, CRC-8) of some octets, for their known answers; the CRC-8 of one to eight octets, else 0."""
    cdef uint32_t length = <uint32_t>len(data)
    return crc16(<const uint8_t*>data, length), crc8(<const uint8_t*>data, length) if 1 <= length <= 8 else 0
