"""SimMechanism: the rover's hold-downs and the two rails that swing down from the deck, and the unit that moves them, on CAN."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.core.random cimport RandomStream
from hal.sim.can_unit cimport SimCanUnit
from hal.sim.far_end cimport Line
from hal.sim.faults cimport FaultState, ValueFault
from hal.sim.rover_body cimport RampBody


cdef struct SimMechanismState:           # record `device.lander.mechanism`
    double commanded                     # extension asked for
    double rate_1_s                      # of the extension, now
    double held                          # command or rate that a fault keeps
    double current_a
    int64_t heard_tick                   # last good command
    int64_t overload_ticks               # in a row with the motor's current at its limit
    int64_t heat_ticks                   # that the hold-downs' wires have been heated
    uint32_t counter
    uint32_t refused                     # commands that failed their check
    uint8_t armed
    uint8_t release
    uint8_t timed_out
    uint8_t tripped                      # motor off after an overload, until disarmed
    uint8_t echo                         # sequence of the last good command
    uint8_t fresh
    uint8_t pad[2]

cdef struct SimMechanismContext:
    RampBody* ramp
    SimMechanismState* state
    double* commands                     # HISTORY of them, for a delay
    Line* line
    FaultState* part
    RandomStream* part_random
    ValueFault value
    double tick_s
    int64_t timeout_ticks
    int64_t period_ticks                 # of the status, 0.1 s


cdef class SimMechanism(SimCanUnit):
    # its value: extension; its part: motor, hinges, hold-downs; its slot: every tick, after the far end and before physics
    cdef SimMechanismContext context
