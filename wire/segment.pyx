# cython: boundscheck=False, wraparound=False
"""Segmentation of telecommands (CCSDS 232.0). A segment says first, continuing, last or unsegmented, and its MAP; nothing else.

A lost segment therefore shows only as a wrong flag, or in the packet's own length and check sum, which whoever takes the packet must
look at: one packet a unit, no blocking. What does not fit the room is cut as soon as it does not, so a stream of continuing segments
takes no memory. Bounds are not checked: `collected` is compared with the room first, since a bit of the record may flip.
"""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

ROOM = SEGMENT_ROOM


cdef void segment_begin(MapReassembler* r, uint32_t map_id) noexcept nogil:
    memset(r, 0, sizeof(MapReassembler))
    r.map_id = map_id


cdef bint segment_break(MapReassembler* r) noexcept nogil:
    cdef bint was = r.open != 0
    if was:
        r.abandoned += 1
    r.open = r.collected = 0
    return was


cdef bint segment_expire(MapReassembler* r, int64_t tick, int64_t patience) noexcept nogil:
    if not r.open or <uint64_t>tick - <uint64_t>r.last_tick <= <uint64_t>patience:      # a last tick that is still to come is an upset
        return False
    r.timed_out += 1
    r.open = r.collected = 0
    return True


cdef int32_t segment_take(MapReassembler* r, uint32_t flags, const uint8_t* data, uint32_t n, int64_t tick) noexcept nogil:
    cdef uint32_t length
    r.segments += 1
    if r.collected > SEGMENT_ROOM:
        r.open = r.collected = 0                        # the record was hit by an upset: nothing may be written outside it
    if flags & SEGMENT_FIRST:
        segment_break(r)
        r.open = 1
    elif not r.open:
        r.orphans += 1
        return SEGMENT_ORPHAN
    if n > SEGMENT_ROOM - r.collected:
        r.overlong += 1
        r.open = r.collected = 0
        return SEGMENT_OVERLONG
    if n:
        memcpy(r.packet + r.collected, data, n)
    r.collected += n
    r.last_tick = tick
    if not flags & SEGMENT_LAST:
        return 0
    length = r.collected
    r.open = r.collected = 0
    r.packets += 1
    return <int32_t>length


cdef uint32_t segment_count(uint32_t length, uint32_t room) noexcept nogil:
    return (length + room - 1) // room


cdef uint32_t segment_flags(uint32_t i, uint32_t count) noexcept nogil:
    return (SEGMENT_FIRST if i == 0 else 0) | (SEGMENT_LAST if i + 1 == count else 0)


def split(const unsigned char[::1] packet not None, uint32_t room=SEGMENT_DATA) -> list[tuple[int, bytes]]:
    """The segments of a packet as (sequence flags, octets), each of at most `room` octets."""
    if packet.shape[0] == 0 or room == 0:
        raise ValueError(f"{packet.shape[0]} octets in segments of {room}: there is nothing to send")
    octets = bytes(packet)
    cdef uint32_t count = segment_count(<uint32_t>packet.shape[0], room), i
    return [(segment_flags(i, count), octets[i * room:(i + 1) * room]) for i in range(count)]


cdef class Demultiplexer:
    """The receiving side for Python: one reassembler for each MAP that there is. `patience`: ticks that a packet under way is waited for."""

    cdef MapReassembler maps[64]
    cdef bint known[64]
    cdef int64_t patience
    cdef readonly unsigned long long unknown            # segments for MAPs that there are none of

    def __init__(self, maps=(0,), int64_t patience=6000):
        cdef uint32_t i
        self.patience = patience
        for i in range(64):
            segment_begin(&self.maps[i], i)
            self.known[i] = False
        for map_id in maps:
            if not 0 <= map_id < 64:
                raise ValueError(f"MAP {map_id} is not 0 to 63")
            self.known[<int>map_id] = True

    def take(self, uint32_t map_id, uint32_t flags, const unsigned char[::1] data not None, int64_t tick=0) -> bytes | None:
        """The packet that a segment completes, or None."""
        if map_id > 63 or flags > 3:
            raise ValueError(f"MAP {map_id}, flags {flags}: a segment header has 6 and 2 bits")
        if not self.known[map_id]:
            self.unknown += 1
            return None
        cdef MapReassembler* r = &self.maps[map_id]
        segment_expire(r, tick, self.patience)
        cdef int32_t length = segment_take(r, flags, &data[0] if data.shape[0] else NULL, <uint32_t>data.shape[0], tick)
        return bytes((<char*>r.packet)[:length]) if length > 0 else None

    def lost(self, uint32_t map_id) -> None:
        """Frames of this MAP are missing: what is under way is given up."""
        if map_id > 63:
            raise ValueError(f"MAP {map_id} is not 0 to 63")
        segment_break(&self.maps[map_id])

    def expire(self, int64_t tick) -> int:
        """How many packets under way were waited for long enough by this tick; they are given up."""
        cdef int i, count = 0
        for i in range(64):
            count += segment_expire(&self.maps[i], tick, self.patience)
        return count

    def record(self, uint32_t map_id):
        """A copy of a MAP's record, as numpy sees it."""
        if map_id > 63:
            raise ValueError(f"MAP {map_id} is not 0 to 63")
        cdef MapReassembler[::1] view = <MapReassembler[:1]>&self.maps[map_id]
        return np.array(view)[0]
