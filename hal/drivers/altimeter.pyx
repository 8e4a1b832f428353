# distutils: extra_compile_args = -O2
"""AltimeterDriver: the laser's frames (docs/devices.md, "Laser altimeter") become an AltimeterReading."""

from libc.stdint cimport int64_t, uint8_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.drivers.common cimport reading_accept
from hal.drivers.octets cimport be16, be32
from hal.drivers.uart_sensor cimport SensorContext, sensor_counter
from hal.reading cimport DEVICE_RANGE, DEVICE_SELF_TEST

cdef int SELF_TEST_FAILED = 1
cdef int NO_ECHO = 6                                          # no echo 2, outside the range that can be measured 4


cdef void decode(SensorContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef AltimeterReading* reading = <AltimeterReading*>c.head
    cdef int status = be16(p + 2)
    cdef int error = sensor_counter(c, p)
    if error < 0:
        return
    reading.signal = be16(p + 8) * (1.0 / 65535.0)
    if status & SELF_TEST_FAILED:
        error = DEVICE_SELF_TEST
    elif status & NO_ECHO:
        error = DEVICE_RANGE                                  # the range of the last echo stays in the reading
    else:
        reading.range_m = be32(p + 4) * 0.001
    reading_accept(c.head, tick, error)


cdef class AltimeterDriver(UartSensorDriver):
    """The reading is the record `name`, the power command `name.power`. Stale after `timeout_s` (0.35 s, three shots) without a good frame."""

    def __init__(self, Arena arena not None, Bus bus not None, str name not None, double tick_s=0.01, double timeout_s=0.35):
        self.reading = <AltimeterReading*>arena.take(name, sizeof(AltimeterReading))
        cdef AltimeterReading[::1] reading = <AltimeterReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.wire(arena, bus, name, self.reading, 0x4C, 12, decode, tick_s, timeout_s)
