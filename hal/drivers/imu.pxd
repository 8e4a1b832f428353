"""ImuDriver: the inertial unit's frames become an ImuReading."""

from hal.drivers.uart_sensor cimport UartSensorDriver
from hal.imu cimport ImuReading


cdef class ImuDriver(UartSensorDriver):
    cdef ImuReading* reading             # record `NAME`
