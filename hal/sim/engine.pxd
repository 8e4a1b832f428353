"""SimEngine: the main engine and its valve-drive unit, on CAN."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.core.random cimport RandomStream
from hal.sim.can_unit cimport SimCanUnit
from hal.sim.far_end cimport Line
from hal.sim.faults cimport FaultState, ValueFault
from hal.sim.lander_body cimport LanderActuation, LanderBody


cdef struct SimEngineState:              # record `device.lander.engine`
    double commanded                     # of full thrust
    double throttle                      # pintle, of full thrust: follows with a lag
    double held                          # throttle or command that a fault keeps
    double on_time_s
    double thrust_factor                 # of this engine against its table, and its specific impulse likewise: 1, or drawn
    double isp_factor
    int64_t heard_tick                   # last good command
    uint32_t counter
    uint32_t hours_counter
    uint32_t starts
    uint32_t refused                     # commands that failed their check
    uint8_t armed
    uint8_t timed_out
    uint8_t open                         # valves
    uint8_t echo                         # sequence of the last good command
    uint8_t fresh
    uint8_t pad[3]

cdef struct SimEngineContext:
    const LanderBody* body
    LanderActuation* actuation
    SimEngineState* state
    double* commands                     # HISTORY of them, for a delay
    Line* line
    FaultState* part
    RandomStream* part_random
    ValueFault value
    double tick_s
    double lag                           # share of the way to the target in one tick
    double tail                          # share of thrust that is left after one tick of closed valves
    int64_t timeout_ticks


cdef class SimEngine(SimCanUnit):
    # its value: chamber pressure; its part: valves, pintle, nozzle; its slot: every tick, after the far end and before physics
    cdef SimEngineContext context
