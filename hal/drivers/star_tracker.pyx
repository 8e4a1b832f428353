# distutils: extra_compile_args = -O2
"""StarTrackerDriver: the star tracker's frames (docs/devices.md, "Star tracker") become a StarTrackerReading."""

from libc.math cimport fabs
from libc.stdint cimport int32_t, int64_t, uint8_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.drivers.common cimport reading_accept, reading_refuse
from hal.drivers.octets cimport be16, be32
from hal.drivers.uart_sensor cimport SensorContext, sensor_counter
from hal.reading cimport DEVICE_FORMAT, DEVICE_RANGE, DEVICE_SELF_TEST

cdef double QUATERNION_LSB = 1.0 / 1073741824.0               # 2^-30
cdef double SIGMA_LSB_RAD = 1e-7
cdef int SELF_TEST_FAILED = 1
cdef int NO_SOLUTION = 2


cdef void decode(SensorContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef StarTrackerReading* reading = <StarTrackerReading*>c.head
    cdef double q[4]
    cdef double square = 0.0
    cdef int i, status = be16(p + 2)
    cdef int error = sensor_counter(c, p)
    if error < 0:
        return
    if status & SELF_TEST_FAILED:
        error = DEVICE_SELF_TEST
    elif status & NO_SOLUTION:
        error = DEVICE_RANGE                                  # the last attitude stays in the reading
    else:
        for i in range(4):
            q[i] = <int32_t>be32(p + 4 + 4 * i) * QUATERNION_LSB
            square += q[i] * q[i]
        if not fabs(square - 1.0) < 1e-6:
            reading_refuse(c.head, DEVICE_FORMAT)
            return
        for i in range(4):
            reading.quaternion_inertial_from_body[i] = q[i]
        reading.sigma_rad = be16(p + 20) * SIGMA_LSB_RAD
    reading.stars = p[22]
    reading_accept(c.head, tick, error)


cdef class StarTrackerDriver(UartSensorDriver):
    """The reading is the record `name`, the power command `name.power`. Stale after `timeout_s` (0.45 s, two pictures)."""

    def __init__(self, Arena arena not None, Bus bus not None, str name not None, double tick_s=0.01, double timeout_s=0.45):
        self.reading = <StarTrackerReading*>arena.take(name, sizeof(StarTrackerReading))
        cdef StarTrackerReading[::1] reading = <StarTrackerReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.reading.quaternion_inertial_from_body[0] = 1.0
        self.wire(arena, bus, name, self.reading, 0x53, 24, decode, tick_s, timeout_s)
