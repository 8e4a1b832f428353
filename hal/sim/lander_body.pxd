"""The lander's true state, and what its actuators do to it in this tick: the two records that physics and devices share."""

from libc.stdint cimport int64_t, uint8_t, uint32_t


cdef struct LanderActuation:             # record `lander.actuation`, written by the actuators' far ends, read by physics
    double engine_thrust_n               # along body +z
    double engine_flow_kg_s
    double thruster_impulse_n_s[28]      # given in this tick, each along its own direction
    double thruster_flow_kg              # used in this tick, all thrusters

cdef struct LanderBody:                  # record `lander`, written by physics, read by sensors
    double position_m[3]                 # site frame, of the centre of mass
    double velocity_m_s[3]               # site frame, relative to the rotating Moon
    double quaternion_site_from_body[4]  # scalar first
    double rate_rad_s[3]                 # body frame, relative to inertial space
    double specific_force_m_s2[3]        # body frame, mean over the last tick
    double mass_kg
    double propellant_kg
    double altitude_m                    # of the footpad plane above the terrain below
    double range_m                       # along body -z from the altimeter to the terrain; negative when the beam meets none within 31 km
    double speed_m_s
    double tilt_rad                      # of body z from the local vertical
    double pad_force_n[4]                # normal force on each footpad
    double touchdown_vertical_m_s        # at first contact
    double touchdown_horizontal_m_s
    double touchdown_tilt_rad
    int64_t touchdown_tick               # -1 until first contact
    uint8_t pad_contact[4]
    uint8_t outcome                      # 0 flying, 1 landed (at rest), 2 crashed, 3 tipped over, 4 lost by its model
    uint8_t reserved[3]
    uint32_t contacts                    # first contacts of any pad, ever
    double ground_slope_rad              # of the ground within the pads' circle, from the local vertical, at first contact
    double rest_tilt_rad                 # of body z from that ground's normal, since it came to rest
