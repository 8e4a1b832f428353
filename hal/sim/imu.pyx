# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""SimImu: an inertial unit at the far end of its UART (protocol: docs/devices.md, "Inertial measurement unit").

Model: rate and specific force are the body's means over the last tick, plus a bias drawn once a run and white noise. Classes, a choice
of ours for a lunar lander's unit (those of Chang'e are not published): gyroscopes 0.005 deg/sqrt(h) and 0.03 deg/h, accelerometers
30 micro-g/sqrt(Hz) and 50 micro-g, one sigma; ranges 100 deg/s and 10 g.
Not simulated: scale-factor and misalignment errors, bias drift within a run, vibration rectification, sculling between samples,
the lever arm to the centre of mass, warm-up.
"""

import math

import numpy as np

from hal.core.arena cimport Arena
from hal.core.random cimport random_gaussian
from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets
from hal.sim.far_end cimport line_receive, line_send, line_tend, record_of
from hal.sim.faults cimport value_faults
from hal.sim.octets cimport check16, seal_frame, store16, store32, to_counts

cdef double G0_M_S2 = 9.80665
cdef double RATE_LIMIT_RAD_S = 1.7453292519943295            # 100 deg/s
cdef double FORCE_LIMIT_M_S2 = 98.0665                       # 10 g
cdef double GYRO_WALK = math.radians(0.005) / 60.0           # rad/sqrt(s)
cdef double GYRO_BIAS_RAD_S = math.radians(0.03) / 3600.0
cdef double ACCELEROMETER_WALK = 30e-6 * 9.80665             # m/s2/sqrt(Hz)
cdef double ACCELEROMETER_BIAS_M_S2 = 50e-6 * 9.80665


cdef void restart(SimImuState* s) noexcept nogil:
    """The defaults after power-on."""
    s.counter = 0
    s.on = 1
    s.fresh = 10


cdef void obey(SimImuContext* c, int64_t tick) noexcept nogil:
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


cdef int serve_imu(void* context, int64_t tick) noexcept nogil:
    cdef SimImuContext* c = <SimImuContext*>context
    cdef SimImuState* s = c.state
    cdef double values[6]
    cdef uint8_t frame[36]
    cdef int i, status = 0
    line_tend(c.bus, tick)
    if line_tend(c.line, tick):
        restart(s)
    obey(c, tick)
    if not s.on:
        return 0
    for i in range(3):
        values[i] = c.body.rate_rad_s[i] + s.gyro_bias_rad_s[i] + c.gyro_noise_rad_s * random_gaussian(c.random)
        values[3 + i] = (c.body.specific_force_m_s2[i] + s.accelerometer_bias_m_s2[i]
                         + c.accelerometer_noise_m_s2 * random_gaussian(c.random))
    if not value_faults(&c.value, tick, values):
        status = 1
        for i in range(6):
            values[i] = 0.0
    for i in range(3):
        if not -RATE_LIMIT_RAD_S <= values[i] <= RATE_LIMIT_RAD_S:
            status |= 2
            values[i] = RATE_LIMIT_RAD_S if values[i] > 0.0 else -RATE_LIMIT_RAD_S
        if not -FORCE_LIMIT_M_S2 <= values[3 + i] <= FORCE_LIMIT_M_S2:
            status |= 4
            values[3 + i] = FORCE_LIMIT_M_S2 if values[3 + i] > 0.0 else -FORCE_LIMIT_M_S2
    if s.fresh:
        status |= 8
        s.fresh -= 1
    store16(frame + 4, s.counter)
    store16(frame + 6, <uint32_t>status)
    for i in range(3):
        store32(frame + 8 + 4 * i, <uint32_t>to_counts(values[i], 1073741824.0, 0x7FFFFFFF))
        store32(frame + 20 + 4 * i, <uint32_t>to_counts(values[3 + i], 16777216.0, 0x7FFFFFFF))
    store16(frame + 32, <uint32_t>to_counts(s.temperature_k, 100.0, 65535))
    s.counter = (s.counter + 1) & 0xFFFF
    line_send(c.line, tick, 0, frame, seal_frame(frame, 0x49, 30))
    return 0


cdef class SimImu:
    """At the far end of `bus`, whose faults it also carries. Reads record `lander` of the world's arena."""

    def __init__(self, Arena arena not None, Bus bus not None, str name="lander.imu", str bus_name="lander.bus.imu", double tick_s=0.01):
        self.name, self.bus, self.tick_s = name, bus, tick_s
        self.random = RandomSource(arena, f"device.{name}.random")
        self.bus_line = LinePoint(arena, bus_name, bus)
        self.line = LinePoint(arena, name, bus, self.bus_line)
        self.value = FaultPoint(arena, name, "value")
        cdef SimImuContext* c = &self.context
        self.value.value_wiring(&c.value, arena, 6, 3, 1)
        c.value.full_scale[0], c.value.full_scale[1] = RATE_LIMIT_RAD_S, FORCE_LIMIT_M_S2
        c.body = <LanderBody*>record_of(arena, "lander", sizeof(LanderBody))
        c.state = <SimImuState*>arena.take(f"device.{name}", sizeof(SimImuState))
        cdef SimImuState[::1] view = <SimImuState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        c.random, c.to_device = self.random.stream, &bus.to_device
        c.bus, c.line = &self.bus_line.line, &self.line.line
        c.gyro_noise_rad_s = GYRO_WALK / math.sqrt(tick_s)
        c.accelerometer_noise_m_s2 = ACCELEROMETER_WALK / math.sqrt(tick_s)
        c.state.temperature_k = 293.15
        restart(c.state)
        self.slot = SlotCode.make(name, serve_imu, c, self)

    @property
    def points(self) -> tuple:
        """Where this device can be broken."""
        return self.line.point, self.value, self.bus_line.point

    def seed(self, unsigned long long seed):
        """Start a run: key the stream and draw the biases."""
        cdef int i
        self.random.seed(seed)
        for i in range(3):
            self.context.state.gyro_bias_rad_s[i] = GYRO_BIAS_RAD_S * random_gaussian(self.random.stream)
            self.context.state.accelerometer_bias_m_s2[i] = ACCELEROMETER_BIAS_M_S2 * random_gaussian(self.random.stream)
