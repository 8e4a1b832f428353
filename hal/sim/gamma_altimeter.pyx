# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""SimGammaAltimeter: a gamma altimeter at the far end of its UART (protocol: docs/devices.md, "Gamma altimeter").

Model: photons of a source that come back from the ground, N = 15625 m2 / (h + 2 m)^2 in 20 ms on average, h the height of the footpad
plane: a falling square, held finite by the 2 m by which the unit stands back. The counts scatter by their root (a normal draw in place
of Poisson's: above 20 counts the two are alike), and the unit turns them back into h; one sigma is 0.02 m at the ground, 0.1 m at 3 m,
3 m at 25 m. It speaks once its mean over half a second is below 25 m, until that is above 28 m. The source's strength is off by 1 %, one
sigma, drawn once a run. Law, figures and the end of the range are choices of ours; that cut-off relies on it at 2 to 3 m is published
(facts: change4, section 1, "Descent sensors").
Not simulated: background and its subtraction, what the soil is made of, slopes and rocks below the beam, dead time, the lander's tilt.
"""

from libc.math cimport fmax, sqrt
from libc.stdint cimport int64_t, uint8_t, uint32_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.random cimport random_gaussian
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport record_of
from hal.sim.faults cimport value_faults
from hal.sim.octets cimport store32, to_counts
from hal.sim.sensor cimport head_due, head_send

cdef double YIELD_M2 = 15625.0
cdef double STANDOFF_M = 2.0
cdef double MOST_ALTITUDE_M = 25.0
cdef double LEAVE_M = 28.0
cdef double MEAN_SHARE = 0.04                # of a new altitude in the mean: half a second
cdef double STRENGTH_SIGMA = 0.01


cdef int serve_gamma_altimeter(void* context, int64_t tick) noexcept nogil:
    cdef SimGammaAltimeterContext* c = <SimGammaAltimeterContext*>context
    cdef SimGammaAltimeterState* s = c.state
    cdef double standing, mean, altitude_m, counts
    cdef uint8_t frame[18]
    cdef int status = 0
    if not head_due(&c.head, tick):
        return 0
    standing = fmax(c.body.altitude_m + STANDOFF_M, 0.5)
    mean = s.strength * YIELD_M2 / (standing * standing)
    counts = fmax(mean + sqrt(mean) * random_gaussian(c.head.random), 1.0)
    counts = <double>to_counts(counts, 1.0, 0x7FFFFFFF)
    altitude_m = sqrt(YIELD_M2 / counts) - STANDOFF_M
    s.mean_m += (1.0 if s.head.fresh else MEAN_SHARE) * (altitude_m - s.mean_m)
    s.near = s.mean_m < (LEAVE_M if s.near else MOST_ALTITUDE_M)
    if not value_faults(&c.head.value, tick, &altitude_m) or not s.near:
        status = 2
        altitude_m = 0.0
    store32(frame + 8, <uint32_t>to_counts(altitude_m, 1000.0, 0x7FFFFFFF))
    store32(frame + 12, <uint32_t>counts)
    head_send(&c.head, tick, frame, 0x47, 12, status)
    return 0


cdef class SimGammaAltimeter(SimSensor):
    """Reads record `lander` of the world's arena."""

    def __init__(self, Arena arena not None, Bus bus not None, str name="lander.gamma_altimeter",
                 str bus_name="lander.bus.gamma_altimeter", double tick_s=0.01):
        cdef SimGammaAltimeterContext* c = &self.context
        self.wire(arena, bus, name, bus_name, &c.head, 50.0, tick_s, 3)
        c.head.phase_ticks = c.head.period_ticks // 2
        self.value.value_wiring(&c.head.value, arena, 1, 1, c.head.period_ticks)
        c.head.value.full_scale[0] = MOST_ALTITUDE_M
        c.body = <LanderBody*>record_of(arena, "lander", sizeof(LanderBody))
        c.state = <SimGammaAltimeterState*>arena.take(f"device.{name}", sizeof(SimGammaAltimeterState))
        cdef SimGammaAltimeterState[::1] view = <SimGammaAltimeterState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        c.state.strength = 1.0
        self.start(&c.state.head)
        self.slot = SlotCode.make(name, serve_gamma_altimeter, c, self)

    def seed(self, unsigned long long seed):
        """Start a run: key the stream and draw the source's strength."""
        self.random.seed(seed)
        self.context.state.strength = 1.0 + STRENGTH_SIGMA * random_gaussian(self.random.stream)
