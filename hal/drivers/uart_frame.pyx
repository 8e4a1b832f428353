"""UART frames of the lander's sensors (docs/devices.md, "The UART frame"): sync FE81h, type, length, payload, CRC-16."""

from libc.string cimport memcpy, memmove

from hal.drivers.octets cimport be16, crc16, put_be16


cdef void parser_feed(Parser* p, const uint8_t* data, uint32_t length) noexcept nogil:
    """Append what a unit brought. Every unread frame is at most 64 octets, so a buffer that is full holds only garbage."""
    if p.fill > PARSER_OCTETS or p.start > p.fill:          # the record was hit by an upset: nothing may be read or written outside it
        p.fill = p.start = 0
    if p.start:
        p.fill -= p.start
        memmove(p.octets, p.octets + p.start, p.fill)
        p.start = 0
    p.skipping = 0
    if length > PARSER_OCTETS - p.fill:
        p.fill = 0
        if length > PARSER_OCTETS:
            length = PARSER_OCTETS
    memcpy(p.octets + p.fill, data, length)
    p.fill += length


cdef int parser_next(Parser* p, uint8_t kind, uint8_t payload_octets, const uint8_t** payload) noexcept nogil:
    """The next thing among the waiting octets. A run of garbage is reported once a unit; a frame that fails its check gives up only its
    first octet, so that a good frame hidden behind it is still found."""
    cdef uint32_t waiting, skipped = 0, size = <uint32_t>payload_octets + FRAME_OVERHEAD
    cdef const uint8_t* o
    while True:
        o = p.octets + p.start
        waiting = p.fill - p.start
        if waiting >= 1 and (o[0] != 0xFE or (waiting >= 2 and o[1] != 0x81)
                             or (waiting >= 3 and o[2] != kind) or (waiting >= 4 and o[3] != payload_octets)):
            p.start += 1
            skipped += 1
            continue
        break
    if skipped and not p.skipping:
        p.skipping = 1
        return FRAME_GARBAGE
    if waiting < size:
        return FRAME_NONE
    if crc16(o + 2, size - 4) != be16(o + size - 2):
        p.start += 1
        p.skipping = 1
        return FRAME_BAD_CHECK
    p.start += size
    p.skipping = 0
    payload[0] = o + 4
    return FRAME_GOOD


cdef uint32_t frame_build(uint8_t* out, uint8_t kind, const uint8_t* payload, uint8_t payload_octets) noexcept nogil:
    """Write a frame; gives its length."""
    out[0], out[1], out[2], out[3] = 0xFE, 0x81, kind, payload_octets
    memcpy(out + 4, payload, payload_octets)
    put_be16(out + 4 + payload_octets, crc16(out + 2, <uint32_t>payload_octets + 2))
    return <uint32_t>payload_octets + FRAME_OVERHEAD
