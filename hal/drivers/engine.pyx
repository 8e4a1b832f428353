# cython: cdivision=True
"""EngineDriver: commands to the engine's valve-drive unit and its status (docs/devices.md, "Main engine")."""

import numpy as np

from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets, ring_push
from hal.drivers.common cimport ReadingHead, reading_accept, reading_age, reading_refuse, watch_counter, watch_start
from hal.drivers.octets cimport be16, be32, crc8, put_be16
from hal.reading cimport DEVICE_CHECKSUM, DEVICE_FORMAT, DEVICE_RANGE, DEVICE_SELF_TEST, DEVICE_SEQUENCE

COMMAND_ID = 0x120
STATUS_ID = 0x1A0
HOURS_ID = 0x1A8

cdef double FULL_THRUST_N = 7500.0
cdef double LEAST_THRUST_N = 1500.0
cdef double THRUST_PER_PRESSURE_N_PA = 7500.0 / 800000.0
cdef double PRESSURE_LSB_PA = 20.0
cdef double CREDIBLE_THRUST_N = 9000.0


cdef void decode(EngineContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef ReadingHead* head = <ReadingHead*>c.reading
    cdef int flags = p[4]
    cdef int error = watch_counter(&c.state.watch, p[6], 0xFF, flags & 4)
    if error < 0:
        reading_refuse(head, DEVICE_SEQUENCE)
        return
    c.reading.thrust_n = be16(p) * PRESSURE_LSB_PA * THRUST_PER_PRESSURE_N_PA
    c.reading.throttle = be16(p + 2) * 0.0001
    c.reading.valves_open = flags & 1
    if flags & 16 and not c.state.timed_out:
        c.state.closed_by_itself += 1
    c.state.timed_out = (flags >> 4) & 1
    if flags & 8:
        error = DEVICE_SELF_TEST
    elif c.reading.thrust_n > CREDIBLE_THRUST_N or c.reading.throttle > 1.05:
        error = DEVICE_RANGE
    reading_accept(head, tick, error)


cdef int read_engine(void* context, int64_t tick) noexcept nogil:
    cdef EngineContext* c = <EngineContext*>context
    cdef Unit* unit
    cdef const uint8_t* p
    if not c.state.watch.started:
        watch_start(&c.state.watch, c.mailbox, tick)
    while True:
        unit = ring_front(c.mailbox)
        if unit == NULL:
            break
        p = ring_octets(unit)
        c.state.watch.heard_tick = tick
        if unit.length != 8:
            reading_refuse(<ReadingHead*>c.reading, DEVICE_FORMAT)
        elif crc8(p, 7) != p[7]:
            reading_refuse(<ReadingHead*>c.reading, DEVICE_CHECKSUM)
        elif unit.id == 0x1A0:
            decode(c, p, unit.tick)
        else:
            c.reading.on_time_s = be32(p) * 0.001
        ring_drop(c.mailbox)
    reading_age(<ReadingHead*>c.reading, &c.state.watch, tick, c.timeout_ticks)
    return 0


cdef int write_engine(void* context, int64_t tick) noexcept nogil:
    """One frame a tick, so that a lost one is repaired by the next. What is not a positive number closes the valves."""
    cdef EngineContext* c = <EngineContext*>context
    cdef uint8_t frame[5]
    cdef double thrust_n = c.command.thrust_n
    cdef bint armed = c.command.armed == 1
    if not (thrust_n > 0.0 and armed):
        thrust_n = 0.0
    elif thrust_n < LEAST_THRUST_N:
        thrust_n = LEAST_THRUST_N
    elif thrust_n > FULL_THRUST_N:
        thrust_n = FULL_THRUST_N
    put_be16(frame, <uint32_t>(thrust_n * (1000.0 / FULL_THRUST_N) + 0.5))
    frame[2] = 0x5A if armed else 0xA5
    frame[3] = <uint8_t>c.state.sequence
    frame[4] = crc8(frame, 4)
    c.state.sequence += 1
    ring_push(c.to_device, tick, 0x120, frame, 5)
    return 0


cdef class EngineDriver:
    """The reading is the record `name`, the command `name.command`. Stale after `timeout_s` (50 ms) without a good status."""

    def __init__(self, Arena arena not None, CanController can not None, str name not None, double tick_s=0.01, double timeout_s=0.05):
        self.name, self.arena, self.can = name, arena, can
        self.reading = <EngineReading*>arena.take(name, sizeof(EngineReading))
        cdef EngineReading[::1] reading = <EngineReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.command = <EngineCommand*>arena.take(name + ".command", sizeof(EngineCommand))
        cdef EngineCommand[::1] command = <EngineCommand[:1]>self.command
        arena.bind(name + ".command", np.asarray(command))
        cdef EngineState* state = <EngineState*>arena.take(name + ".driver", sizeof(EngineState))
        cdef EngineState[::1] own = <EngineState[:1]>state
        arena.bind(name + ".driver", np.asarray(own))
        self.context.mailbox = can.mailbox(name, (STATUS_ID, HOURS_ID), 16)
        self.context.to_device = &can.bus.to_device
        self.context.reading, self.context.command, self.context.state = self.reading, self.command, state
        self.context.timeout_ticks = round(timeout_s / tick_s)
        self.read_slot = SlotCode.make(name + ".read", read_engine, &self.context, self)
        self.write_slot = SlotCode.make(name + ".write", write_engine, &self.context, self)
