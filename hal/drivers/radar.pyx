# distutils: extra_compile_args = -O2
"""RadarDriver: the radar's frames (docs/devices.md, "Radar") become a RadarReading."""

from libc.stdint cimport int32_t, int64_t, uint8_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.drivers.common cimport reading_accept
from hal.drivers.octets cimport be16, be32
from hal.drivers.uart_sensor cimport SensorContext, sensor_counter
from hal.radar cimport RADAR_BEAMS
from hal.reading cimport DEVICE_RANGE, DEVICE_SELF_TEST

cdef int SELF_TEST_FAILED = 1
cdef int NO_ECHO = 2


cdef void decode(SensorContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef RadarReading* reading = <RadarReading*>c.head
    cdef int b, status = be16(p + 2)
    cdef int error = sensor_counter(c, p)
    if error < 0:
        return
    reading.range_locked, reading.speed_locked = p[4] & 15, p[5] & 15
    for b in range(RADAR_BEAMS):
        reading.range_m[b] = be32(p + 6 + 4 * b) * 0.001
        reading.speed_m_s[b] = <int32_t>be32(p + 22 + 4 * b) * 0.001
    if status & SELF_TEST_FAILED:
        error = DEVICE_SELF_TEST
    elif status & NO_ECHO:
        error = DEVICE_RANGE
    reading_accept(c.head, tick, error)


cdef class RadarDriver(UartSensorDriver):
    """The reading is the record `name`, the power command `name.power`. Stale after `timeout_s` (0.35 s, three measurements)."""

    def __init__(self, Arena arena not None, Bus bus not None, str name not None, double tick_s=0.01, double timeout_s=0.35):
        self.reading = <RadarReading*>arena.take(name, sizeof(RadarReading))
        cdef RadarReading[::1] reading = <RadarReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.wire(arena, bus, name, self.reading, 0x52, 40, decode, tick_s, timeout_s)
