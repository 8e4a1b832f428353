# cython: cdivision=True
"""SimAltimeter: a laser altimeter at the far end of its UART (protocol: docs/devices.md, "Laser altimeter").

Model: the slant range along body -z, ten shots a second, with white noise of 0.2 m or 0.1 %, whichever is greater, one sigma (accuracy
class from the facts, change4 section 1; the rate is a choice of ours); no echo below 0.2 m, above 30 km, or where the beam meets no
terrain. The echo's strength falls with the square of the range.
Not simulated: the footprint's size and slope broadening, dust raised by the engine's plume, sunlight, first or last echo of an edge.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.random cimport random_gaussian
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport record_of
from hal.sim.faults cimport value_faults
from hal.sim.octets cimport store16, store32, to_counts
from hal.sim.sensor cimport head_due, head_send

cdef double LEAST_RANGE_M = 0.2
cdef double MOST_RANGE_M = 30000.0
cdef double NOISE_M = 0.2
cdef double NOISE_SHARE = 0.001
cdef double HALF_SIGNAL_M = 8000.0
cdef uint32_t NO_RANGE = 0xFFFFFFFF


cdef int serve_altimeter(void* context, int64_t tick) noexcept nogil:
    cdef SimAltimeterContext* c = <SimAltimeterContext*>context
    cdef double range_m = c.body.range_m, noise_m, scaled
    cdef uint8_t frame[18]
    cdef uint32_t millimetres = NO_RANGE, signal = 0
    cdef int status = 0
    if not head_due(&c.head, tick):
        return 0
    noise_m = NOISE_SHARE * range_m if NOISE_SHARE * range_m > NOISE_M else NOISE_M
    noise_m *= random_gaussian(c.head.random)
    if range_m < 0.0:
        status = 2
    else:
        range_m += noise_m
        if not value_faults(&c.head.value, tick, &range_m):
            status = 2
        elif not LEAST_RANGE_M <= range_m <= MOST_RANGE_M:
            status = 4
        else:
            millimetres = <uint32_t>to_counts(range_m, 1000.0, 0x7FFFFFFF)
            scaled = range_m / HALF_SIGNAL_M
            signal = <uint32_t>(65535.0 / (1.0 + scaled * scaled))
    store32(frame + 8, millimetres)
    store16(frame + 12, signal)
    store16(frame + 14, <uint32_t>to_counts(c.state.temperature_k, 100.0, 65535))
    head_send(&c.head, tick, frame, 0x4C, 12, status)
    return 0


cdef class SimAltimeter(SimSensor):
    """Reads record `lander` of the world's arena."""

    def __init__(self, Arena arena not None, Bus bus not None, str name="lander.altimeter", str bus_name="lander.bus.altimeter",
                 double tick_s=0.01):
        cdef SimAltimeterContext* c = &self.context
        self.wire(arena, bus, name, bus_name, &c.head, 10.0, tick_s, 3)
        self.value.value_wiring(&c.head.value, arena, 1, 1, c.head.period_ticks)
        c.head.value.full_scale[0] = MOST_RANGE_M
        c.body = <LanderBody*>record_of(arena, "lander", sizeof(LanderBody))
        c.state = <SimAltimeterState*>arena.take(f"device.{name}", sizeof(SimAltimeterState))
        cdef SimAltimeterState[::1] view = <SimAltimeterState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        c.state.temperature_k = 293.15
        self.start(&c.state.head)
        self.slot = SlotCode.make(name, serve_altimeter, c, self)
