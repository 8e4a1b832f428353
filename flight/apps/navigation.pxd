"""Navigation: where the lander believes it is, from the IMU and the altimeter alone. The record and sampling port `nav`, 100 Hz."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.ports cimport AppPorts, SamplingPort
from hal.altimeter cimport AltimeterReading
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.imu cimport ImuReading

cpdef enum:
    DEGRADED_ALTIMETER = 1              # no shot used for a second: altitude is inertial, its sigma grows
    DEGRADED_IMU = 2                    # samples are being bridged
    DEGRADED_STATE = 4                  # no state vector was ever uploaded
    DEGRADED_ALTITUDE = 8               # the estimate lies below the ground by more than its own sigma allows


cdef struct NavigationSolution:
    double position_m[3]                # site frame, of the centre of mass; inertial in all three axes
    double velocity_m_s[3]              # site frame, relative to the rotating Moon; the vertical is corrected by the altimeter
    double quaternion_site_from_body[4]
    double rate_rad_s[3]                # body frame, relative to inertial space
    double specific_force_m_s2[3]       # body frame
    double up[3]                        # local vertical, site frame
    double altitude_m                   # of the footpad plane above the terrain under the lander
    double vertical_speed_m_s           # along the local vertical, up positive
    double sigma_altitude_m
    double sigma_vertical_speed_m_s
    double range_altitude_m             # what the last shot alone says of the altitude, believed or not
    int64_t range_tick                  # when it was fired; -1: never
    uint32_t altimeter_used             # shots the filter took
    uint32_t altimeter_rejected         # shots it did not believe
    uint32_t imu_bridged                # cycles without a usable sample
    uint8_t degraded                    # 1: it lacks a sensor or a state vector, now or within the last second
    uint8_t causes                      # what it lacks now: DEGRADED_*
    uint8_t pad[2]

cdef struct NavigationFilter:           # the record `nav.filter`
    double covariance[6]                # of (altitude, vertical speed, accelerometer bias): 00 01 02 11 12 22
    double accelerometer_bias_m_s2      # along the local vertical
    double gyro_bias_rad_s[3]           # uploaded; nothing on board observes it
    double held_rate_rad_s[3]           # the last usable sample
    double held_force_m_s2[3]
    double last_range_m
    double last_innovation_m
    double scatter_m2                   # half the mean square of the steps from innovation to innovation
    double streak_low_m                 # least and greatest innovation of the shots rejected in a row
    double streak_high_m
    int64_t used_tick                   # when a shot was last used
    uint32_t imu_sequence               # of the last sample used
    uint32_t altimeter_sequence         # of the last shot looked at
    uint32_t streak                     # shots rejected in a row, of one mind
    uint32_t bridged_in_a_row
    uint32_t repeats                    # shots in a row with the very same range, while moving
    uint32_t healthy_ticks
    uint16_t jumps                      # of the last sixteen shots, which jumped
    uint8_t started
    uint8_t loaded
    uint8_t reported                    # what the last event said of `degraded`
    uint8_t pad[3]

cdef struct NavigationContext:
    ImuReading* imu
    AltimeterReading* altimeter
    NavigationSolution* solution
    NavigationFilter* filter
    SamplingPort port
    AppPorts* ports
    double tick_s
    uint16_t event_degraded
    uint16_t event_recovered
    uint16_t event_restarted


cdef class Navigation:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly tuple wired           # the objects whose memory the context points into
    cdef NavigationSolution* solution
    cdef NavigationContext context

    cdef void _trust(self, double altitude_m, double speed_m_s, double bias_m_s2) noexcept
