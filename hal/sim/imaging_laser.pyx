# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""SimImagingLaser: a scanned imaging laser at the far end of its SpaceWire link (protocol: docs/devices.md, "Imaging laser").

Model: 128 x 128 slant ranges over 30 x 30 degrees about body -z, five or six rows a tick for 0.25 s, each from the pose of its tick;
white noise of 0.05 m a post, an error of 0.03 m of the whole image drawn once a run, one sigma; an echo from 5 m to 200 m. Field, time
and the class of the error are those remembered of the unit (facts: change4, section 1: 30 x 30 deg, 0.25 s, 0.15 m at three sigma);
posts, limits and the order of the scan are choices of ours. A fault of the value acts on every range alike; `delay` on the pose.
Not simulated: the footprint of a post, mixed edges, dust, sunlight, the mirror's flyback and its own errors.
"""

from libc.math cimport sqrt
from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memset

import math

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.random cimport random_gaussian
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport record_of
from hal.sim.faults cimport FAULT_DELAY, fault_on, value_change, value_look_back, value_there
from hal.sim.octets cimport load32, store16, to_counts
from hal.sim.sensor cimport head_answer, head_asked, head_tend
from hal.sim.site cimport rotate
from hal.sim.terrain cimport terrain_range

from hal.sim.lander_figures import IMAGING_LASER_POSITION_M

cdef enum:
    SIDE = 128
    ROWS_MOST = 3                        # in a packet
    HEAD_OCTETS = 8

cdef double LEAST_RANGE_M = 5.0
cdef double MOST_RANGE_M = 200.0
cdef double NOISE_M = 0.05
cdef double RANGE_ERROR_M = 0.03
cdef double HALF_FIELD_RAD = math.radians(15.0)
cdef int BLIND = 2

cdef struct Pose:                        # seven numbers in a row: the channels of the head's fault
    double position_m[3]
    double quaternion[4]


cdef void restart(SimImagingLaserState* s) noexcept nogil:
    s.asked = s.answered = s.blind = 0
    s.row = SIDE


cdef void obey(SimImagingLaserContext* c, int64_t tick) noexcept nogil:
    """Requests: 'C', 0, number, check."""
    cdef SimImagingLaserState* s = c.state
    cdef uint8_t p[8]
    while head_asked(&c.head, tick, p, 8):
        s.asked = load32(p + 2)
        if s.asked == 0:
            s.answered = 0


cdef void send(SimImagingLaserContext* c, int64_t tick, uint8_t kind, uint8_t* packet, uint32_t octets) noexcept nogil:
    """A packet whose own octets stand at packet + 8; `octets` without the check."""
    head_answer(&c.head, tick, packet, octets, kind, BLIND if c.state.blind else 0, c.state.answered)


cdef uint32_t scan_row(SimImagingLaserContext* c, const Pose* pose, uint32_t row, uint8_t* out) noexcept nogil:
    """The ranges of one row. Gives how many posts have an echo."""
    cdef SimImagingLaserState* s = c.state
    cdef double place[3]
    cdef double beam[3]
    cdef double direction[3]
    cdef double size, range_m, before_m = -1.0, old_m = -1.0, near_m
    cdef uint32_t post, echoes = 0, i
    cdef bint faulty = c.post.fault.active != 0
    rotate(pose.quaternion, c.aperture_m, place)
    for i in range(3):
        place[i] += pose.position_m[i]
    for post in range(<uint32_t>SIDE):
        size = 1.0 / sqrt(1.0 + c.tangent[row] * c.tangent[row] + c.tangent[post] * c.tangent[post])
        beam[0], beam[1], beam[2] = c.tangent[post] * size, c.tangent[row] * size, -size
        rotate(pose.quaternion, beam, direction)
        near_m = s.last_m[post]                  # the same post of the row before, and what changed beside it
        if near_m < 0.0 or old_m < 0.0 or before_m < 0.0:
            near_m = before_m if near_m < 0.0 else near_m
        else:
            near_m += before_m - old_m
        old_m = s.last_m[post]
        range_m = before_m = s.last_m[post] = terrain_range(c.surface, place, direction, near_m, MOST_RANGE_M)
        store16(out + 2 * post, 0)
        if range_m >= 0.0:
            range_m += s.range_error_m + NOISE_M * random_gaussian(c.head.random)
            if faulty:
                value_change(&c.post, &range_m)
            if LEAST_RANGE_M <= range_m <= MOST_RANGE_M:
                store16(out + 2 * post, <uint32_t>to_counts(range_m, 100.0, 65535))
                echoes += 1
    return echoes


cdef void scan(SimImagingLaserContext* c, int64_t tick, const Pose* pose) noexcept nogil:
    """The rows that are due in this tick, in as few packets as they need."""
    cdef SimImagingLaserState* s = c.state
    cdef uint8_t packet[HEAD_OCTETS + 2 + 256 * ROWS_MOST + 2]
    cdef uint8_t* row
    cdef int64_t end = SIDE * (tick - s.begun_tick + 1) // c.scan_ticks
    cdef uint32_t rows
    cdef int n
    while s.row < end and s.row < SIDE:
        rows = <uint32_t>(end - s.row) if end - s.row < ROWS_MOST else ROWS_MOST
        packet[8], packet[9] = <uint8_t>s.row, <uint8_t>rows
        for n in range(<int>rows):
            row = packet + HEAD_OCTETS + 2 + 256 * n
            if not value_there(&c.head.value, tick):
                memset(row, 0, 256)
                s.blind += 1
            elif scan_row(c, pose, s.row + <uint32_t>n, row) == 0:
                s.blind += 1
        s.row += rows
        send(c, tick, 0x44, packet, HEAD_OCTETS + 2 + 256 * rows)


cdef int serve_imaging_laser(void* context, int64_t tick) noexcept nogil:
    cdef SimImagingLaserContext* c = <SimImagingLaserContext*>context
    cdef SimImagingLaserState* s = c.state
    cdef uint8_t packet[HEAD_OCTETS + 2]
    cdef Pose pose
    if head_tend(&c.head, tick):
        restart(s)
    obey(c, tick)
    if s.row == SIDE and s.asked != s.answered:
        s.answered, s.begun_tick, s.row, s.blind = s.asked, tick, 0, 0
    if s.row < SIDE or c.head.value.fault.active:
        memcpy(pose.position_m, c.body.position_m, sizeof(pose.position_m))
        memcpy(pose.quaternion, c.body.quaternion_site_from_body, sizeof(pose.quaternion))
        if fault_on(c.head.value.fault, FAULT_DELAY):
            value_look_back(&c.head.value, <double*>&pose)
    if s.row < SIDE:
        scan(c, tick, &pose)
    elif tick % c.head.period_ticks == c.head.phase_ticks:
        send(c, tick, 0x48, packet, HEAD_OCTETS)
    return 0


cdef class SimImagingLaser(SimSensor):
    """Reads record `lander` of the world's arena, and asks the terrain."""

    def __init__(self, Arena arena not None, Bus bus not None, Terrain terrain not None, str name="lander.imaging_laser",
                 str bus_name="lander.bus.imaging_laser", double tick_s=0.01):
        cdef SimImagingLaserContext* c = &self.context
        cdef int n
        self.wire(arena, bus, name, bus_name, &c.head, 10.0, tick_s, 3)
        c.head.phase_ticks = c.head.period_ticks * 9 // 10
        self.value.value_wiring(&c.head.value, arena, 7, 7, 1)           # a pose: what a delay looks back at
        c.post = c.head.value
        c.post.channels = c.post.group = 1
        c.post.full_scale[0] = MOST_RANGE_M
        self.terrain, c.surface = terrain, &terrain.surface
        c.body = <LanderBody*>record_of(arena, "lander", sizeof(LanderBody))
        c.state = <SimImagingLaserState*>arena.take(f"device.{name}", sizeof(SimImagingLaserState))
        cdef SimImagingLaserState[::1] view = <SimImagingLaserState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        for n in range(3):
            c.aperture_m[n] = IMAGING_LASER_POSITION_M[n]
        for n in range(SIDE):
            c.state.last_m[n] = -1.0
            c.tangent[n] = math.tan(HALF_FIELD_RAD * ((2.0 * n + 1.0) / SIDE - 1.0))
        c.scan_ticks = round(0.25 / tick_s)
        restart(c.state)
        self.start(&c.state.head)
        self.slot = SlotCode.make(name, serve_imaging_laser, c, self)

    def seed(self, unsigned long long seed):
        """Start a run: key the stream and draw the error of the range."""
        self.random.seed(seed)
        self.context.state.range_error_m = RANGE_ERROR_M * random_gaussian(self.random.stream)
