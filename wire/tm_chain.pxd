"""The whole telemetry chain at the ground: from a stream of octets to an index of packets, without a Python object for each."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from wire.frame_sync cimport FrameSync
from wire.tm_frame cimport TmReassembler

cdef enum:
    CHAIN_CHANNELS = 64             # virtual channels, of all spacecraft together, that packets are put together for

cdef struct PacketRow:              # one packet, idle ones left out
    uint64_t offset                 # in the buffer
    uint64_t time                   # CUC 4+3 of a PUS telemetry packet, in units of 2^-24 s; 0 of a packet without secondary header
    uint32_t length                 # octets, header included
    uint32_t frame                  # row of the frame that completed it
    uint16_t spacecraft_id
    uint16_t apid
    uint16_t sequence_count
    uint8_t virtual_channel_id
    uint8_t secondary               # 1: with a secondary header
    uint8_t service                 # 0 of a packet without secondary header
    uint8_t subtype
    uint8_t sound                   # 1: its packet error control is right
    uint8_t pad

cdef struct FrameRow:               # one frame with a right check sum
    uint64_t octet                  # octets of the stream taken in when it was complete
    uint32_t ocf                    # operational control field, 0 without one
    uint16_t spacecraft_id
    uint16_t first_header_pointer
    uint8_t virtual_channel_id
    uint8_t master_count
    uint8_t frame_count
    uint8_t has_ocf
    uint8_t kept                    # 1: looked into; 0: of another spacecraft, or no room for its channel

cdef struct Channel:
    uint32_t key                    # spacecraft identifier * 8 + virtual channel
    TmReassembler* reassembler


cdef class TmChain:
    cdef FrameSync sync
    cdef Channel channels[CHAIN_CHANNELS]
    cdef uint32_t channel_count
    cdef uint8_t known[1024]        # by spacecraft identifier: 1 when its frames are looked into
    cdef readonly uint64_t foreign_frames       # frames of other spacecraft
    cdef readonly uint64_t no_room              # frames of channels beyond CHAIN_CHANNELS
    cdef PacketRow* packets
    cdef FrameRow* frames
    cdef uint8_t* buffer
    cdef uint8_t* kept_frames       # octets of `frames`, one behind the other, when they are kept
    cdef bint keep
    cdef size_t packet_count, packet_room, frame_count, frame_room, used, room, kept_room

    cdef void begin(self) noexcept nogil                                    # forget what the last call completed
    cdef int take(self, const uint8_t* data, uint32_t n) noexcept nogil     # 0, or -1 when memory ran out
    cdef int keep_frame(self) noexcept nogil
    cdef int take_frame(self) noexcept nogil
    cdef int take_packet(self, const FrameRow* frame, const uint8_t* packet, uint32_t length) noexcept nogil
    cdef TmReassembler* channel(self, uint32_t key) noexcept nogil
