"""AltimeterDriver: the laser's frames become an AltimeterReading."""

from hal.altimeter cimport AltimeterReading
from hal.drivers.uart_sensor cimport UartSensorDriver


cdef class AltimeterDriver(UartSensorDriver):
    cdef AltimeterReading* reading       # record `NAME`
