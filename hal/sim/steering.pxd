"""SimSteering: the motor, gear and drive that turn one corner wheel of the rover, a CANopen node in profile position mode."""

from libc.stdint cimport int64_t, uint32_t

from hal.core.random cimport RandomStream
from hal.sim.can_unit cimport SimCanUnit
from hal.sim.drive_node cimport DriveNode, DriveNodeState
from hal.sim.faults cimport FaultState, ValueFault
from hal.sim.rover_body cimport RoverActuation, RoverBody


cdef struct SimSteeringState:            # record `device.rover.steering.N`
    DriveNodeState node
    double angle_rad                     # where the gear stands
    double rate_rad_s
    double goal_rad                      # the set-point taken over
    double held_rad_s                    # what a fault keeps
    double torque_n_m                    # of the motor, as its current says
    int64_t overload_ticks

cdef struct SimSteeringContext:
    const RoverBody* body
    RoverActuation* actuation
    SimSteeringState* state
    DriveNode drive
    double* goals                        # HISTORY of them, for a delay
    FaultState* part
    RandomStream* part_random
    ValueFault value
    int index
    int wheel                            # on which it stands
    double tick_s


cdef class SimSteering(SimCanUnit):
    # its value: encoder's angle; its part: motor and gear; its slot: every tick, after the far end, before physics
    cdef SimSteeringContext context
