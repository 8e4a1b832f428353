"""Both ends of a bus at full speed without the GIL: what two threads of C do to a ring."""

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

from hal.core.bus cimport Bus
from hal.core.ring cimport Ring, Unit, ring_drop, ring_front, ring_octets, ring_push

cdef extern from "<sched.h>" nogil:
    int sched_yield()


cdef void _push(Ring* ring, int64_t n) noexcept nogil:
    cdef int64_t i = 0, words[8]
    cdef int w
    while i < n:
        for w in range(8):
            words[w] = i * 8 + w
        if ring_push(ring, i, <uint32_t>i, <uint8_t*>words, 64):
            i += 1
        else:
            sched_yield()


cdef int64_t _take(Ring* ring, int64_t n) noexcept nogil:
    cdef int64_t i = 0, words[8]
    cdef int w
    cdef Unit* unit
    while i < n:
        unit = ring_front(ring)
        if unit == NULL:
            sched_yield()
            continue
        if unit.tick != i or unit.id != <uint32_t>i or unit.length != 64:
            return i
        memcpy(words, ring_octets(unit), 64)
        for w in range(8):
            if words[w] != i * 8 + w:
                return i
        ring_drop(ring)
        i += 1
    return i


def push_numbered(Bus bus not None, int64_t n):
    """Put units 0 to n - 1 on the bus, trying again while the ring is full."""
    with nogil:
        _push(&bus.to_flight, n)


def take_numbered(Bus bus not None, int64_t n) -> int:
    """Take n units and check every octet; the number of units that were whole and in order."""
    cdef int64_t whole
    with nogil:
        whole = _take(&bus.to_flight, n)
    return whole
