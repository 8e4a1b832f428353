# distutils: extra_compile_args = -O2
"""GammaAltimeterDriver: the gamma altimeter's frames (docs/devices.md, "Gamma altimeter") become a GammaAltimeterReading."""

from libc.stdint cimport int32_t, int64_t, uint8_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.drivers.common cimport reading_accept
from hal.drivers.octets cimport be16, be32
from hal.drivers.uart_sensor cimport SensorContext, sensor_counter
from hal.reading cimport DEVICE_RANGE, DEVICE_SELF_TEST

cdef int SELF_TEST_FAILED = 1
cdef int TOO_HIGH = 2


cdef void decode(SensorContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef GammaAltimeterReading* reading = <GammaAltimeterReading*>c.head
    cdef int status = be16(p + 2)
    cdef int error = sensor_counter(c, p)
    if error < 0:
        return
    reading.counts = be32(p + 8)
    if status & SELF_TEST_FAILED:
        error = DEVICE_SELF_TEST
    elif status & TOO_HIGH:
        error = DEVICE_RANGE                                  # the last altitude stays in the reading
    else:
        reading.altitude_m = <int32_t>be32(p + 4) * 0.001
    reading_accept(c.head, tick, error)


cdef class GammaAltimeterDriver(UartSensorDriver):
    """The reading is the record `name`, the power command `name.power`. Stale after `timeout_s` (0.1 s, five intervals)."""

    def __init__(self, Arena arena not None, Bus bus not None, str name not None, double tick_s=0.01, double timeout_s=0.1):
        self.reading = <GammaAltimeterReading*>arena.take(name, sizeof(GammaAltimeterReading))
        cdef GammaAltimeterReading[::1] reading = <GammaAltimeterReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.wire(arena, bus, name, self.reading, 0x47, 12, decode, tick_s, timeout_s)
