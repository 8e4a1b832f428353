"""Ring: a bounded queue of time-stamped units between one writer and one reader, in an arena, safe across two threads."""

import numpy as np


cdef Ring ring_make(Arena arena, str name, uint32_t capacity, uint32_t unit_octets) except *:
    """Take the two records of a ring. `capacity` must be a power of two."""
    cdef Ring ring
    if capacity == 0 or capacity & (capacity - 1):
        raise ValueError(f"ring {name}: a capacity of {capacity} units is not a power of two")
    cdef uint32_t stride = (<uint32_t>sizeof(Unit) + unit_octets + 7) // 8 * 8
    ring.state = <RingState*>arena.take(name, sizeof(RingState))
    cdef RingState[::1] view = <RingState[:1]>ring.state
    arena.bind(name, np.asarray(view))
    ring.units = <uint8_t*>arena.take(name + ".units", <size_t>stride * capacity)
    cdef uint8_t[::1] octets = <uint8_t[:stride * capacity]>ring.units
    arena.bind(name + ".units", np.asarray(octets))
    ring.capacity = ring.state.capacity = capacity
    ring.stride = ring.state.stride = stride
    return ring
