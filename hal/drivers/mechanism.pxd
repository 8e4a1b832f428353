"""MechanismDriver: a MechanismCommand becomes frames to the release mechanism's unit, its status a MechanismReading."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.core.arena cimport Arena
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.drivers.can_controller cimport CanController
from hal.drivers.common cimport Watch
from hal.mechanism cimport MechanismCommand, MechanismReading


cdef struct MechanismState:              # record `NAME.driver`
    Watch watch
    uint32_t sequence                    # of commands sent
    uint32_t disarmed_by_itself          # the unit's time-out has acted: times seen
    uint8_t timed_out
    uint8_t pad[7]

cdef struct MechanismContext:
    Ring* mailbox
    Ring* to_device
    MechanismReading* reading
    MechanismCommand* command
    MechanismState* state
    int64_t timeout_ticks
    int64_t period_ticks                 # of the command, 0.1 s


cdef class MechanismDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly CanController can
    cdef readonly SlotCode read_slot     # after the controller's slot
    cdef readonly SlotCode write_slot    # after the applications
    cdef MechanismReading* reading       # record `NAME`
    cdef MechanismCommand* command       # record `NAME.command`
    cdef MechanismContext context
