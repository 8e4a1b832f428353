"""RadarDriver: the radar's frames become a RadarReading."""

from hal.drivers.uart_sensor cimport UartSensorDriver
from hal.radar cimport RadarReading


cdef class RadarDriver(UartSensorDriver):
    cdef RadarReading* reading           # record `NAME`
