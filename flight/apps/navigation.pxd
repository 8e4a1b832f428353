"""Navigation: where the lander believes it is, from what its drivers say. The record and sampling port `nav`, 100 Hz."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.ports cimport AppPorts, ModeState, SamplingPort
from hal.altimeter cimport AltimeterReading
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.gamma_altimeter cimport GammaAltimeterReading
from hal.imu cimport ImuReading
from hal.radar cimport RadarReading
from hal.star_tracker cimport StarTrackerReading

cpdef enum:
    DEGRADED_ALTIMETER = 1              # no shot used for a second, where there should be: altitude is inertial, its sigma grows
    DEGRADED_IMU = 2                    # samples are being bridged
    DEGRADED_STATE = 4                  # no state vector was ever uploaded
    DEGRADED_ALTITUDE = 8               # the estimate lies below the ground by more than its own sigma allows
    DEGRADED_STAR_TRACKER = 16          # no attitude used for five seconds: attitude is inertial
    DEGRADED_RADAR = 32                 # no beam speed used for a second, where there should be: velocity is inertial
    DEGRADED_GAMMA = 64                 # no gamma height used for a second in the last fifteen metres

cdef enum:                              # places in the error state; the errors are truth less estimate
    STATES = 16
    AT_POSITION = 0                     # site frame
    AT_VELOCITY = 3                     # site frame
    AT_ATTITUDE = 6                     # rotation vector, site frame
    AT_GYRO = 9                         # bias, body frame
    AT_FORCE = 12                       # bias, body frame
    AT_ALTITUDE = 15                    # of the footpads above the terrain; in orbit, above the target's sphere


cdef struct NavigationSolution:
    double position_m[3]                # site frame, of the centre of mass
    double velocity_m_s[3]              # site frame, relative to the rotating Moon
    double quaternion_site_from_body[4]
    double rate_rad_s[3]                # body frame, relative to inertial space
    double specific_force_m_s2[3]       # body frame
    double up[3]                        # local vertical, site frame
    double altitude_m                   # of the footpad plane above the terrain under it, once shots tell of it; before, above the target's sphere
    double vertical_speed_m_s           # along the local vertical, up positive
    double sigma_altitude_m
    double sigma_vertical_speed_m_s
    double sigma_position_m             # root of the sum of the two horizontal variances
    double sigma_velocity_m_s           # likewise
    double sigma_attitude_rad           # root of the sum of the three variances
    double mass_kg                      # as uploaded
    double range_altitude_m             # what the last shot alone says of the altitude, believed or not
    int64_t range_tick                  # when it was fired; -1: never
    double gamma_altitude_m             # what the gamma altimeter last said
    int64_t gamma_tick                  # -1: never
    uint32_t altimeter_used             # shots the filter took
    uint32_t altimeter_rejected         # shots it did not believe
    uint32_t imu_bridged                # cycles without a usable sample
    uint32_t star_tracker_used          # attitudes the filter took
    uint32_t star_tracker_rejected
    uint32_t radar_used                 # beam speeds the filter took
    uint32_t radar_rejected
    uint32_t gamma_used
    uint32_t gamma_rejected
    uint8_t degraded                    # 1: it lacks a sensor or a state vector, now or within the last second
    uint8_t causes                      # what it lacks now: DEGRADED_*
    uint8_t terrain                     # 1: altitude is above the terrain
    uint8_t pad[1]

cdef struct NavigationFilter:           # the record `nav.filter`
    double covariance[256]              # of the error state, row by row
    double accelerometer_bias_m_s2[3]   # body frame
    double gyro_bias_rad_s[3]
    double gained_m_s[3]                # by thrust since the covariance was last carried on, site frame
    double elapsed_s                    # since then
    double acceleration_m_s2[3]         # of the last cycle, site frame
    double held_rate_rad_s[3]           # the last usable sample
    double held_force_m_s2[3]
    double last_range_m
    double last_innovation_m
    double scatter_m2                   # half the mean square of the steps from innovation to innovation
    double streak_low_m                 # least and greatest innovation of the shots rejected in a row
    double streak_high_m
    double last_quaternion[4]           # of the star tracker
    double last_turn_rad[3]             # its last innovation
    double last_speed_m_s[4]            # of the radar's beams
    double last_speed_innovation_m_s[4]
    double speed_scatter                # half the mean square of the steps from innovation to innovation, m2/s2
    double last_gamma_m
    int64_t used_tick                   # when a shot was last used
    int64_t star_tracker_tick           # when each was last used, or could not have been
    int64_t radar_tick
    int64_t gamma_tick
    uint32_t imu_sequence               # of the last sample used
    uint32_t altimeter_sequence         # of the last one looked at
    uint32_t star_tracker_sequence
    uint32_t radar_sequence
    uint32_t gamma_sequence
    uint32_t streak                     # shots rejected in a row, of one mind
    uint32_t star_tracker_streak
    uint32_t radar_streak
    uint32_t bridged_in_a_row
    uint32_t repeats                    # shots in a row with the very same range, while moving
    uint32_t star_tracker_repeats
    uint32_t radar_repeats
    uint32_t gamma_repeats
    uint32_t healthy_ticks
    uint16_t jumps                      # of the last sixteen shots, which jumped
    uint8_t started
    uint8_t loaded
    uint8_t reported                    # causes told since it was last healthy
    uint8_t said                        # what the last event said of `degraded`
    uint8_t settled                     # 1: the horizontal position runs on by velocity alone
    uint8_t pad[1]

cdef struct NavigationContext:
    ImuReading* imu
    AltimeterReading* altimeter
    StarTrackerReading* star_tracker    # NULL where there is none, and so on
    RadarReading* radar
    GammaAltimeterReading* gamma
    NavigationSolution* solution
    NavigationFilter* filter
    SamplingPort port
    AppPorts* ports
    const ModeState* mode               # NULL: not told
    uint8_t mode_landed
    double tick_s
    uint16_t event_degraded
    uint16_t event_recovered
    uint16_t event_restarted
    uint16_t event_realigned


cdef class Navigation:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly tuple wired           # the objects whose memory the context points into
    cdef NavigationSolution* solution
    cdef NavigationContext context
