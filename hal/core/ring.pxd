"""Ring: a bounded queue of time-stamped units between one writer and one reader, in an arena, safe across two threads."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from hal.core.arena cimport Arena

cdef extern from *:
    """
    #define RING_ACQUIRE(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
    #define RING_RELEASE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
    """
    uint64_t RING_ACQUIRE(uint64_t* p) noexcept nogil
    void RING_RELEASE(uint64_t* p, uint64_t value) noexcept nogil


cdef struct RingState:          # the record
    uint64_t head               # units written, ever
    uint64_t tail               # units read, ever
    uint64_t dropped            # units refused because the ring was full
    uint32_t capacity           # units, a power of two; for who reads the memory in place: the wiring has its own
    uint32_t stride             # octets from one unit to the next, its header included; likewise

cdef struct Unit:               # the header of a unit; its octets follow
    int64_t tick                # when it was put on the bus
    uint32_t id                 # CAN identifier, SpaceWire address, or nothing
    uint32_t length             # octets that follow

cdef struct Ring:               # the wiring, never in an arena: what no flipped bit may change
    RingState* state
    uint8_t* units
    uint32_t capacity
    uint32_t stride


cdef Ring ring_make(Arena arena, str name, uint32_t capacity, uint32_t unit_octets) except *     # two records: `name`, `name.units`


cdef inline uint32_t ring_count(Ring* r) noexcept nogil:
    """Units waiting."""
    cdef uint64_t waiting = RING_ACQUIRE(&r.state.head) - RING_ACQUIRE(&r.state.tail)
    return <uint32_t>waiting if waiting < r.capacity else r.capacity


cdef inline bint ring_push(Ring* r, int64_t tick, uint32_t id, const uint8_t* data, uint32_t length) noexcept nogil:
    """Append a unit. False, and counted, when the ring is full or the unit too long: never blocks."""
    cdef RingState* s = r.state
    cdef Unit* unit
    if s.head - RING_ACQUIRE(&s.tail) >= r.capacity or length + sizeof(Unit) > r.stride:
        s.dropped += 1
        return False
    unit = <Unit*>(r.units + <size_t>(s.head & (r.capacity - 1)) * r.stride)
    unit.tick = tick
    unit.id = id
    unit.length = length
    memcpy(<uint8_t*>unit + sizeof(Unit), data, length)
    RING_RELEASE(&s.head, s.head + 1)
    return True


cdef inline Unit* ring_front(Ring* r) noexcept nogil:
    """The oldest unit, in place, or NULL. Its octets are at ring_octets(unit).

    A record that was hit by an upset costs units, never memory or time: with counts that cannot be, all that waits is given back.
    """
    cdef RingState* s = r.state
    cdef Unit* unit
    cdef uint64_t head = RING_ACQUIRE(&s.head), waiting = head - s.tail
    if waiting - 1 >= r.capacity:
        if waiting:
            RING_RELEASE(&s.tail, head)
        return NULL
    unit = <Unit*>(r.units + <size_t>(s.tail & (r.capacity - 1)) * r.stride)
    if unit.length > r.stride - <uint32_t>sizeof(Unit):
        unit.length = r.stride - <uint32_t>sizeof(Unit)
    return unit


cdef inline uint8_t* ring_octets(Unit* unit) noexcept nogil:
    return <uint8_t*>unit + sizeof(Unit)


cdef inline void ring_drop(Ring* r) noexcept nogil:
    """Give the oldest unit back."""
    RING_RELEASE(&r.state.tail, r.state.tail + 1)


cdef inline void ring_flush(Ring* r) noexcept nogil:
    """Give every unit back: the reader's side after a reset."""
    RING_RELEASE(&r.state.tail, RING_ACQUIRE(&r.state.head))
