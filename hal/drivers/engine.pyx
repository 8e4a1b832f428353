# cython: cdivision=True
"""EngineDriver: commands to the engine's valve-drive unit and its status (docs/devices.md, "Main engine")."""

from libc.stdint cimport int64_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.ring cimport ring_push
from hal.drivers.can_controller cimport CanController
from hal.drivers.can_unit cimport UnitContext, unit_counter
from hal.drivers.common cimport reading_accept
from hal.drivers.octets cimport be16, be32, crc8, put_be16
from hal.reading cimport DEVICE_RANGE, DEVICE_SELF_TEST

COMMAND_ID = 0x120
STATUS_ID = 0x1A0
HOURS_ID = 0x1A8

cdef double FULL_THRUST_N = 7500.0
cdef double LEAST_THRUST_N = 1500.0
cdef double THRUST_PER_PRESSURE_N_PA = 7500.0 / 800000.0
cdef double PRESSURE_LSB_PA = 20.0
cdef double CREDIBLE_THRUST_N = 9000.0


cdef void decode(UnitContext* c, uint32_t id, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef EngineReading* reading = <EngineReading*>c.head
    cdef EngineState* state = <EngineState*>c.watch
    cdef int flags = p[4], error
    if id == 0x1A8:
        reading.on_time_s = be32(p) * 0.001
        return
    error = unit_counter(c, p[6], flags & 4)
    if error < 0:
        return
    reading.thrust_n = be16(p) * PRESSURE_LSB_PA * THRUST_PER_PRESSURE_N_PA
    reading.throttle = be16(p + 2) * 0.0001
    reading.valves_open = flags & 1
    if flags & 16 and not state.timed_out:
        state.closed_by_itself += 1
    state.timed_out = (flags >> 4) & 1
    if flags & 8:
        error = DEVICE_SELF_TEST
    elif reading.thrust_n > CREDIBLE_THRUST_N or reading.throttle > 1.05:
        error = DEVICE_RANGE
    reading_accept(c.head, tick, error)


cdef int write_engine(void* context, int64_t tick) noexcept nogil:
    """One frame a tick, so that a lost one is repaired by the next. What is not a positive number closes the valves."""
    cdef UnitContext* c = <UnitContext*>context
    cdef const EngineCommand* command = <EngineCommand*>c.command
    cdef EngineState* state = <EngineState*>c.watch
    cdef uint8_t frame[5]
    cdef double thrust_n = command.thrust_n
    cdef bint armed = command.armed == 1
    if not (thrust_n > 0.0 and armed):
        thrust_n = 0.0
    elif thrust_n < LEAST_THRUST_N:
        thrust_n = LEAST_THRUST_N
    elif thrust_n > FULL_THRUST_N:
        thrust_n = FULL_THRUST_N
    put_be16(frame, <uint32_t>(thrust_n * (1000.0 / FULL_THRUST_N) + 0.5))
    frame[2] = 0x5A if armed else 0xA5
    frame[3] = <uint8_t>state.sequence
    frame[4] = crc8(frame, 4)
    state.sequence += 1
    ring_push(c.to_device, tick, 0x120, frame, 5)
    return 0


cdef class EngineDriver(CanUnitDriver):
    """The reading is the record `name`, the command `name.command`. Stale after `timeout_s` (50 ms) without a good status."""

    def __init__(self, Arena arena not None, CanController can not None, str name not None, double tick_s=0.01, double timeout_s=0.05):
        self.reading = <EngineReading*>arena.take(name, sizeof(EngineReading))
        cdef EngineReading[::1] reading = <EngineReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.command = <EngineCommand*>arena.take(name + ".command", sizeof(EngineCommand))
        cdef EngineCommand[::1] command = <EngineCommand[:1]>self.command
        arena.bind(name + ".command", np.asarray(command))
        cdef EngineState* state = <EngineState*>arena.take(name + ".driver", sizeof(EngineState))
        cdef EngineState[::1] own = <EngineState[:1]>state
        arena.bind(name + ".driver", np.asarray(own))
        self.wire(arena, can, name, self.reading, state, (STATUS_ID, HOURS_ID), 8, decode, tick_s, timeout_s)
        self.unit.command = self.command
        self.write_slot = SlotCode.make(name + ".write", write_engine, &self.unit, self)
