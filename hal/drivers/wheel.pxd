"""WheelDriver: a WheelCommand becomes CANopen traffic to a CiA 402 drive, its process data a WheelReading."""

from hal.drivers.canopen_drive cimport CanopenDriver
from hal.wheel cimport WheelCommand, WheelReading


cdef class WheelDriver(CanopenDriver):
    cdef WheelReading* reading         # record `NAME`
    cdef WheelCommand* command         # record `NAME.command`
