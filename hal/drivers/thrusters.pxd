"""ThrustersDriver: a ThrusterCommand becomes one frame for each of four valve-drive units, their status a ThrusterReading."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.core.arena cimport Arena
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.drivers.can_controller cimport CanController
from hal.drivers.common cimport Watch
from hal.thrusters cimport ThrusterCommand, ThrusterReading


cdef struct ThrustersState:              # record `NAME.driver`
    Watch watch                          # of the four together
    int64_t unit_tick[4]                 # of each unit's last good status
    uint32_t unit_counter[4]
    uint32_t unit_rejected[4]
    uint8_t unit_counted[4]
    uint8_t unit_restarting[4]
    uint8_t unit_open[4]                 # valves open in the last cycle
    uint8_t unit_error[4]
    uint32_t sequence                    # of commands sent
    uint32_t pad

cdef struct ThrustersContext:
    Ring* mailbox
    Ring* to_device
    ThrusterReading* reading
    ThrusterCommand* command
    ThrustersState* state
    int64_t timeout_ticks


cdef class ThrustersDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly CanController can
    cdef readonly SlotCode read_slot     # after the controller's slot
    cdef readonly SlotCode write_slot    # after the applications
    cdef ThrusterReading* reading        # record `NAME`
    cdef ThrusterCommand* command        # record `NAME.command`
    cdef ThrustersContext context
