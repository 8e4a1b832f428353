"""CanUnitDriver: what the driver of every unit on CAN does alike: take its frames, check them, refuse, age."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.core.arena cimport Arena
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.drivers.can_controller cimport CanController
from hal.drivers.common cimport ReadingHead, Watch


# A good frame, put on the bus at `tick`: watch its counter, take its values, accept or refuse.
ctypedef void (*decode_function)(UnitContext* c, uint32_t id, const uint8_t* p, int64_t tick) noexcept nogil


cdef struct UnitContext:
    Ring* mailbox
    Ring* to_device
    ReadingHead* head                    # the reading, by what all readings begin with
    void* command                        # of a driver that has one
    Watch* watch                         # the state, by what all states begin with
    decode_function decode
    int64_t timeout_ticks
    int64_t period_ticks                 # of the command
    uint32_t octets                      # of each of its frames; the last is the check


# A unit's own counter and restart bit: an error for `reading_accept`, or -1 and refused.
cdef int unit_counter(UnitContext* c, uint32_t counter, bint restarted) noexcept nogil


cdef class CanUnitDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly CanController can
    cdef readonly SlotCode read_slot     # after the controller's slot
    cdef UnitContext unit

    cdef void wire(self, Arena arena, CanController can, str name, void* reading, void* state, tuple identifiers, uint32_t octets,
                   decode_function decode, double tick_s, double timeout_s) except *
