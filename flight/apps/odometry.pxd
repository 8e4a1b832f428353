"""Odometry: where the rover believes that it is, from its wheels and its inertial unit alone. The record `odometry`, every tick."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from flight.ports cimport SamplingPort
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.imu cimport ImuReading
from hal.steering cimport SteeringReading
from hal.wheel cimport WheelReading


cdef struct OdometryPath:               # record `odometry.path`, written by mobility
    double ratio[6]                     # speed of each wheel to that of the rover, with its sign
    uint8_t pulling[6]                  # wheels whose rate says something about the rover's
    uint8_t spot                        # turning on the spot: the rover does not move on
    uint8_t firm                        # on rails: no slip

cdef struct OdometryRecord:
    double position_m[3]
    double heading_rad                  # of body x, from x towards y
    double tilt_rad
    double pitch_rad                    # nose up
    double roll_rad                     # left side up
    double slip                         # mean of the wheels that pull, estimated from their torque
    double speed_m_s                    # along body x
    double distance_m                   # ever
    double energy_j                     # of the drives, ever
    double power_w
    double traction_n                   # of all wheels, from their torque
    double pull_n[6]                    # of each wheel, forward
    double up[3]                        # the local vertical, body frame
    int64_t felt_tick                   # last good sample of the inertial unit
    uint32_t sequence                   # of that sample
    uint8_t started                     # `up` holds something
    uint8_t inertial                    # the inertial unit is heard and believed
    uint8_t pad[2]

cdef struct OdometryContext:
    ImuReading* imu
    const WheelReading* wheel[6]
    const SteeringReading* steering[4]
    OdometryPath* path
    OdometryRecord* record
    SamplingPort port
    double tick_s
    double gravity_m_s2
    double load_n                       # a sixth of the weight
    double radius_m
    double moon_rad_s
    double friction_n_m
    double viscous_n_m_s
    double volt_s                       # motor's voltage to the wheel's rate
    double wheel_ohm
    double steering_ohm
    double electronics_w
    double follow                       # share of a new value that a filter of 1 s takes in one tick
    int64_t patience_ticks


cdef class Odometry:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly tuple wired           # the objects whose memory the context points into
    cdef OdometryContext context
