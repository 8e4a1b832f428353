"""SimLegs: the remote terminal that reads the switches of the four footpads, on CAN."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.sim.can_unit cimport SimCanUnit
from hal.sim.far_end cimport Line
from hal.sim.faults cimport ValueFault
from hal.sim.lander_body cimport LanderBody


cdef struct SimLegsState:                # record `device.lander.legs`
    uint32_t counter
    uint32_t presses
    uint8_t pressed[4]
    uint8_t fresh
    uint8_t pad[3]

cdef struct SimLegsContext:
    const LanderBody* body
    SimLegsState* state
    Line* line
    ValueFault value


cdef class SimLegs(SimCanUnit):
    # its value: the four switches; its slot: every tick, after physics
    cdef SimLegsContext context
