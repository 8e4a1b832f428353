"""LegsDriver: the frames of the leg-contact terminal (docs/devices.md, "Leg contacts") become a LegsReading."""

import numpy as np

from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets
from hal.drivers.common cimport ReadingHead, reading_accept, reading_age, reading_refuse, watch_counter, watch_start
from hal.drivers.octets cimport be16, crc8
from hal.reading cimport DEVICE_CHECKSUM, DEVICE_FORMAT, DEVICE_SELF_TEST, DEVICE_SEQUENCE

STATUS_ID = 0x1B0


cdef void decode(LegsContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef ReadingHead* head = <ReadingHead*>c.reading
    cdef int leg
    cdef int flags = p[1]
    cdef uint32_t presses = be16(p + 2)
    cdef bint first = not c.state.watch.counted
    cdef int error = watch_counter(&c.state.watch, p[4], 0xFF, flags & 4)
    if error < 0:
        reading_refuse(head, DEVICE_SEQUENCE)
        return
    if not flags & 8:                                         # switches read: bit set when they cannot be
        for leg in range(4):
            c.reading.contact[leg] = (p[0] >> leg) & 1
    if first or flags & 4:
        c.reading.presses += presses if presses < c.state.presses or first else presses - c.state.presses
    else:
        c.reading.presses += (presses - c.state.presses) & 0xFFFF
    c.state.presses = presses
    reading_accept(head, tick, DEVICE_SELF_TEST if flags & 8 else error)


cdef int read_legs(void* context, int64_t tick) noexcept nogil:
    cdef LegsContext* c = <LegsContext*>context
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
        if unit.length != 6:
            reading_refuse(<ReadingHead*>c.reading, DEVICE_FORMAT)
        elif crc8(p, 5) != p[5]:
            reading_refuse(<ReadingHead*>c.reading, DEVICE_CHECKSUM)
        else:
            decode(c, p, unit.tick)
        ring_drop(c.mailbox)
    reading_age(<ReadingHead*>c.reading, &c.state.watch, tick, c.timeout_ticks)
    return 0


cdef class LegsDriver:
    """The reading is the record `name`. Stale after `timeout_s` (50 ms) without a good frame."""

    def __init__(self, Arena arena not None, CanController can not None, str name not None, double tick_s=0.01, double timeout_s=0.05):
        self.name, self.arena, self.can = name, arena, can
        self.reading = <LegsReading*>arena.take(name, sizeof(LegsReading))
        cdef LegsReading[::1] reading = <LegsReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        cdef LegsState* state = <LegsState*>arena.take(name + ".driver", sizeof(LegsState))
        cdef LegsState[::1] own = <LegsState[:1]>state
        arena.bind(name + ".driver", np.asarray(own))
        self.context.mailbox = can.mailbox(name, (STATUS_ID,), 16)
        self.context.reading, self.context.state = self.reading, state
        self.context.timeout_ticks = round(timeout_s / tick_s)
        self.read_slot = SlotCode.make(name + ".read", read_legs, &self.context, self)
