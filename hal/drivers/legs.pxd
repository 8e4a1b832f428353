"""LegsDriver: the frames of the leg-contact terminal become a LegsReading."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.core.arena cimport Arena
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.drivers.can_controller cimport CanController
from hal.drivers.common cimport Watch
from hal.legs cimport LegsReading


cdef struct LegsState:                   # record `NAME.driver`
    Watch watch
    uint32_t presses                     # the terminal's 16-bit counter, as last seen
    uint32_t pad

cdef struct LegsContext:
    Ring* mailbox
    LegsReading* reading
    LegsState* state
    int64_t timeout_ticks


cdef class LegsDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly CanController can
    cdef readonly SlotCode read_slot     # after the controller's slot
    cdef LegsReading* reading            # record `NAME`
    cdef LegsContext context
