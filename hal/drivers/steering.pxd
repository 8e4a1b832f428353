"""SteeringDriver: a SteeringCommand becomes CANopen traffic to a CiA 402 drive, its process data a SteeringReading."""

from hal.drivers.canopen_drive cimport CanopenDriver
from hal.steering cimport SteeringCommand, SteeringReading


cdef class SteeringDriver(CanopenDriver):
    cdef SteeringReading* reading      # record `NAME`
    cdef SteeringCommand* command      # record `NAME.command`
