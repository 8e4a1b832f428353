"""Sensors on a bus of their own: what the far end of each does alike: tend its lines, obey the power frame, count, mark its restarts."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.random cimport RandomSource, RandomStream
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport Line, LinePoint
from hal.sim.faults cimport FaultPoint, ValueFault


cdef struct HeadState:                   # how the record `device.NAME` of every sensor begins
    uint32_t counter                     # of the next unit
    uint8_t on
    uint8_t fresh                        # units still to be marked as after a restart
    uint8_t pad[2]

cdef struct Head:                        # wiring: how every sensor's context begins
    HeadState* state
    RandomStream* random
    Ring* to_device
    Line* bus
    Line* line
    ValueFault value
    int64_t period_ticks
    int64_t phase_ticks                  # which of the period's ticks is the sensor's
    uint8_t fresh_units                  # marked after each restart


cdef bint head_tend(Head* h, int64_t tick) noexcept nogil              # every tick: True when the device has just lost its state
cdef bint head_due(Head* h, int64_t tick) noexcept nogil               # a UART sensor's every tick: True when it is on and its turn has come
cdef void head_send(Head* h, int64_t tick, uint8_t* frame, uint8_t kind, uint8_t payload_octets, int status) noexcept nogil
# A SpaceWire head's next good request of so many octets; False: there is none left.
cdef bint head_asked(Head* h, int64_t tick, uint8_t* request, uint32_t octets) noexcept nogil
# A SpaceWire head's packet, whose own octets stand at packet + 8: put kind, status, counter and request before them, the check behind
# them, and send; `octets` without the check.
cdef void head_answer(Head* h, int64_t tick, uint8_t* packet, uint32_t octets, uint8_t kind, int status, uint32_t request) noexcept nogil


cdef class SimSensor:
    cdef readonly str name
    cdef readonly RandomSource random
    cdef readonly LinePoint bus_line
    cdef readonly LinePoint line
    cdef readonly FaultPoint value
    cdef readonly SlotCode slot          # every tick, after physics
    cdef Bus bus
    cdef Arena arena
    cdef Head* head

    cdef void wire(self, Arena arena, Bus bus, str name, str bus_name, Head* head, double rate_hz, double tick_s,
                   uint8_t fresh_units) except *
    cdef void start(self, HeadState* state) except *                   # its record has been taken: the power-on state
