"""SimWheel: one wheel's motor, gear and drive, a CANopen node with the CiA 402 profile."""

from libc.stdint cimport int64_t, uint32_t

from hal.core.random cimport RandomStream
from hal.sim.can_unit cimport SimCanUnit
from hal.sim.drive_node cimport DriveNode, DriveNodeState
from hal.sim.faults cimport FaultState, ValueFault
from hal.sim.rover_body cimport RoverActuation, RoverBody


cdef struct SimWheelState:               # record `device.rover.wheel.N`
    DriveNodeState node
    double demand_rad_s                  # ramped target, of the motor
    double integral_n_m
    double torque_n_m                    # of the motor, as its current says
    double held_rad_s                    # what a fault keeps
    int64_t overload_ticks               # in a row with current at its limit
    int64_t count_origin                 # encoder's zero, set at each start

cdef struct SimWheelContext:
    const RoverBody* body
    RoverActuation* actuation
    SimWheelState* state
    DriveNode drive
    double* targets                      # HISTORY of them, for a delay
    FaultState* part
    RandomStream* part_random
    ValueFault value
    int index                            # of the wheel
    double tick_s
    double follow                        # share of the speed error made good in one tick


cdef class SimWheel(SimCanUnit):
    # its value: encoder's rate; its part: motor and gear; its slot: every tick, after the far end, before physics
    cdef SimWheelContext context
