"""The rover's true state, what its drives do to it in this tick, and the rails it leaves by: what physics and devices share.

Wheels 0 to 5: left front, left middle, left rear, right front, right middle, right rear. Steering 0 to 3: left front, left rear, right
front, right rear. Body frame: x forward, y left, z up, origin at the centre of mass of the whole rover in its rest configuration.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

cdef enum:                               # RoverBody.motion
    ROVER_ABOARD = 0                     # held on the lander's deck: moves with it
    ROVER_FREE = 1                       # hold-downs open: physics moves it
    ROVER_NOWHERE = 2                    # the scenario has no rover body

cdef inline double drive_inertia_kg_m2() noexcept nogil:
    """Inertia of a wheel drive's rotor seen through its gear (5e-6 kg.m2, 1200:1): part of the wheel's spin, whatever the wheel weighs."""
    return 7.2


cdef struct RoverActuation:              # record `rover.actuation`, written by the drives' far ends, read by physics
    double wheel_torque_n_m[6]           # of the motor through its gear on the wheel, held over the tick; positive drives forward
    double wheel_friction_n_m[6]         # of motor and gear: against the motion, and up to so much at rest; not in the torque above
    double steering_angle_rad[4]         # where the steering gears stand
    double drive_power_w[10]             # taken from the supply: wheels 0 to 5, then steering 0 to 3
    uint8_t wheel_locked[6]              # 1: the gear is jammed, the wheel cannot turn
    uint8_t pad[2]

cdef struct RoverBody:                   # record `rover`, written by physics, read by sensors and drives
    double position_m[3]                 # site frame
    double velocity_m_s[3]               # site frame, relative to the rotating Moon
    double quaternion_site_from_body[4]
    double rate_rad_s[3]                 # body frame, relative to inertial space
    double specific_force_m_s2[3]        # body frame, mean over the last tick
    double suspension_rad[4]             # left rocker, right rocker, left bogie, right bogie
    double wheel_rate_rad_s[6]           # positive forward
    double wheel_angle_rad[6]
    double wheel_slip[6]                 # 1 - v / (r w) when driving, -1 to 1
    double wheel_load_n[6]               # normal to the ground
    double wheel_sinkage_m[6]
    double wheel_traction_n[6]           # along the wheel's heading, soil on wheel, resistance taken off
    double tilt_rad                      # of body z from the local vertical
    double distance_m                    # travelled by the origin along the ground, ever
    int64_t free_tick                    # when the hold-downs opened; -1 before
    uint8_t wheel_surface[6]             # 0 none, 1 soil, 2 rock, 3 ramp
    uint8_t motion
    uint8_t outcome                      # 0 upright, 1 tipped over, 2 fallen off the ramp, 3 lost by its model

cdef struct RampBody:                    # record `ramp`, written by the mechanism's far end, read by physics
    double extension                     # 0 stowed to 1 down
    uint8_t released                     # 1: the hold-downs are open
    uint8_t pad[7]

cdef struct RampLoad:                    # record `ramp.load`, written by physics: what rover and wheels do to the lander
    double force_n[3]                    # site frame, mean over the last tick
    double torque_n_m[3]                 # site frame, about the lander's centre of mass
