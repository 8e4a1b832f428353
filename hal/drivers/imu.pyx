# distutils: extra_compile_args = -O2
"""ImuDriver: the inertial unit's frames (docs/devices.md, "Inertial measurement unit") become an ImuReading."""

from libc.stdint cimport int32_t, int64_t, uint8_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.drivers.common cimport reading_accept
from hal.drivers.octets cimport be16, be32
from hal.drivers.uart_sensor cimport SensorContext, sensor_counter
from hal.reading cimport DEVICE_RANGE, DEVICE_SELF_TEST

cdef double RATE_LSB_RAD_S = 1.0 / 1073741824.0               # 2^-30
cdef double FORCE_LSB_M_S2 = 1.0 / 16777216.0                 # 2^-24
cdef int SELF_TEST_FAILED = 1
cdef int SATURATED = 6                                        # gyroscopes 2, accelerometers 4


cdef void decode(SensorContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef ImuReading* reading = <ImuReading*>c.head
    cdef int i, status = be16(p + 2)
    cdef int error = sensor_counter(c, p)
    if error < 0:
        return
    for i in range(3):
        reading.rate_rad_s[i] = <int32_t>be32(p + 4 + 4 * i) * RATE_LSB_RAD_S
        reading.specific_force_m_s2[i] = <int32_t>be32(p + 16 + 4 * i) * FORCE_LSB_M_S2
    reading.temperature_k = be16(p + 28) * 0.01
    if status & SELF_TEST_FAILED:
        error = DEVICE_SELF_TEST
    elif status & SATURATED:
        error = DEVICE_RANGE
    reading_accept(c.head, tick, error)


cdef class ImuDriver(UartSensorDriver):
    """The reading is the record `name`, the power command `name.power`. Stale after `timeout_s` (50 ms) without a good sample."""

    def __init__(self, Arena arena not None, Bus bus not None, str name not None, double tick_s=0.01, double timeout_s=0.05):
        self.reading = <ImuReading*>arena.take(name, sizeof(ImuReading))
        cdef ImuReading[::1] reading = <ImuReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.wire(arena, bus, name, self.reading, 0x49, 30, decode, tick_s, timeout_s)
