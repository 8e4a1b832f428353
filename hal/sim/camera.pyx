# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""SimCamera: a camera's head at the far end of its SpaceWire link (protocol: docs/devices.md, "Camera").

Model: a request exposes at the tick at which the head is free; rendering, exposure control and compression take a fixed latency
(`hal.sim.camera_memory`, in Python); then the picture leaves in packets of at most 1024 octets, three a tick, as long as the link has room:
what waits for room is kept. A request that comes meanwhile is kept too, the last one only.
Faults of the value act on the picture; `delay` on the time of the exposure; `off`, `drop`, `intermittent` give none.
Not simulated: motion blur, rolling shutter, lens distortion and stray light, vignetting, dark current and its temperature, the mast's
motion from one pointing to the next (it points at once).
"""

from libc.string cimport memcpy

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.random cimport random_bits
from hal.core.ring cimport ring_count
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport record_of
from hal.sim.faults cimport FAULT_DELAY, fault_on, fault_parameter, value_there
from hal.sim.octets cimport load32, store16, store32
from hal.sim.sensor cimport head_answer, head_asked, head_tend

cdef enum:
    ALIVE = 0x48                         # 'H'
    FIRST = 0x46                         # 'F': metadata and octets
    MORE = 0x4D                          # 'M': octets
    HEAD_OCTETS = 8
    PLACE_OCTETS = 8                     # offset and total
    META_OCTETS = 18
    FIRST_DATA = 1000
    MOST_DATA = 1024
    PACKETS_A_TICK = 3

cdef int BLIND = 1


cdef void restart(SimCameraState* s) noexcept nogil:
    s.asked.number = s.taken.number = 0
    s.phase = CAMERA_IDLE
    s.sent = s.blind = 0


cdef inline double load_angle(const uint8_t* p) noexcept nogil:
    cdef int counts = (p[0] << 8) | p[1]
    return 1e-4 * (counts - 65536 if counts >= 32768 else counts)


cdef void obey(SimCameraContext* c, int64_t tick) noexcept nogil:
    """Requests: 'C', 0, number, exposure, ratio, azimuth, elevation, check."""
    cdef SimCameraState* s = c.state
    cdef uint8_t p[18]
    while head_asked(&c.head, tick, p, 18):
        s.asked.number, s.asked.exposure_us = load32(p + 2), load32(p + 6)
        s.asked.ratio = (p[10] << 8) | p[11]
        s.asked.azimuth_rad, s.asked.elevation_rad = load_angle(p + 12), load_angle(p + 14)


cdef void send(SimCameraContext* c, int64_t tick, uint8_t kind, uint8_t* packet, uint32_t octets) noexcept nogil:
    """A packet whose own octets stand at packet + 8; `octets` without the check."""
    head_answer(&c.head, tick, packet, octets, kind, BLIND if c.state.blind else 0, c.state.taken.number)


cdef void expose(SimCameraContext* c, int64_t tick) noexcept nogil:
    cdef SimCameraState* s = c.state
    cdef CameraExposure* e = c.exposure
    s.blind = not value_there(&c.head.value, tick)
    s.phase = CAMERA_IDLE if s.blind else CAMERA_WORKING
    if s.blind:
        return
    e.picture, e.tick, e.noise = s.taken.number, tick, random_bits(c.head.random)
    e.tracks = c.tracks.count if c.tracks != NULL else 0
    e.azimuth_rad, e.elevation_rad = s.taken.azimuth_rad, s.taken.elevation_rad
    e.exposure_us, e.ratio = s.taken.exposure_us, s.taken.ratio
    if c.sky != NULL:
        memcpy(e.sun_direction, c.sky.sun_direction, sizeof(e.sun_direction))
    e.number += 1


cdef void take_request(SimCameraContext* c, int64_t tick) noexcept nogil:
    cdef SimCameraState* s = c.state
    s.taken.number, s.taken.exposure_us, s.taken.ratio = s.asked.number, s.asked.exposure_us, s.asked.ratio
    s.taken.azimuth_rad, s.taken.elevation_rad = s.asked.azimuth_rad, s.asked.elevation_rad
    s.due_tick, s.phase = tick, CAMERA_DELAYED
    if fault_on(c.head.value.fault, FAULT_DELAY):
        s.due_tick += <int64_t>fault_parameter(c.head.value.fault, FAULT_DELAY, 0)


cdef void send_piece(SimCameraContext* c, int64_t tick) noexcept nogil:
    cdef SimCameraState* s = c.state
    cdef const CameraMemory* m = c.memory
    cdef uint8_t packet[HEAD_OCTETS + PLACE_OCTETS + MOST_DATA + 2]
    cdef uint32_t total = m.octets if m.octets <= MEMORY_OCTETS else MEMORY_OCTETS, head = HEAD_OCTETS + PLACE_OCTETS, most = MOST_DATA
    cdef uint32_t count
    store32(packet + 8, s.sent)
    store32(packet + 12, total)
    if s.sent == 0:
        store32(packet + 16, <uint32_t>(<uint64_t>c.exposure.tick >> 32))
        store32(packet + 20, <uint32_t>c.exposure.tick)
        store32(packet + 24, m.exposure_us)
        store16(packet + 28, c.exposure.ratio)
        store16(packet + 30, m.width_px)
        store16(packet + 32, m.height_px)
        head += META_OCTETS
        most = FIRST_DATA
    count = total - s.sent if total - s.sent < most else most
    memcpy(packet + head, m.data + s.sent, count)
    send(c, tick, FIRST if s.sent == 0 else MORE, packet, head + count)
    s.sent += count
    if s.sent >= total:
        s.phase = CAMERA_IDLE


cdef int serve_camera(void* context, int64_t tick) noexcept nogil:
    cdef SimCameraContext* c = <SimCameraContext*>context
    cdef SimCameraState* s = c.state
    cdef uint8_t packet[HEAD_OCTETS + 4 + 2]
    cdef int n
    if head_tend(&c.head, tick):
        restart(s)
    obey(c, tick)
    if s.phase == CAMERA_IDLE and s.asked.number and s.asked.number != s.taken.number:
        take_request(c, tick)
    if s.phase == CAMERA_DELAYED and tick >= s.due_tick:
        expose(c, tick)
    if s.phase == CAMERA_WORKING and c.memory.number == c.exposure.number:
        s.sent = 0
        s.phase = CAMERA_SENDING if c.memory.octets else CAMERA_IDLE
        s.blind = c.memory.octets == 0
    if s.phase == CAMERA_SENDING:
        for n in range(PACKETS_A_TICK):
            if s.phase == CAMERA_SENDING and ring_count(c.to_flight) < c.to_flight.capacity:
                send_piece(c, tick)
    elif tick % c.head.period_ticks == 0 and ring_count(c.to_flight) < c.to_flight.capacity:
        store32(packet + 8, s.asked.number)
        send(c, tick, ALIVE, packet, HEAD_OCTETS + 4)
    return 0


cdef class SimCamera(SimSensor):
    """Takes records `device.NAME`, `NAME.exposure` and `NAME.memory`; `hal.sim.camera_memory` works between the last two."""

    def __init__(self, Arena arena not None, Bus bus not None, str name not None, str bus_name not None, double tick_s=0.01):
        cdef SimCameraContext* c = &self.context
        self.wire(arena, bus, name, bus_name, &c.head, 10.0, tick_s, 3)
        self.value.value_wiring(&c.head.value, arena, 1, 1, 1)
        c.to_flight = &bus.to_flight
        c.state = <SimCameraState*>arena.take(f"device.{name}", sizeof(SimCameraState))
        cdef SimCameraState[::1] state = <SimCameraState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(state))
        c.exposure = <CameraExposure*>arena.take(f"{name}.exposure", sizeof(CameraExposure))
        cdef CameraExposure[::1] exposure = <CameraExposure[:1]>c.exposure
        arena.bind(f"{name}.exposure", np.asarray(exposure))
        c.memory = <CameraMemory*>arena.take(f"{name}.memory", sizeof(CameraMemory))
        cdef CameraMemory[::1] memory = <CameraMemory[:1]>c.memory
        arena.bind(f"{name}.memory", np.asarray(memory))
        if "tracks" in arena.records:
            c.tracks = <const TrackState*>record_of(arena, "tracks", sizeof(TrackState))
        if "sky" in arena.records:
            c.sky = <const Sky*>record_of(arena, "sky", sizeof(Sky))
        restart(c.state)
        self.start(&c.state.head)
        self.slot = SlotCode.make(name, serve_camera, c, self)
