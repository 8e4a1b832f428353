# distutils: extra_compile_args = -O2
"""CameraDriver: the head's packets (docs/devices.md, "Camera") become a window of octets, taken by whoever stores pictures.

A piece is taken from the bus when the window has room for it, and the first piece of a picture when nothing of the picture before is left
in the window: so the reading always speaks of all that waits there. What is not taken waits on the bus, then in the head. Validity speaks
of the link: the age of the last good packet; a link on which packets wait for us is not silent.
"""

from libc.string cimport memcpy

import numpy as np

from hal.camera cimport CAMERA_WINDOW
from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets
from hal.drivers.common cimport ReadingHead, reading_age_since, reading_refuse, validity_of, watch_start
from hal.drivers.octets cimport be16, be32, put_be16, put_be32
from hal.drivers.packet_head cimport head_ask, head_checked, head_counter
from hal.reading cimport DEVICE_FORMAT, DEVICE_OK, DEVICE_SELF_TEST

cdef uint32_t ALIVE_OCTETS = 14
cdef uint32_t FIRST_HEAD = 34                   # before the octets of a first piece
cdef uint32_t MORE_HEAD = 16
cdef uint32_t MOST_DATA = 1024
cdef uint32_t MOST_PICTURE = 1048576
cdef int SELF_TEST_FAILED = 1


cdef inline bint is_piece(const uint8_t* p, uint32_t length) noexcept nogil:
    """A length and an offset that a piece can have."""
    cdef uint32_t head = FIRST_HEAD if p[0] == 0x46 else MORE_HEAD
    if length <= head + 2 or length > head + MOST_DATA + 2 or (p[0] != 0x46 and p[0] != 0x4D):
        return False
    return be32(p + 12) <= MOST_PICTURE and be32(p + 8) + (length - head - 2) <= be32(p + 12) and (be32(p + 8) == 0) == (p[0] == 0x46)


cdef inline uint32_t waiting(const CameraContext* c) noexcept nogil:
    return c.window.written - c.window.taken


cdef bint has_room(const CameraContext* c, const uint8_t* p, uint32_t length) noexcept nogil:
    if p[0] == 0x46:
        return waiting(c) == 0
    return waiting(c) + length <= CAMERA_WINDOW


cdef void keep(CameraContext* c, const uint8_t* data, uint32_t count) noexcept nogil:
    """Put octets into the window; there is room."""
    cdef uint32_t at = c.window.written % CAMERA_WINDOW
    cdef uint32_t until_end = CAMERA_WINDOW - at
    if count <= until_end:
        memcpy(c.window.octets + at, data, count)
    else:
        memcpy(c.window.octets + at, data, until_end)
        memcpy(c.window.octets, data + until_end, count - until_end)
    c.window.written += count


cdef void gather(CameraContext* c, const uint8_t* p, uint32_t length) noexcept nogil:
    """A good piece: the first begins a picture; another offset than the next one means that something was lost, and ends it."""
    cdef CameraReading* r = c.reading
    cdef uint32_t head = MORE_HEAD
    if p[0] == 0x46:
        head = FIRST_HEAD
        r.tick = <int64_t>((<unsigned long long>be32(p + 16) << 32) | be32(p + 20))
        r.picture, r.octets, r.received, r.exposure_us = be32(p + 4), be32(p + 12), 0, be32(p + 24)
        r.ratio, r.width_px, r.height_px = be16(p + 28), be16(p + 30), be16(p + 32)
        c.state.gathering = 1
    elif not c.state.gathering or be32(p + 4) != r.picture or be32(p + 8) != r.received or be32(p + 12) != r.octets:
        c.state.gathering = 0
        return
    keep(c, p + head, length - head - 2)
    r.received += length - head - 2
    if r.received == r.octets:
        r.pictures += 1
        c.state.gathering = 0


cdef enum Taken:
    HAS_TO_WAIT = 0
    REFUSED = 1
    ACCEPTED = 2


