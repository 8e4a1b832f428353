"""EngineDriver: an EngineCommand becomes frames to the engine's valve-drive unit, its status an EngineReading."""

from libc.stdint cimport uint8_t, uint32_t

from hal.core.slot cimport SlotCode
from hal.drivers.can_unit cimport CanUnitDriver
from hal.drivers.common cimport Watch
from hal.engine cimport EngineCommand, EngineReading


cdef struct EngineState:                 # record `NAME.driver`
    Watch watch
    uint32_t sequence                    # of commands sent
    uint32_t closed_by_itself            # the unit's time-out has acted: times seen
    uint8_t timed_out
    uint8_t pad[7]


cdef class EngineDriver(CanUnitDriver):
    cdef readonly SlotCode write_slot    # after the applications
    cdef EngineReading* reading          # record `NAME`
    cdef EngineCommand* command          # record `NAME.command`
