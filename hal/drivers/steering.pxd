"""SteeringDriver: a SteeringCommand becomes CANopen traffic to a CiA 402 drive, its process data a SteeringReading."""

from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.drivers.can_controller cimport CanController
from hal.drivers.canopen_drive cimport Drive, DriveState
from hal.steering cimport SteeringCommand, SteeringReading


cdef struct SteeringWiring:
    SteeringReading* reading
    SteeringCommand* command
    DriveState* state


cdef class SteeringDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly CanController can
    cdef readonly SlotCode read_slot     # after the controller's slot
    cdef readonly SlotCode write_slot    # after the applications
    cdef SteeringReading* reading           # record `NAME`
    cdef SteeringCommand* command           # record `NAME.command`
    cdef Drive drive
    cdef SteeringWiring wiring
