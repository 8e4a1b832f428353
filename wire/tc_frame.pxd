"""TC transfer frame, version 1 (CCSDS 232.0), with segment header on data frames and a frame error control field always."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef enum:
    TC_FRAME_MAX = 1024
    TC_FRAME_HEADER = 5
    TC_FRAME_FILL = 6               # octets a CLTU may add

cpdef enum TcFrameError:            # the first reason, in this order
    TC_FRAME_OK = 0
    TC_FRAME_SHORT = 1              # fewer than 8 octets
    TC_FRAME_LENGTH = 2             # the length field names more octets than came, or leaves more than a CLTU's fill, or names fewer than 8
    TC_FRAME_FECF = 3
    TC_FRAME_VERSION = 4
    TC_FRAME_SPARE = 5
    TC_FRAME_TYPE = 6               # control commands come by bypass only: AC does not exist
    TC_FRAME_SPACECRAFT = 7         # not ours (given by whoever knows the identifiers)
    TC_FRAME_CHANNEL = 8            # no such virtual channel
    TC_FRAME_MAP = 9                # no such MAP
    TC_FRAME_SEGMENT = 10           # segment not usable: nothing in it, or out of sequence
    TC_FRAME_DIRECTIVE = 11         # control command not known
    TC_FRAME_LOCKOUT = 12           # its sequence number is outside the window: FARM-1 has locked
    TC_FRAME_FARM = 13              # no frame's fault: FARM-1's own record was damaged, and it has locked
    TC_FRAME_OVERLONG = 14          # with this segment the packet would be longer than is taken
    TC_FRAME_UNFINISHED = 15        # no frame's fault: a packet under way in segments was given up

cdef struct TcFrame:
    uint16_t spacecraft_id          # 10 bits
    uint16_t frame_length           # octets, FECF included, fill not
    uint16_t data_offset            # of what the frame carries, behind the segment header if there is one
    uint16_t data_length            # octets of it, FECF not included
    uint8_t virtual_channel_id      # 6 bits
    uint8_t sequence_number         # N(S)
    uint8_t bypass                  # 1: type B, FARM checks by-passed
    uint8_t control_command         # 1: type C, carries a COP directive and no segment header
    uint8_t sequence_flags          # of the segment: 1 first, 0 continuing, 2 last, 3 unsegmented
    uint8_t map_id                  # 6 bits

cdef int tc_frame_parse(const uint8_t* octets, uint32_t n, TcFrame* out) noexcept nogil      # a TcFrameError; out is valid when 0
cdef uint32_t tc_frame_build(const TcFrame* fields, const uint8_t* data, uint8_t* out) noexcept nogil
# ^ data_length octets of data go in, the other lengths are made: octets written, or 0 when nothing or too much is to go in
