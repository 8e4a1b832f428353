"""LegsDriver: the frames of the leg-contact terminal (docs/devices.md, "Leg contacts") become a LegsReading."""

from libc.stdint cimport int64_t, uint8_t

import numpy as np

from hal.core.arena cimport Arena
from hal.drivers.can_controller cimport CanController
from hal.drivers.can_unit cimport UnitContext, unit_counter
from hal.drivers.common cimport reading_accept
from hal.drivers.octets cimport be16
from hal.reading cimport DEVICE_SELF_TEST

STATUS_ID = 0x1B0


cdef void decode(UnitContext* c, uint32_t id, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef LegsReading* reading = <LegsReading*>c.head
    cdef LegsState* state = <LegsState*>c.watch
    cdef int leg
    cdef int flags = p[1]
    cdef uint32_t presses = be16(p + 2)
    cdef bint first = not state.watch.counted
    cdef int error = unit_counter(c, p[4], flags & 4)
    if error < 0:
        return
    if not flags & 8:                                         # switches read: bit set when they cannot be
        for leg in range(4):
            reading.contact[leg] = (p[0] >> leg) & 1
    if first or flags & 4:
        reading.presses += presses if presses < state.presses or first else presses - state.presses
    else:
        reading.presses += (presses - state.presses) & 0xFFFF
    state.presses = presses
    reading_accept(c.head, tick, DEVICE_SELF_TEST if flags & 8 else error)


cdef class LegsDriver(CanUnitDriver):
    """The reading is the record `name`. Stale after `timeout_s` (50 ms) without a good frame."""

    def __init__(self, Arena arena not None, CanController can not None, str name not None, double tick_s=0.01, double timeout_s=0.05):
        self.reading = <LegsReading*>arena.take(name, sizeof(LegsReading))
        cdef LegsReading[::1] reading = <LegsReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        cdef LegsState* state = <LegsState*>arena.take(name + ".driver", sizeof(LegsState))
        cdef LegsState[::1] own = <LegsState[:1]>state
        arena.bind(name + ".driver", np.asarray(own))
        self.wire(arena, can, name, self.reading, state, (STATUS_ID,), 6, decode, tick_s, timeout_s)
