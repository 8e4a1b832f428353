"""Octets: the checks of the device protocols (docs/devices.md, "Checks") on the devices' side.

The CRC-16 takes two octets a step from two tables (the remainder is split into the octets that have 16 and 8 bits still to go);
the drivers take one. Both must give 29B1h for the nine digits, as the tests show.
"""

cdef uint16_t[256] NEAR            # the remainder of an octet followed by one octet of zeros
cdef uint16_t[256] FAR             # ... by two
cdef uint8_t[256] NARROW


cdef uint16_t divide16(uint32_t dividend, int bits) noexcept nogil:
    """The remainder of a polynomial of up to 32 bits by 11021h, after `bits` steps."""
    cdef int step
    for step in range(bits - 1, -1, -1):
        if dividend & (<uint32_t>0x10000 << step):
            dividend ^= <uint32_t>0x11021 << step
    return <uint16_t>dividend


cdef void make_tables() noexcept:
    cdef uint32_t octet, value
    cdef int step
    for octet in range(256):
        NEAR[octet] = divide16(octet << 16, 8)
        FAR[octet] = divide16(<uint32_t>NEAR[octet] << 8, 8)
        value = octet << 8
        for step in range(7, -1, -1):
            if value & (<uint32_t>0x100 << step):
                value ^= <uint32_t>0x11D << step
        NARROW[octet] = <uint8_t>value


make_tables()


cdef uint16_t check16(const uint8_t* data, uint32_t length) noexcept nogil:
    cdef uint32_t crc = 0xFFFF
    while length >= 2:
        crc ^= (<uint32_t>data[0] << 8) | data[1]
        crc = FAR[crc >> 8] ^ NEAR[crc & 0xFF]
        data += 2
        length -= 2
    if length:
        crc = ((crc << 8) & 0xFF00) ^ NEAR[(crc >> 8) ^ data[0]]
    return <uint16_t>crc


cdef uint8_t check8(const uint8_t* data, uint32_t length) noexcept nogil:
    cdef uint8_t rest = 0xFF
    while length:
        rest = NARROW[rest ^ data[0]]
        data += 1
        length -= 1
    return <uint8_t>~rest


cdef uint32_t seal_frame(uint8_t* frame, uint8_t kind, uint8_t payload_octets) noexcept nogil:
    """Put sync, type, length and check around a payload that already stands at frame + 4. Gives the length of the whole."""
    frame[0], frame[1], frame[2], frame[3] = 0xFE, 0x81, kind, payload_octets
    store16(frame + 4 + payload_octets, check16(frame + 2, <uint32_t>payload_octets + 2))
    return <uint32_t>payload_octets + 6


def checks(bytes data not None) -> tuple:
    """(CRC-16, CRC-8) of some octets, for their known answers."""
    return check16(<const uint8_t*>data, <uint32_t>len(data)), check8(<const uint8_t*>data, <uint32_t>len(data))
