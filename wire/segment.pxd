"""Segments of telecommand packets on a multiplexer access point (CCSDS 232.0, 4.1.3.2): splitting, and putting together again."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

cdef enum:                          # sequence flags
    SEGMENT_CONTINUING = 0
    SEGMENT_FIRST = 1
    SEGMENT_LAST = 2
    SEGMENT_WHOLE = 3               # unsegmented
    SEGMENT_DATA = 1016             # octets of a segment in a frame of 1024, behind its header
    SEGMENT_ROOM = 1016             # octets of the longest packet put together (managed): the longest that goes in one segment, too
    SEGMENT_ORPHAN = -1             # of what segment_take() says: continuing or last without a first
    SEGMENT_OVERLONG = -2           # ... the packet is longer than the room

cdef struct MapReassembler:         # the record of one MAP, receiving
    uint64_t segments               # offered
    uint64_t packets                # handed over
    uint64_t orphans                # continuing or last without a first
    uint64_t abandoned              # packets under way that a first or an unsegmented one broke off, or a gap
    uint64_t overlong               # packets that grew beyond SEGMENT_ROOM
    uint64_t timed_out              # packets under way that no segment came for in time
    int64_t last_tick               # of the last segment of the packet under way
    uint32_t map_id
    uint32_t open                   # 1 while a packet is under way
    uint32_t collected              # octets of it
    uint32_t pad
    uint8_t packet[1016]            # valid from segment_take() > 0 to the next call

cdef void segment_begin(MapReassembler* r, uint32_t map_id) noexcept nogil
cdef int32_t segment_take(MapReassembler* r, uint32_t flags, const uint8_t* data, uint32_t n, int64_t tick) noexcept nogil
# ^ octets of a whole packet in r.packet; 0: more is to come; or why it was refused. A first one breaks off what is under way
cdef bint segment_break(MapReassembler* r) noexcept nogil                               # frames are missing: give up what is under way
cdef bint segment_expire(MapReassembler* r, int64_t tick, int64_t patience) noexcept nogil    # give up what waits for longer than so many ticks
cdef uint32_t segment_count(uint32_t length, uint32_t room) noexcept nogil              # segments that a packet takes
cdef uint32_t segment_flags(uint32_t i, uint32_t count) noexcept nogil                  # of segment i
