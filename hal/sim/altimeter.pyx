# cython: cdivision=True
"""SimAltimeter: a laser altimeter at the far end of its UART (protocol: docs/devices.md, "Laser altimeter").

Model: the slant range along body -z, ten shots a second, with white noise of 0.2 m or 0.1 %, whichever is greater, one sigma (accuracy
class from the facts, change4 section 1; the rate is a choice of ours); no echo below 0.2 m, above 30 km, or where the beam meets no
terrain. The echo's strength falls with the square of the range.
Not simulated: the footprint's size and slope broadening, dust raised by the engine's plume, sunlight, first or last echo of an edge.
"""

import numpy as np

from hal.core.arena cimport Arena
from hal.core.random cimport random_gaussian
from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets
from hal.sim.far_end cimport line_receive, line_send, line_tend, record_of
from hal.sim.faults cimport value_faults
from hal.sim.octets cimport check16, seal_frame, store16, store32, to_counts

cdef double LEAST_RANGE_M = 0.2
cdef double MOST_RANGE_M = 30000.0
cdef double NOISE_M = 0.2
cdef double NOISE_SHARE = 0.001
cdef double HALF_SIGNAL_M = 8000.0
cdef uint32_t NO_RANGE = 0xFFFFFFFF


cdef void restart(SimAltimeterState* s) noexcept nogil:
    """The defaults after power-on."""
    s.counter = 0
    s.on = 1
    s.fresh = 3


cdef void obey(SimAltimeterContext* c, int64_t tick) noexcept nogil:
    """Power frames: FE81h, 'P', 1, on or off, check."""
    cdef Unit* unit
    cdef uint8_t* p
    cdef uint32_t length
    while True:
        unit = ring_front(c.to_device)
        if unit == NULL:
            return
        p = ring_octets(unit)
        length = unit.length
        if line_receive(c.line, tick, p, &length) and length == 7 and p[0] == 0xFE and p[1] == 0x81 and p[2] == 0x50 and p[3] == 1:
            if check16(p + 2, 3) == ((p[5] << 8) | p[6]) and p[4] <= 1:
                if p[4] == 1 and not c.state.on:
                    restart(c.state)
                c.state.on = p[4]
        ring_drop(c.to_device)


cdef int serve_altimeter(void* context, int64_t tick) noexcept nogil:
    cdef SimAltimeterContext* c = <SimAltimeterContext*>context
    cdef SimAltimeterState* s = c.state
    cdef double range_m = c.body.range_m, noise_m, scaled
    cdef uint8_t frame[18]
    cdef uint32_t millimetres = NO_RANGE, signal = 0
    cdef int status = 0
    line_tend(c.bus, tick)
    if line_tend(c.line, tick):
        restart(s)
    obey(c, tick)
    if not s.on or tick % c.period_ticks:
        return 0
    noise_m = NOISE_SHARE * range_m if NOISE_SHARE * range_m > NOISE_M else NOISE_M
    noise_m *= random_gaussian(c.random)
    if range_m < 0.0:
        status = 2
    else:
        range_m += noise_m
        if not value_faults(&c.value, tick, &range_m):
            status = 2
        elif not LEAST_RANGE_M <= range_m <= MOST_RANGE_M:
            status = 4
        else:
            millimetres = <uint32_t>to_counts(range_m, 1000.0, 0x7FFFFFFF)
            scaled = range_m / HALF_SIGNAL_M
            signal = <uint32_t>(65535.0 / (1.0 + scaled * scaled))
    if s.fresh:
        status |= 8
        s.fresh -= 1
    store16(frame + 4, s.counter)
    store16(frame + 6, <uint32_t>status)
    store32(frame + 8, millimetres)
    store16(frame + 12, signal)
    store16(frame + 14, <uint32_t>to_counts(s.temperature_k, 100.0, 65535))
    s.counter = (s.counter + 1) & 0xFFFF
    line_send(c.line, tick, 0, frame, seal_frame(frame, 0x4C, 12))
    return 0


cdef class SimAltimeter:
    """At the far end of `bus`, whose faults it also carries. Reads record `lander` of the world's arena."""

    def __init__(self, Arena arena not None, Bus bus not None, str name="lander.altimeter", str bus_name="lander.bus.altimeter",
                 double tick_s=0.01):
        self.name, self.bus = name, bus
        self.random = RandomSource(arena, f"device.{name}.random")
        self.bus_line = LinePoint(arena, bus_name, bus)
        self.line = LinePoint(arena, name, bus, self.bus_line)
        self.value = FaultPoint(arena, name, "value")
        cdef SimAltimeterContext* c = &self.context
        c.period_ticks = round(0.1 / tick_s)
        self.value.value_wiring(&c.value, arena, 1, 1, c.period_ticks)
        c.value.full_scale[0] = MOST_RANGE_M
        c.body = <LanderBody*>record_of(arena, "lander", sizeof(LanderBody))
        c.state = <SimAltimeterState*>arena.take(f"device.{name}", sizeof(SimAltimeterState))
        cdef SimAltimeterState[::1] view = <SimAltimeterState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        c.random, c.to_device = self.random.stream, &bus.to_device
        c.bus, c.line = &self.bus_line.line, &self.line.line
        c.state.temperature_k = 293.15
        restart(c.state)
        self.slot = SlotCode.make(name, serve_altimeter, c, self)

    @property
    def points(self) -> tuple:
        """Where this device can be broken."""
        return self.line.point, self.value, self.bus_line.point

    def seed(self, unsigned long long seed):
        """Start a run."""
        self.random.seed(seed)
