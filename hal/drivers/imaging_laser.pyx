# distutils: extra_compile_args = -O2
"""ImagingLaserDriver: the laser's rows (docs/devices.md, "Imaging laser") become an image, given out when it is whole.

Rows are gathered in the record `NAME.incoming`; with the last one they are copied to `NAME.image`, and the sequence counts up. A gap
gives the image up. Validity speaks of the link: the age of the last good packet, not that of the image.
"""

from libc.string cimport memcpy

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets
from hal.drivers.common cimport ReadingHead, reading_age_since, reading_refuse, validity_of, watch_start
from hal.drivers.octets cimport be16, be32
from hal.drivers.packet_head cimport head_ask, head_checked, head_counter
from hal.imaging_laser cimport LASER_SIDE
from hal.reading cimport DEVICE_FORMAT, DEVICE_OK, DEVICE_RANGE, DEVICE_SELF_TEST

cdef int SELF_TEST_FAILED = 1
cdef int BLIND = 2
cdef uint32_t ALIVE_OCTETS = 10
cdef uint32_t ROW_OCTETS = 256
cdef uint32_t HEAD_OCTETS = 10                  # before the rows
cdef uint32_t ROWS_MOST = 3


cdef int doubt(uint32_t status, int error) noexcept nogil:
    """The error that a status tells, else the one given."""
    if status & SELF_TEST_FAILED:
        return DEVICE_SELF_TEST
    return DEVICE_RANGE if status & BLIND else error


cdef void gather(ImagingLaserContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    """Some rows, whose packet is good. Row 0 begins an image; another row than the next one means that something was lost."""
    cdef ImagingLaserState* s = c.state
    cdef uint32_t first = p[8], rows = p[9], i
    cdef uint16_t* out = c.incoming.range_cm + LASER_SIDE * first
    if first == 0:
        s.gathering, s.begun_tick, s.request, s.doubts = 1, tick, be32(p + 4), 0
        c.reading.rows = 0
    if not s.gathering or first != c.reading.rows or be32(p + 4) != s.request:
        s.gathering = 0
        return
    for i in range(LASER_SIDE * rows):
        out[i] = be16(p + HEAD_OCTETS + 2 * i)
    c.reading.rows += rows
    s.doubts |= p[1]
    if c.reading.rows == LASER_SIDE:
        memcpy(c.image, c.incoming, sizeof(ImagingLaserImage))
        s.gathering = 0
        c.reading.tick, c.reading.request = s.begun_tick, s.request
        c.reading.sequence += 1


cdef void take_packet(ImagingLaserContext* c, const uint8_t* p, uint32_t length, int64_t tick) noexcept nogil:
    cdef ReadingHead* head = <ReadingHead*>c.reading
    cdef bint rows = length > ALIVE_OCTETS and p[0] == 0x44
    cdef int error
    if rows:
        if length < HEAD_OCTETS + 2 or not 1 <= p[9] <= ROWS_MOST or p[8] + p[9] > LASER_SIDE or length != HEAD_OCTETS + ROW_OCTETS * p[9] + 2:
            reading_refuse(head, DEVICE_FORMAT)
            return
    elif length != ALIVE_OCTETS or p[0] != 0x48:
        reading_refuse(head, DEVICE_FORMAT)
        return
    if not head_checked(&c.head, p, length):
        return
    error = head_counter(&c.head, p)
    if error < 0:
        return
    if error != DEVICE_OK:
        c.state.gathering = 0
    if rows:
        gather(c, p, tick)
    c.state.good_tick = tick
    head.error = doubt(p[1] | (c.state.doubts if rows else 0), error)
    head.validity = validity_of(head.error)


cdef int read_imaging_laser(void* context, int64_t tick) noexcept nogil:
    cdef ImagingLaserContext* c = <ImagingLaserContext*>context
    cdef Unit* unit
    if not c.state.watch.started:
        watch_start(&c.state.watch, c.head.to_flight, tick)
        c.state.good_tick = tick
    while True:
        unit = ring_front(c.head.to_flight)
        if unit == NULL:
            break
        c.state.watch.heard_tick = tick
        take_packet(c, ring_octets(unit), unit.length, unit.tick)
        ring_drop(c.head.to_flight)
    reading_age_since(c.head.reading, c.head.watch, c.state.good_tick, tick, c.head.timeout_ticks)
    return 0


cdef int write_imaging_laser(void* context, int64_t tick) noexcept nogil:
    cdef ImagingLaserContext* c = <ImagingLaserContext*>context
    cdef ImagingLaserState* s = c.state
    cdef uint8_t packet[8]
    cdef uint32_t request = c.command.request
    if s.sent and request == s.sent_request and tick - s.sent_tick < c.head.repeat_ticks:
        return 0
    head_ask(&c.head, tick, packet, 8, request)
    s.sent, s.sent_request, s.sent_tick = 1, request, tick
    return 0


cdef class ImagingLaserDriver(PacketHeadDriver):
    """The reading is the record `name`, the command `name.command`, the image `name.image`. Stale `timeout_s` after a last good packet."""

    def __init__(self, Arena arena not None, Bus bus not None, str name not None, double tick_s=0.01, double timeout_s=0.35):
        cdef ImagingLaserContext* c = &self.context
        self.reading = <ImagingLaserReading*>arena.take(name, sizeof(ImagingLaserReading))
        cdef ImagingLaserReading[::1] reading = <ImagingLaserReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.command = <ImagingLaserCommand*>arena.take(name + ".command", sizeof(ImagingLaserCommand))
        cdef ImagingLaserCommand[::1] command = <ImagingLaserCommand[:1]>self.command
        arena.bind(name + ".command", np.asarray(command))
        self.image = <ImagingLaserImage*>arena.take(name + ".image", sizeof(ImagingLaserImage))
        cdef uint16_t[::1] posts = <uint16_t[:LASER_SIDE * LASER_SIDE]>self.image.range_cm
        arena.bind(name + ".image", np.asarray(posts))
        c.incoming = <ImagingLaserImage*>arena.take(name + ".incoming", sizeof(ImagingLaserImage))
        posts = <uint16_t[:LASER_SIDE * LASER_SIDE]>c.incoming.range_cm
        arena.bind(name + ".incoming", np.asarray(posts))
        c.state = <ImagingLaserState*>arena.take(name + ".driver", sizeof(ImagingLaserState))
        cdef ImagingLaserState[::1] own = <ImagingLaserState[:1]>c.state
        arena.bind(name + ".driver", np.asarray(own))
        c.reading, c.command, c.image = self.reading, self.command, self.image
        self.wire(arena, bus, name, &c.head, self.reading, &c.state.watch, read_imaging_laser, write_imaging_laser, tick_s, timeout_s)
