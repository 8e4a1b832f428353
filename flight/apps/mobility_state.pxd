"""What mobility remembers and what it is wired to: shared by its sequence (mobility) and its law (mobility_drive)."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.apps.odometry cimport OdometryPath, OdometryRecord
from flight.apps.rover_kinematics cimport Chassis
from flight.apps.wheel_watch cimport WheelSet
from flight.ports cimport AppPorts, ModeState, SamplingPort
from hal.steering cimport SteeringCommand, SteeringReading

cdef enum MobilityPhase:               # wire.dictionary.rover_mobility.PHASE
    MOBILITY_STOPPED = 0
    MOBILITY_ASKING = 1
    MOBILITY_STEERING = 2
    MOBILITY_MOVING = 3
    MOBILITY_STOPPING = 4

cdef enum Manoeuvre:                   # MANOEUVRE
    MANOEUVRE_NONE = 0
    MANOEUVRE_DRIVE = 1
    MANOEUVRE_ARC = 2
    MANOEUVRE_TURN = 3
    MANOEUVRE_DRIVE_OFF = 4
    MANOEUVRE_SPIN = 5

cdef enum StopReason:                  # STOP_REASON
    STOP_NONE = 0
    STOP_ARRIVED = 1
    STOP_COMMANDED = 2
    STOP_TILT = 3
    STOP_CURRENT = 4
    STOP_SLIP = 5
    STOP_WHEELS = 6
    STOP_STEERING = 7
    STOP_INERTIAL = 8
    STOP_MODE = 9
    STOP_TIME = 10


cdef struct MobilityRecord:
    double speed_m_s                    # asked of the wheels; on the spot, of their rims
    double curvature_1_m                # steered
    double remaining_m
    double turn_rad                     # still to turn, on the spot
    double cruise_m_s                   # the next five may be set by the ground
    double tilt_limit_rad
    double current_limit_a
    double slip_limit
    double line_m[2]                    # where the line to follow begins
    double line_rad                     # and where it goes
    double asked_1_m                    # curvature of an arc
    double asked_rad_s                  # of a spin
    double before_m                     # odometry's distance when last looked at
    double before_rad                   # and its heading
    double done_m                       # of this manoeuvre
    double slip_sum
    double limit_s                      # for this manoeuvre
    int64_t phase_tick
    int64_t begun_tick
    uint32_t token                      # of the command being carried out
    uint32_t slip_count
    uint16_t faults                     # stops that nobody commanded
    uint16_t tilt_cycles                # in a row beyond each limit
    uint16_t current_cycles
    uint16_t slip_cycles
    uint16_t steering_cycles
    uint16_t inertial_cycles
    uint16_t settled_cycles
    uint8_t phase                       # MOBILITY_*
    uint8_t manoeuvre                   # MANOEUVRE_*
    uint8_t reason                      # STOP_*
    uint8_t wheels_driving
    uint8_t mask
    uint8_t holding
    uint8_t least_wheels
    uint8_t active                      # a command waits for its end
    uint8_t spot                        # the leg under way is a turn on the spot
    uint8_t backward
    uint8_t wheel_state[6]
    uint8_t pad[6]

cdef struct MobilityContext:
    MobilityRecord* record
    OdometryRecord* odometry
    OdometryPath* path
    Chassis chassis
    WheelSet wheels
    const SteeringReading* steering[4]
    SteeringCommand* steer[4]
    ModeState* mode
    SamplingPort port
    AppPorts* ports
    double tick_s
    double radius_m
    double cycle_s
    uint16_t function_drive, function_stop, function_arc, function_turn, function_drive_off, function_resume
    uint16_t function_mask, function_rate, function_pose
    uint16_t event_moving, event_arrived, event_stopped, event_wheel_lost, event_holding
    uint8_t mode_drive
    uint8_t mode_standby
