# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""SimRadar: a microwave range and velocity radar at the far end of its UART (protocol: docs/devices.md, "Radar").

Model: ten times a second, along each of four beams 20 degrees off body -z, the slant range to the terrain and the antennas' speed
relative to the rotating Moon. White noise of 0.3 m or 0.3 % and of 0.1 m/s or 1 %, the greater; errors of 0.1 m and 0.02 m/s of each
beam, drawn once a run; one sigma. Published are the Ka band, several beams, a velocity that is valid below some 3 to 4 km and the
class of its accuracy (facts: change4, section 1, "Descent sensors"); four beams, their angle and 12 km for ranges are choices of ours.
A beam is three degrees wide (our choice): it feels the ground without what is smaller than its spot. An echo weakens with incidence:
the limits, 12 km and 4 km, are taken times the cosine of the angle between beam and ground, and beyond 70 degrees there is none.
Not simulated: side lobes, beams that lock on each other's echo, how an echo is spread over its spot, dust raised by the plume, the
plume itself, Doppler ambiguity, warm-up; the Moon's turning in the antennas' lever arm (a micrometre a second).
"""

from libc.math cimport fabs, fmax, sqrt
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memset

import math

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.random cimport random_gaussian
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport record_of
from hal.sim.faults cimport value_faults
from hal.sim.octets cimport store16, store32, to_counts
from hal.sim.rays cimport terrain_ray
from hal.sim.sensor cimport head_due, head_send
from hal.sim.site cimport SITE_RADIUS, rotate, rotate_back, site_map
from hal.sim.terrain cimport terrain_height

from hal.sim.lander_figures import RADAR_POSITION_M

cdef double RANGE_LIMIT_M = 12000.0
cdef double SPEED_LIMIT_M = 4000.0
cdef double LEAST_RANGE_M = 0.3
cdef double LEAST_COSINE = 0.35
cdef double STEEP_COSINE = 0.89                  # 27 degrees off the vertical: 67 off the normal of the steepest soil
cdef double NEAR_SITE_M = 10000.0                # within which the site's vertical is the place's, to a third of a degree
cdef double RANGE_NOISE_M = 0.3
cdef double RANGE_NOISE_SHARE = 0.003
cdef double SPEED_NOISE_M_S = 0.1
cdef double SPEED_NOISE_SHARE = 0.01
cdef double RANGE_ERROR_M = 0.1
cdef double SPEED_ERROR_M_S = 0.02
cdef double SPOT_RAD = 0.05                      # a beam's width: over its spot the ground counts with its mean


cdef double incidence(SimRadarContext* c, const double* place, const double* direction, double range_m) noexcept nogil:
    """The cosine of the angle between a beam and the normal of the ground that it meets, over the width of its spot. A steep beam from
    near is bound to have range and speed, since no soil is steeper than 40 degrees: it is told as upright."""
    cdef double p[3]
    cdef double g[2]
    cdef double east, north, radius
    cdef int i
    if range_m < LEAST_COSINE * SPEED_LIMIT_M and direction[2] < -STEEP_COSINE and fabs(place[0]) + fabs(place[1]) < NEAR_SITE_M:
        return 1.0
    for i in range(3):
        p[i] = place[i] + range_m * direction[i]
    site_map(p, &east, &north)
    terrain_height(c.surface, east, north, fmax(1.0, SPOT_RAD * range_m), g)
    p[2] += SITE_RADIUS
    radius = 1.0 / sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2])
    p[0] = p[0] * radius - g[0]
    p[1] = p[1] * radius - g[1]
    p[2] *= radius
    return -(p[0] * direction[0] + p[1] * direction[1] + p[2] * direction[2]) / sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2])


cdef void measure(SimRadarContext* c, double* values, uint32_t* ranges, uint32_t* speeds) noexcept nogil:
    """Four ranges and four speeds, and which of them there are. Draws are made for what is measured only."""
    cdef SimRadarState* s = c.state
    cdef const LanderBody* b = c.body
    cdef const double* w = &b.rate_rad_s[0]
    cdef const double* arm = c.antenna_m
    cdef double place[3]
    cdef double velocity[3]
    cdef double direction[3]
    cdef double range_m, cosine, speed
    cdef int i, n
    rotate(b.quaternion_site_from_body, arm, place)
    rotate_back(b.quaternion_site_from_body, b.velocity_m_s, velocity)
    velocity[0] += w[1] * arm[2] - w[2] * arm[1]
    velocity[1] += w[2] * arm[0] - w[0] * arm[2]
    velocity[2] += w[0] * arm[1] - w[1] * arm[0]
    for i in range(3):
        place[i] += b.position_m[i]
    for n in range(4):
        values[n] = values[4 + n] = 0.0
        rotate(b.quaternion_site_from_body, c.beam[n], direction)
        range_m = s.last_m[n] = terrain_ray(c.surface, place, direction, SPOT_RAD, s.last_m[n], RANGE_LIMIT_M)
        if range_m < 0.0:
            continue
        cosine = incidence(c, place, direction, range_m)
        if cosine < LEAST_COSINE or range_m > RANGE_LIMIT_M * cosine:
            continue
        ranges[0] |= <uint32_t>1 << n
        values[n] = range_m + s.range_error_m[n] + fmax(RANGE_NOISE_M, RANGE_NOISE_SHARE * range_m) * random_gaussian(c.head.random)
        if range_m > SPEED_LIMIT_M * cosine:
            continue
        speeds[0] |= <uint32_t>1 << n
        speed = -(velocity[0] * c.beam[n][0] + velocity[1] * c.beam[n][1] + velocity[2] * c.beam[n][2])
        values[4 + n] = (speed + s.speed_error_m_s[n]
                         + fmax(SPEED_NOISE_M_S, SPEED_NOISE_SHARE * fabs(speed)) * random_gaussian(c.head.random))


cdef int serve_radar(void* context, int64_t tick) noexcept nogil:
    cdef SimRadarContext* c = <SimRadarContext*>context
    cdef double values[8]
    cdef uint8_t frame[46]
    cdef uint32_t ranges = 0, speeds = 0
    cdef int n, status = 0
    if not head_due(&c.head, tick):
        return 0
    measure(c, values, &ranges, &speeds)
    if not value_faults(&c.head.value, tick, values):
        ranges = 0
    memset(frame + 8, 0, 34)
    for n in range(4):
        if not LEAST_RANGE_M <= values[n] <= RANGE_LIMIT_M:
            ranges &= ~(<uint32_t>1 << n)
    speeds &= ranges
    for n in range(4):
        if ranges >> n & 1:
            store32(frame + 10 + 4 * n, <uint32_t>to_counts(values[n], 1000.0, 0x7FFFFFFF))
        if speeds >> n & 1:
            store32(frame + 26 + 4 * n, <uint32_t>to_counts(values[4 + n], 1000.0, 0x7FFFFFFF))
    frame[8], frame[9] = <uint8_t>ranges, <uint8_t>speeds
    store16(frame + 42, <uint32_t>to_counts(c.state.temperature_k, 100.0, 65535))
    if ranges == 0:
        status = 2
    head_send(&c.head, tick, frame, 0x52, 40, status)
    return 0


cdef class SimRadar(SimSensor):
    """Reads record `lander` of the world's arena, and asks the terrain."""

    def __init__(self, Arena arena not None, Bus bus not None, Terrain terrain not None, str name="lander.radar",
                 str bus_name="lander.bus.radar", double tick_s=0.01):
        cdef SimRadarContext* c = &self.context
        cdef int n
        self.wire(arena, bus, name, bus_name, &c.head, 10.0, tick_s, 3)
        c.head.phase_ticks = c.head.period_ticks * 7 // 10
        self.value.value_wiring(&c.head.value, arena, 8, 4, c.head.period_ticks)
        c.head.value.full_scale[0], c.head.value.full_scale[1] = RANGE_LIMIT_M, 200.0
        self.terrain, c.surface = terrain, &terrain.surface
        c.body = <LanderBody*>record_of(arena, "lander", sizeof(LanderBody))
        c.state = <SimRadarState*>arena.take(f"device.{name}", sizeof(SimRadarState))
        cdef SimRadarState[::1] view = <SimRadarState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        across = math.sin(math.radians(20.0)) * math.sqrt(0.5)
        for n, (x, y) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
            c.beam[n][0], c.beam[n][1], c.beam[n][2] = x * across, y * across, -math.cos(math.radians(20.0))
            c.state.last_m[n] = -1.0
            c.antenna_m[n % 3] = RADAR_POSITION_M[n % 3]
        c.state.temperature_k = 293.15
        self.start(&c.state.head)
        self.slot = SlotCode.make(name, serve_radar, c, self)

    def seed(self, unsigned long long seed):
        """Start a run: key the stream and draw the errors of each beam."""
        cdef int n
        self.random.seed(seed)
        for n in range(4):
            self.context.state.range_error_m[n] = RANGE_ERROR_M * random_gaussian(self.random.stream)
            self.context.state.speed_error_m_s[n] = SPEED_ERROR_M_S * random_gaussian(self.random.stream)
