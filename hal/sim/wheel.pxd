"""SimWheel: one wheel's motor, gear and drive, a CANopen node with the CiA 402 profile."""

from libc.stdint cimport int64_t, uint32_t

from hal.core.random cimport RandomStream
from hal.core.slot cimport SlotCode
from hal.sim.drive_node cimport DriveNode, DriveNodeState
from hal.sim.far_end cimport CanFarEnd, LinePoint
from hal.sim.faults cimport FaultPoint, FaultState, ValueFault
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


cdef class SimWheel:
    cdef readonly str name
    cdef readonly LinePoint line
    cdef readonly FaultPoint value       # encoder's rate
    cdef readonly FaultPoint part        # motor and gear
    cdef readonly SlotCode slot          # every tick, after the far end, before physics
    cdef CanFarEnd can
    cdef SimWheelContext context
