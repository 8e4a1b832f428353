# cython: cdivision=True
"""MechanismDriver: commands to the unit of the rover's release mechanism, and its status (docs/devices.md, "Release mechanism")."""

import numpy as np

from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets, ring_push
from hal.drivers.common cimport ReadingHead, reading_accept, reading_age, reading_refuse, watch_counter, watch_start
from hal.drivers.octets cimport be16, crc8, put_be16
from hal.reading cimport DEVICE_CHECKSUM, DEVICE_FORMAT, DEVICE_RANGE, DEVICE_SELF_TEST, DEVICE_SEQUENCE

STATUS_ID = 0x1C0

cdef double CREDIBLE_EXTENSION = 1.1
cdef double CREDIBLE_CURRENT_A = 5.0


cdef void decode(MechanismContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef ReadingHead* head = <ReadingHead*>c.reading
    cdef int flags = p[4]
    cdef int error = watch_counter(&c.state.watch, p[6], 0xFF, flags & 4)
    if error < 0:
        reading_refuse(head, DEVICE_SEQUENCE)
        return
    c.reading.extension = be16(p) * 0.0001
    c.reading.current_a = be16(p + 2) * 0.001
    c.reading.released = flags & 1
    c.reading.down = flags >> 1 & 1
    if flags & 16 and not c.state.timed_out:
        c.state.disarmed_by_itself += 1
    c.state.timed_out = flags >> 4 & 1
    if flags & 0x48:
        error = DEVICE_SELF_TEST
    elif c.reading.extension > CREDIBLE_EXTENSION or c.reading.current_a > CREDIBLE_CURRENT_A:
        error = DEVICE_RANGE
    reading_accept(head, tick, error)


cdef int read_mechanism(void* context, int64_t tick) noexcept nogil:
    cdef MechanismContext* c = <MechanismContext*>context
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
        else:
            decode(c, p, unit.tick)
        ring_drop(c.mailbox)
    reading_age(<ReadingHead*>c.reading, &c.state.watch, tick, c.timeout_ticks)
    return 0


cdef int write_mechanism(void* context, int64_t tick) noexcept nogil:
    """One frame in 0.1 s. What is not a number between 0 and 1 arms nothing."""
    cdef MechanismContext* c = <MechanismContext*>context
    cdef uint8_t frame[6]
    cdef double extension = c.command.extension
    cdef bint armed = c.command.armed == 1 and 0.0 <= extension <= 1.0
    if tick % c.period_ticks:
        return 0
    put_be16(frame, <uint32_t>(extension * 10000.0 + 0.5) if armed else 0)
    frame[2] = 0x5A if armed else 0xA5
    frame[3] = 0xC3 if armed and c.command.release == 1 else 0x3C
    frame[4] = <uint8_t>c.state.sequence
    frame[5] = crc8(frame, 5)
    c.state.sequence += 1
    ring_push(c.to_device, tick, 0x128, frame, 6)
    return 0


cdef class MechanismDriver:
    """The reading is the record `name`, the command `name.command`. Stale after `timeout_s` (0.5 s) without a good status."""

    def __init__(self, Arena arena not None, CanController can not None, str name not None, double tick_s=0.01, double timeout_s=0.5):
        self.name, self.arena, self.can = name, arena, can
        self.reading = <MechanismReading*>arena.take(name, sizeof(MechanismReading))
        cdef MechanismReading[::1] reading = <MechanismReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.command = <MechanismCommand*>arena.take(name + ".command", sizeof(MechanismCommand))
        cdef MechanismCommand[::1] command = <MechanismCommand[:1]>self.command
        arena.bind(name + ".command", np.asarray(command))
        cdef MechanismState* state = <MechanismState*>arena.take(name + ".driver", sizeof(MechanismState))
        cdef MechanismState[::1] own = <MechanismState[:1]>state
        arena.bind(name + ".driver", np.asarray(own))
        self.context.mailbox = can.mailbox(name, (STATUS_ID,), 16)
        self.context.to_device = &can.bus.to_device
        self.context.reading, self.context.command, self.context.state = self.reading, self.command, state
        self.context.timeout_ticks, self.context.period_ticks = round(timeout_s / tick_s), max(1, round(0.1 / tick_s))
        self.read_slot = SlotCode.make(name + ".read", read_mechanism, &self.context, self)
        self.write_slot = SlotCode.make(name + ".write", write_mechanism, &self.context, self)
