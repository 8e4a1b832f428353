"""MechanismDriver: a MechanismCommand becomes frames to the release mechanism's unit, its status a MechanismReading."""

from libc.stdint cimport uint8_t, uint32_t

from hal.core.slot cimport SlotCode
from hal.drivers.can_unit cimport CanUnitDriver
from hal.drivers.common cimport Watch
from hal.mechanism cimport MechanismCommand, MechanismReading


cdef struct MechanismState:              # record `NAME.driver`
    Watch watch
    uint32_t sequence                    # of commands sent
    uint32_t disarmed_by_itself          # the unit's time-out has acted: times seen
    uint8_t timed_out
    uint8_t pad[7]


cdef class MechanismDriver(CanUnitDriver):
    cdef readonly SlotCode write_slot    # after the applications
    cdef MechanismReading* reading       # record `NAME`
    cdef MechanismCommand* command       # record `NAME.command`
