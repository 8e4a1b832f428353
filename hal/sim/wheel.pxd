"""SimWheel: one wheel's motor, gear and drive, a CANopen node with the CiA 402 profile."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from hal.core.random cimport RandomStream
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport CanFarEnd, Line, LinePoint
from hal.sim.faults cimport FaultPoint, FaultState, ValueFault


cdef struct WheelBody:                   # record `rover.wheel`: the wheel itself, shared with whoever computes the ground
    double rate_rad_s                    # of the wheel
    double angle_rad
    double load_torque_n_m               # on the wheel's axle, against positive rotation; written by the ground's model
    double drive_torque_n_m              # what the motor gives to the axle

cdef struct SimWheelState:               # record `device.rover.wheel`
    double motor_rad_s
    double counts                        # encoder, increments since start
    double demand_rad_s                  # ramped target, of the motor
    double integral_n_m
    double torque_n_m                    # of the motor, as its current says
    double held_rad_s                    # what a fault keeps
    int64_t boot_tick                    # when the boot-up message is due
    int64_t heard_tick                   # last receive process data
    int64_t overload_ticks               # in a row with current at its limit
    int64_t count_origin                 # encoder's zero, set at each start
    uint32_t target                      # object 60FFh
    uint32_t acceleration                # object 6083h
    uint32_t deceleration                # object 6084h
    uint16_t controlword                 # object 6040h
    uint16_t error_code                  # object 603Fh
    uint16_t heartbeat_ms                # object 1017h
    uint16_t motion_ms                   # object 1800h:05
    uint16_t load_ms                     # object 1801h:05
    uint16_t deadline_ms                 # object 1400h:05
    uint8_t node_state                   # 0 starting, 4 stopped, 5 operational, 127 pre-operational
    uint8_t drive_state                  # of CiA 402
    uint8_t mode                         # object 6060h
    uint8_t pad

cdef struct SimWheelContext:
    WheelBody* body
    SimWheelState* state
    double* targets                      # HISTORY of them, for a delay
    Line* line
    FaultState* part
    RandomStream* part_random
    ValueFault value
    uint32_t node
    double tick_s
    double follow                        # share of the speed error made good in one tick


cdef class SimWheel:
    cdef readonly str name
    cdef readonly LinePoint line
    cdef readonly FaultPoint value       # encoder's rate
    cdef readonly FaultPoint part        # motor and gear
    cdef readonly SlotCode slot          # every tick, after the far end
    cdef CanFarEnd can
    cdef SimWheelContext context
