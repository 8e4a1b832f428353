# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""SimStarTracker: a star tracker at the far end of its UART (protocol: docs/devices.md, "Star tracker").

Model: the body's attitude against the site frame of tick 0 held still, five times a second, with white noise of 15 arcseconds across
the boresight and 45 about it, and a mounting error of 10 arcseconds about each axis, drawn once a run. Sixteen stars at rest; turning
smears the faint ones away, and the errors grow with the root of what is left; no solution above 2 deg/s. The class is that of common
star trackers, a choice of ours: those of Chang'e are not published. Faults of the value act on the rotation vector that turns the
inertial frame into the body's.
Not simulated: the Moon, the Sun, the Earth or the plume in the field of view, exposure and computing time, which stars are there,
aberration, acquisition after a blinding.
"""

from libc.math cimport atan2, cos, sin, sqrt
from libc.stdint cimport int64_t, uint8_t, uint32_t

import math

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.random cimport random_gaussian
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport record_of
from hal.sim.faults cimport value_faults
from hal.sim.octets cimport store16, store32, to_counts
from hal.sim.sensor cimport head_due, head_send
from hal.sim.site cimport MOON_RATE_NORTH, MOON_RATE_UP

cdef double ARCSECOND_RAD = math.radians(1.0 / 3600.0)
cdef double ACROSS_RAD = 15.0 * ARCSECOND_RAD
cdef double ABOUT_RAD = 45.0 * ARCSECOND_RAD
cdef double MOUNTING_RAD = 10.0 * ARCSECOND_RAD
cdef double RATE_LIMIT_RAD_S = math.radians(2.0)
cdef double STARS = 16.0
cdef double LEFT_AT_LIMIT = 0.4                  # of the stars, at the fastest turn that still gives a solution
cdef double BORESIGHT_X = -math.sqrt(0.5)        # body frame; its y is 0
cdef double BORESIGHT_Z = math.sqrt(0.5)


cdef void turn_by(const double* v, double* q) noexcept nogil:
    """The quaternion of a rotation vector (rad)."""
    cdef double angle = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    cdef double share = sin(0.5 * angle) / angle if angle > 1e-12 else 0.5
    q[0], q[1], q[2], q[3] = cos(0.5 * angle), share * v[0], share * v[1], share * v[2]


cdef void vector_of(const double* q, double* v) noexcept nogil:
    """The rotation vector (rad, up to pi) of a quaternion whose scalar part is not negative."""
    cdef double across = sqrt(q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    cdef double stretch = 2.0 * atan2(across, q[0]) / across if across > 1e-12 else 2.0
    v[0], v[1], v[2] = stretch * q[1], stretch * q[2], stretch * q[3]


cdef void compose(const double* a, const double* b, double* out) noexcept nogil:
    """a b, with a scalar part that is not negative. `out` is neither of them."""
    cdef int i
    out[0] = a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3]
    out[1] = a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2]
    out[2] = a[0] * b[2] + a[2] * b[0] + a[3] * b[1] - a[1] * b[3]
    out[3] = a[0] * b[3] + a[3] * b[0] + a[1] * b[2] - a[2] * b[1]
    if out[0] < 0.0:
        for i in range(4):
            out[i] = -out[i]


cdef void look(SimStarTrackerContext* c, int64_t tick, double grown, double* measured) noexcept nogil:
    """The attitude with this picture's errors, which are `grown` times those at rest."""
    cdef double v[3]
    cdef double moon[4]
    cdef double error[4]
    cdef double turned[4]
    cdef double along
    cdef int i
    v[0], v[1], v[2] = 0.0, MOON_RATE_NORTH * c.tick_s * tick, MOON_RATE_UP * c.tick_s * tick
    turn_by(v, moon)
    compose(moon, c.body.quaternion_site_from_body, turned)
    for i in range(3):
        v[i] = grown * ACROSS_RAD * random_gaussian(c.head.random)
    along = (ABOUT_RAD / ACROSS_RAD - 1.0) * (v[0] * BORESIGHT_X + v[2] * BORESIGHT_Z)
    v[0] += along * BORESIGHT_X
    v[2] += along * BORESIGHT_Z
    for i in range(3):
        v[i] += c.state.mounting_rad[i]
    turn_by(v, error)
    compose(turned, error, measured)


cdef int serve_star_tracker(void* context, int64_t tick) noexcept nogil:
    cdef SimStarTrackerContext* c = <SimStarTrackerContext*>context
    cdef const double* w = &c.body.rate_rad_s[0]
    cdef double q[4]
    cdef double v[3]
    cdef double share, grown
    cdef uint8_t frame[30]
    cdef uint32_t stars = 0, sigma = 0
    cdef int i, status = 0
    if not head_due(&c.head, tick):
        return 0
    share = sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]) / RATE_LIMIT_RAD_S
    q[0] = q[1] = q[2] = q[3] = 0.0
    if not share <= 1.0:
        status = 2
    else:
        stars = <uint32_t>(STARS * (1.0 - (1.0 - LEFT_AT_LIMIT) * share) + 0.5)
        grown = sqrt(STARS / stars)
        sigma = <uint32_t>to_counts(grown * ABOUT_RAD, 1e7, 65535)
        look(c, tick, grown, q)
        if c.head.value.fault.active:
            vector_of(q, v)
            if value_faults(&c.head.value, tick, v):
                turn_by(v, q)
            else:
                q[0] = q[1] = q[2] = q[3] = 0.0
                status, stars, sigma = 2, 0, 0
    for i in range(4):
        store32(frame + 8 + 4 * i, <uint32_t>to_counts(q[i] if q[0] >= 0.0 else -q[i], 1073741824.0, 0x7FFFFFFF))
    store16(frame + 24, sigma)
    frame[26], frame[27] = <uint8_t>stars, 0
    head_send(&c.head, tick, frame, 0x53, 24, status)
    return 0


cdef class SimStarTracker(SimSensor):
    """Reads record `lander` of the world's arena."""

    def __init__(self, Arena arena not None, Bus bus not None, str name="lander.star_tracker", str bus_name="lander.bus.star_tracker",
                 double tick_s=0.01):
        cdef SimStarTrackerContext* c = &self.context
        self.wire(arena, bus, name, bus_name, &c.head, 5.0, tick_s, 1)
        c.head.phase_ticks = c.head.period_ticks * 3 // 20
        self.value.value_wiring(&c.head.value, arena, 3, 3, c.head.period_ticks)
        c.head.value.full_scale[0] = math.pi
        c.body = <LanderBody*>record_of(arena, "lander", sizeof(LanderBody))
        c.state = <SimStarTrackerState*>arena.take(f"device.{name}", sizeof(SimStarTrackerState))
        cdef SimStarTrackerState[::1] view = <SimStarTrackerState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        c.tick_s = tick_s
        self.start(&c.state.head)
        self.slot = SlotCode.make(name, serve_star_tracker, c, self)

    def seed(self, unsigned long long seed):
        """Start a run: key the stream and draw the mounting error."""
        cdef int i
        self.random.seed(seed)
        for i in range(3):
            self.context.state.mounting_rad[i] = MOUNTING_RAD * random_gaussian(self.random.stream)
