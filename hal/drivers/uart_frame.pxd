"""UART frames of the lander's sensors: sync FE81h, type, length, payload, CRC-16; found again after any garbage."""

from libc.stdint cimport uint8_t, uint32_t

cdef enum:
    FRAME_OVERHEAD = 6             # sync 2, type 1, length 1, CRC 2
    PARSER_OCTETS = 128
    FRAME_NONE = 0                 # more octets are needed
    FRAME_GOOD = 1
    FRAME_BAD_CHECK = 2            # a frame failed its CRC
    FRAME_GARBAGE = 3              # octets that begin no frame of ours


cdef struct Parser:                # a part of a driver's state record
    uint32_t fill                  # octets waiting
    uint32_t start                 # where the unread ones begin
    uint32_t skipping              # garbage of this unit already counted
    uint32_t pad
    uint8_t octets[128]


cdef void parser_feed(Parser* p, const uint8_t* data, uint32_t length) noexcept nogil
cdef int parser_next(Parser* p, uint8_t kind, uint8_t payload_octets, const uint8_t** payload) noexcept nogil
cdef uint32_t frame_build(uint8_t* out, uint8_t kind, const uint8_t* payload, uint8_t payload_octets) noexcept nogil
