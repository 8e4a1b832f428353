# cython: cdivision=True
"""MechanismDriver: commands to the unit of the rover's release mechanism, and its status (docs/devices.md, "Release mechanism")."""

from libc.stdint cimport int64_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.ring cimport ring_push
from hal.drivers.can_controller cimport CanController
from hal.drivers.can_unit cimport UnitContext, unit_counter
from hal.drivers.common cimport reading_accept
from hal.drivers.octets cimport be16, crc8, put_be16
from hal.reading cimport DEVICE_RANGE, DEVICE_SELF_TEST

STATUS_ID = 0x1C0

cdef double CREDIBLE_EXTENSION = 1.1
cdef double CREDIBLE_CURRENT_A = 5.0


cdef void decode(UnitContext* c, uint32_t id, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef MechanismReading* reading = <MechanismReading*>c.head
    cdef MechanismState* state = <MechanismState*>c.watch
    cdef int flags = p[4]
    cdef int error = unit_counter(c, p[6], flags & 4)
    if error < 0:
        return
    reading.extension = be16(p) * 0.0001
    reading.current_a = be16(p + 2) * 0.001
    reading.released = flags & 1
    reading.down = flags >> 1 & 1
    if flags & 16 and not state.timed_out:
        state.disarmed_by_itself += 1
    state.timed_out = flags >> 4 & 1
    if flags & 0x48:
        error = DEVICE_SELF_TEST
    elif reading.extension > CREDIBLE_EXTENSION or reading.current_a > CREDIBLE_CURRENT_A:
        error = DEVICE_RANGE
    reading_accept(c.head, tick, error)


cdef int write_mechanism(void* context, int64_t tick) noexcept nogil:
    """One frame in 0.1 s. What is not a number between 0 and 1 arms nothing."""
    cdef UnitContext* c = <UnitContext*>context
    cdef const MechanismCommand* command = <MechanismCommand*>c.command
    cdef MechanismState* state = <MechanismState*>c.watch
    cdef uint8_t frame[6]
    cdef double extension = command.extension
    cdef bint armed = command.armed == 1 and 0.0 <= extension <= 1.0
    if tick % c.period_ticks:
        return 0
    put_be16(frame, <uint32_t>(extension * 10000.0 + 0.5) if armed else 0)
    frame[2] = 0x5A if armed else 0xA5
    frame[3] = 0xC3 if armed and command.release == 1 else 0x3C
    frame[4] = <uint8_t>state.sequence
    frame[5] = crc8(frame, 5)
    state.sequence += 1
    ring_push(c.to_device, tick, 0x128, frame, 6)
    return 0


cdef class MechanismDriver(CanUnitDriver):
    """The reading is the record `name`, the command `name.command`. Stale after `timeout_s` (0.5 s) without a good status."""

    def __init__(self, Arena arena not None, CanController can not None, str name not None, double tick_s=0.01, double timeout_s=0.5):
        self.reading = <MechanismReading*>arena.take(name, sizeof(MechanismReading))
        cdef MechanismReading[::1] reading = <MechanismReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.command = <MechanismCommand*>arena.take(name + ".command", sizeof(MechanismCommand))
        cdef MechanismCommand[::1] command = <MechanismCommand[:1]>self.command
        arena.bind(name + ".command", np.asarray(command))
        cdef MechanismState* state = <MechanismState*>arena.take(name + ".driver", sizeof(MechanismState))
        cdef MechanismState[::1] own = <MechanismState[:1]>state
        arena.bind(name + ".driver", np.asarray(own))
        self.wire(arena, can, name, self.reading, state, (STATUS_ID,), 8, decode, tick_s, timeout_s)
        self.unit.command, self.unit.period_ticks = self.command, max(1, round(0.1 / tick_s))
        self.write_slot = SlotCode.make(name + ".write", write_mechanism, &self.unit, self)
