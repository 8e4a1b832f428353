"""StarTrackerDriver: the star tracker's frames become a StarTrackerReading."""

from hal.drivers.uart_sensor cimport UartSensorDriver
from hal.star_tracker cimport StarTrackerReading


cdef class StarTrackerDriver(UartSensorDriver):
    cdef StarTrackerReading* reading     # record `NAME`
