"""Far ends: the devices' side of a bus. A line is what lies between one device and its bus, or between a bus and flight, with its faults."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.random cimport RandomStream
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.sim.faults cimport FaultPoint, FaultState

cdef enum Medium:
    MEDIUM_UART = 0
    MEDIUM_CAN = 1
    MEDIUM_SPACEWIRE = 2

# A frame that a CAN device listens to. `data` is its own copy when a fault may have touched it.
ctypedef void (*frame_function)(void* context, int64_t tick, uint32_t id, const uint8_t* data, uint32_t length) noexcept nogil


cdef struct LineState:                 # a record
    uint64_t sent                      # units that went out towards flight
    uint64_t lost                      # units that a fault swallowed, both ways
    uint64_t damaged                   # units that a fault changed, both ways
    uint32_t last_id                   # of the unit that "frozen" repeats
    uint32_t last_length

cdef struct Line:                      # wiring
    FaultState* fault
    RandomStream* random
    LineState* state
    uint8_t* last
    uint8_t* scratch                   # transient
    Line* next                         # the bus behind a device's own line, or NULL
    Ring* out
    Ring delayed
    int medium
    uint32_t unit_octets


cdef void line_send(Line* line, int64_t tick, uint32_t id, const uint8_t* data, uint32_t length) noexcept nogil
cdef bint line_receive(Line* line, int64_t tick, uint8_t* data, uint32_t* length) noexcept nogil     # False: the unit is lost
cdef bint line_tend(Line* line, int64_t tick) noexcept nogil           # once a tick: True when the device must restart now
cdef void* record_of(Arena arena, str name, size_t size) except NULL   # a record that someone else has taken


cdef class LinePoint:
    cdef readonly FaultPoint point
    cdef readonly str kind
    cdef Line line
    cdef LinePoint behind


cdef struct Listener:
    frame_function function
    void* context
    Line* line
    int next                           # the next listener to the same identifier, or -1

cdef struct CanFarEndState:            # a record
    uint64_t received
    uint64_t unheard                   # frames that no device listens to

cdef struct CanFarEndContext:
    Ring* to_device
    Line* line
    CanFarEndState* state
    Ring* outside_in                   # what real devices on the same bus say, or NULL
    Ring* outside_out
    int first[2048]                    # identifier -> listener, or -1
    Listener listeners[96]


cdef class CanFarEnd:
    cdef readonly Bus bus
    cdef readonly LinePoint bus_line
    cdef readonly SlotCode slot        # before the devices' own slots
    cdef Bus outside
    cdef list owners
    cdef int used
    cdef CanFarEndContext context

    cdef void listen(self, uint32_t identifier, frame_function function, void* context, LinePoint line, object owner) except *


cdef struct FarEndContext:
    Line* line
    Ring* to_device
    Ring* from_device
    Ring* for_device


cdef class FarEnd:
    cdef readonly Bus bus
    cdef readonly LinePoint bus_line
    cdef readonly SlotCode slot
    cdef Bus device_side
    cdef FarEndContext context