cdef Taken take_packet(CameraContext* c, const uint8_t* p, uint32_t length) noexcept nogil:
    cdef ReadingHead* head = <ReadingHead*>c.reading
    cdef bint piece = length >= 1 and p[0] != 0x48
    cdef int error
    if not (is_piece(p, length) if piece and length > MORE_HEAD else length == ALIVE_OCTETS and p[0] == 0x48):
        reading_refuse(head, DEVICE_FORMAT)
        return REFUSED
    if not head_checked(&c.head, p, length):
        return REFUSED
    if piece and not has_room(c, p, length):
        return HAS_TO_WAIT
    error = head_counter(&c.head, p)
    if error < 0:
        return REFUSED
    if error != DEVICE_OK and p[0] != 0x46:
        c.state.gathering = 0
    if piece:
        gather(c, p, length)
    head.sequence += 1
    head.error = DEVICE_SELF_TEST if p[1] & SELF_TEST_FAILED else error
    head.validity = validity_of(head.error)
    return ACCEPTED


cdef int read_camera(void* context, int64_t tick) noexcept nogil:
    cdef CameraContext* c = <CameraContext*>context
    cdef Unit* unit
    cdef Taken taken
    if not c.state.watch.started:
        watch_start(&c.state.watch, c.head.to_flight, tick)
        c.state.good_tick = tick
    if waiting(c) > CAMERA_WINDOW:                     # an upset of the counts costs what waits, no more
        c.window.taken = c.window.written
        c.state.gathering = 0
    while True:
        unit = ring_front(c.head.to_flight)
        if unit == NULL:
            break
        c.state.watch.heard_tick = tick
        taken = take_packet(c, ring_octets(unit), unit.length)
        if taken != REFUSED:
            c.state.good_tick = tick
        if taken == HAS_TO_WAIT:
            break
        ring_drop(c.head.to_flight)
    reading_age_since(c.head.reading, c.head.watch, c.state.good_tick, tick, c.head.timeout_ticks)
    return 0


cdef inline uint32_t angle(double radians) noexcept nogil:
    """In 0.1 mrad, two's complement, within plus or minus 3.2 rad; not a number is straight ahead."""
    cdef double counts = 1e4 * radians
    if not -32000.0 <= counts <= 32000.0:
        counts = 32000.0 if counts > 0.0 else -32000.0 if counts < 0.0 else 0.0
    return <uint32_t><int>(counts + 0.5 if counts >= 0.0 else counts - 0.5) & 0xFFFF


cdef int write_camera(void* context, int64_t tick) noexcept nogil:
    """Send a new request at once, and again until its picture begins."""
    cdef CameraContext* c = <CameraContext*>context
    cdef CameraState* s = c.state
    cdef uint8_t packet[18]
    cdef uint32_t request = c.command.request
    if request == 0:
        return 0
    if s.sent and request == s.sent_request and (request == c.reading.picture or tick - s.sent_tick < c.head.repeat_ticks):
        return 0
    put_be32(packet + 6, c.command.exposure_us)
    put_be16(packet + 10, c.command.ratio)
    put_be16(packet + 12, angle(c.command.azimuth_rad))
    put_be16(packet + 14, angle(c.command.elevation_rad))
    head_ask(&c.head, tick, packet, 18, request)
    s.sent, s.sent_request, s.sent_tick = 1, request, tick
    return 0


cdef class CameraDriver(PacketHeadDriver):
    """The reading is the record `name`, the command `name.command`, the octets `name.window`. Stale `timeout_s` after a last good packet."""

    def __init__(self, Arena arena not None, Bus bus not None, str name not None, double tick_s=0.01, double timeout_s=0.35):
        cdef CameraContext* c = &self.context
        self.reading = <CameraReading*>arena.take(name, sizeof(CameraReading))
        cdef CameraReading[::1] reading = <CameraReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.command = <CameraCommand*>arena.take(name + ".command", sizeof(CameraCommand))
        cdef CameraCommand[::1] command = <CameraCommand[:1]>self.command
        arena.bind(name + ".command", np.asarray(command))
        self.window = <CameraWindow*>arena.take(name + ".window", sizeof(CameraWindow))
        cdef CameraWindow[::1] window = <CameraWindow[:1]>self.window
        arena.bind(name + ".window", np.asarray(window))
        c.state = <CameraState*>arena.take(name + ".driver", sizeof(CameraState))
        cdef CameraState[::1] own = <CameraState[:1]>c.state
        arena.bind(name + ".driver", np.asarray(own))
        c.reading, c.command, c.window = self.reading, self.command, self.window
        self.command.ratio = 64
        self.wire(arena, bus, name, &c.head, self.reading, &c.state.watch, read_camera, write_camera, tick_s, timeout_s)
