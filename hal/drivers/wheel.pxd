"""WheelDriver: a WheelCommand becomes CANopen traffic to a CiA 402 drive, its process data a WheelReading."""

from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.drivers.can_controller cimport CanController
from hal.drivers.canopen_drive cimport Drive, DriveState
from hal.wheel cimport WheelCommand, WheelReading


cdef struct WheelWiring:
    WheelReading* reading
    WheelCommand* command
    DriveState* state


cdef class WheelDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly CanController can
    cdef readonly SlotCode read_slot     # after the controller's slot
    cdef readonly SlotCode write_slot    # after the applications
    cdef WheelReading* reading           # record `NAME`
    cdef WheelCommand* command           # record `NAME.command`
    cdef Drive drive
    cdef WheelWiring wiring
