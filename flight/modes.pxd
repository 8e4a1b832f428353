"""Mode manager: the one writer of a computer's mode."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.ports cimport AppPorts, ModeState
from hal.core.slot cimport SlotCode

cdef enum:
    MAX_MODES = 16
    MAX_APPS = 16

cdef struct ModeContext:
    ModeState* state
    AppPorts* apps[16]
    int app_count
    AppPorts* own
    uint32_t edges[16]              # bit t of row f: the change from mode f to mode t is allowed
    int modes
    uint8_t initial                 # as after a boot
    uint16_t event_changed
    uint16_t event_refused


cdef class ModeManager:
    cdef readonly SlotCode slot
    cdef ModeContext c
    cdef object keep
