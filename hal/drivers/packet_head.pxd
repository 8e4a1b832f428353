"""PacketHeadDriver: what the driver of every head on SpaceWire does alike: check and count its packets, ask it by number."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode, slot_function
from hal.drivers.common cimport ReadingHead, Watch

cdef enum:
    HEAD_RESTARTED = 8                   # bit of a packet's status


cdef struct PacketHead:                  # wiring: how the context of each begins
    Ring* to_flight
    Ring* to_device
    ReadingHead* reading                 # by what all readings begin with
    Watch* watch
    int64_t timeout_ticks
    int64_t repeat_ticks                 # of a request, one second


# A packet whose form is good: True when its check is too, else refused.
cdef bint head_checked(PacketHead* h, const uint8_t* p, uint32_t length) noexcept nogil
# Its counter and restart bit: an error for the reading, or -1 and refused.
cdef int head_counter(PacketHead* h, const uint8_t* p) noexcept nogil
# Put kind and number before a request that stands at packet + 6, the check behind it, and send; `octets` with the check.
cdef void head_ask(PacketHead* h, int64_t tick, uint8_t* packet, uint32_t octets, uint32_t number) noexcept nogil


cdef class PacketHeadDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly Bus bus
    cdef readonly SlotCode read_slot     # every tick, before the applications
    cdef readonly SlotCode write_slot    # every tick, after them

    cdef void wire(self, Arena arena, Bus bus, str name, PacketHead* head, void* reading, Watch* watch, slot_function read,
                   slot_function write, double tick_s, double timeout_s) except *
