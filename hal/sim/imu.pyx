# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""SimImu: an inertial unit at the far end of its UART (protocol: docs/devices.md, "Inertial measurement unit").

Model: rate and specific force are the body's means over the last tick, plus a bias drawn once a run and white noise. Classes, a choice
of ours for a lunar lander's unit (those of Chang'e are not published): gyroscopes 0.005 deg/sqrt(h) and 0.03 deg/h, accelerometers
30 micro-g/sqrt(Hz) and 50 micro-g, one sigma; ranges 100 deg/s and 10 g.
Not simulated: scale-factor and misalignment errors, bias drift within a run, vibration rectification, sculling between samples,
the lever arm to the centre of mass, warm-up.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

import math

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.random cimport random_gaussian
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport record_of
from hal.sim.faults cimport value_faults
from hal.sim.lander_body cimport LanderBody
from hal.sim.octets cimport store16, store32, to_counts
from hal.sim.rover_body cimport RoverBody
from hal.sim.sensor cimport head_due, head_send

cdef double G0_M_S2 = 9.80665
cdef double RATE_LIMIT_RAD_S = 1.7453292519943295            # 100 deg/s
cdef double FORCE_LIMIT_M_S2 = 98.0665                       # 10 g
cdef double GYRO_WALK = math.radians(0.005) / 60.0           # rad/sqrt(s)
cdef double GYRO_BIAS_RAD_S = math.radians(0.03) / 3600.0
cdef double ACCELEROMETER_WALK = 30e-6 * 9.80665             # m/s2/sqrt(Hz)
cdef double ACCELEROMETER_BIAS_M_S2 = 50e-6 * 9.80665


cdef int serve_imu(void* context, int64_t tick) noexcept nogil:
    cdef SimImuContext* c = <SimImuContext*>context
    cdef SimImuState* s = c.state
    cdef double values[6]
    cdef uint8_t frame[36]
    cdef int i, status = 0
    if not head_due(&c.head, tick):
        return 0
    for i in range(3):
        values[i] = c.rate_rad_s[i] + s.gyro_bias_rad_s[i] + c.gyro_noise_rad_s * random_gaussian(c.head.random)
        values[3 + i] = (c.specific_force_m_s2[i] + s.accelerometer_bias_m_s2[i]
                         + c.accelerometer_noise_m_s2 * random_gaussian(c.head.random))
    if not value_faults(&c.head.value, tick, values):
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
    for i in range(3):
        store32(frame + 8 + 4 * i, <uint32_t>to_counts(values[i], 1073741824.0, 0x7FFFFFFF))
        store32(frame + 20 + 4 * i, <uint32_t>to_counts(values[3 + i], 16777216.0, 0x7FFFFFFF))
    store16(frame + 32, <uint32_t>to_counts(s.temperature_k, 100.0, 65535))
    head_send(&c.head, tick, frame, 0x49, 30, status)
    return 0


cdef class SimImu(SimSensor):
    """Feels the body of record `body` of the world's arena: `lander` or `rover`."""

    def __init__(self, Arena arena not None, Bus bus not None, str name="lander.imu", str bus_name="lander.bus.imu", double tick_s=0.01,
                 str body="lander"):
        cdef SimImuContext* c = &self.context
        cdef LanderBody* lander
        cdef RoverBody* rover
        self.wire(arena, bus, name, bus_name, &c.head, 1.0 / tick_s, tick_s, 10)
        self.value.value_wiring(&c.head.value, arena, 6, 3, 1)
        c.head.value.full_scale[0], c.head.value.full_scale[1] = RATE_LIMIT_RAD_S, FORCE_LIMIT_M_S2
        if body == "lander":
            lander = <LanderBody*>record_of(arena, body, sizeof(LanderBody))
            c.rate_rad_s, c.specific_force_m_s2 = lander.rate_rad_s, lander.specific_force_m_s2
        elif body == "rover":
            rover = <RoverBody*>record_of(arena, body, sizeof(RoverBody))
            c.rate_rad_s, c.specific_force_m_s2 = rover.rate_rad_s, rover.specific_force_m_s2
        else:
            raise ValueError(f"{name}: {body!r} is no body: there are 'lander' and 'rover'")
        c.state = <SimImuState*>arena.take(f"device.{name}", sizeof(SimImuState))
        cdef SimImuState[::1] view = <SimImuState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        c.gyro_noise_rad_s = GYRO_WALK / math.sqrt(tick_s)
        c.accelerometer_noise_m_s2 = ACCELEROMETER_WALK / math.sqrt(tick_s)
        c.state.temperature_k = 293.15
        self.start(&c.state.head)
        self.slot = SlotCode.make(name, serve_imu, c, self)

    def seed(self, unsigned long long seed):
        """Start a run: key the stream and draw the biases."""
        cdef int i
        self.random.seed(seed)
        for i in range(3):
            self.context.state.gyro_bias_rad_s[i] = GYRO_BIAS_RAD_S * random_gaussian(self.random.stream)
            self.context.state.accelerometer_bias_m_s2[i] = ACCELEROMETER_BIAS_M_S2 * random_gaussian(self.random.stream)
