"""PowerUnitDriver: the power unit's frames become a PowerUnitReading; the command to spread the wings goes out."""

from hal.drivers.uart_sensor cimport SensorContext, UartSensorDriver
from hal.power_unit cimport PowerUnitReading
from hal.reading cimport PowerCommand

cdef struct WingContext:
    SensorContext* sensor
    PowerCommand* wings


cdef class PowerUnitDriver(UartSensorDriver):
    cdef PowerUnitReading* reading       # record `NAME`
    cdef PowerCommand* wings             # record `NAME.wings`
    cdef WingContext context
