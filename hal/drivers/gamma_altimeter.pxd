"""GammaAltimeterDriver: the gamma altimeter's frames become a GammaAltimeterReading."""

from hal.drivers.uart_sensor cimport UartSensorDriver
from hal.gamma_altimeter cimport GammaAltimeterReading


cdef class GammaAltimeterDriver(UartSensorDriver):
    cdef GammaAltimeterReading* reading  # record `NAME`
