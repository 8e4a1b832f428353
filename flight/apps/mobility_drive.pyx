# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (pointers to single records; divisors are constants, or checked where they are set)
"""The law of a drive. A line is followed with a curvature that answers the heading's error and the distance beside it, in metres of way;
speed ramps up, and down before the goal."""

from libc.math cimport cos, fabs, fmin, sin
from libc.stdint cimport uint8_t
from libc.string cimport memset

from flight.apps.mobility_state cimport (
    MANOEUVRE_ARC, MANOEUVRE_DRIVE_OFF, MANOEUVRE_SPIN, MOBILITY_MOVING, MOBILITY_STEERING, MOBILITY_STOPPED, MOBILITY_STOPPING,
    STOP_CURRENT, STOP_INERTIAL, STOP_NONE, STOP_SLIP, STOP_STEERING, STOP_TILT, STOP_TIME, STOP_WHEELS, MobilityRecord,
)
from flight.apps.rover_kinematics cimport Stance, stand_for_circle, stand_for_turn
from flight.apps.wheel_watch cimport WHEEL_DRIVING, WHEEL_POWERLESS, WHEEL_SILENT, mean_current_a, wheel_well, wheels_driving
from flight.ports cimport event_raise
from hal.reading cimport STALE, NEVER

cdef double GROWTH_M_S2 = 0.02               # of speed
cdef double NEAR_1_S = 0.4                   # speed near the goal, by the distance to it
cdef double SLOWEST_M_S = 0.008
cdef double RIM_M_S = 0.03                   # of the outer wheels, on the spot
cdef double DRIVE_OFF_M_S = 0.03
cdef double ARM_M = 0.762                    # of the outer wheels
cdef double TURNED_RAD = 0.012
cdef double HEADING_1_M = 1.2                # curvature for a radian of heading error
cdef double BESIDE_1_M2 = 0.4                # curvature for a metre beside the line
cdef double CORRECTION_1_M = 0.3
cdef double GEAR_STEP_RAD = 0.004            # a new angle is sent when it differs by so much: a gear at rest takes little
cdef double GEAR_NEAR_RAD = 0.02
cdef double GEAR_OFF_RAD = 0.15
cdef double RATE_NEAR_RAD_S = 0.02
cdef double TILT_S = 0.5                     # how long a limit must be exceeded
cdef double CURRENT_S = 1.5
cdef double SLIP_S = 4.0
cdef double STEERING_S = 2.0
cdef double INERTIAL_S = 0.5
cdef double FASTEST_RAD_S = 0.5


cdef void progress(MobilityContext* c) noexcept nogil:
    cdef MobilityRecord* r = c.record
    cdef double way = c.odometry.distance_m - r.before_m, turned = wrapped(c.odometry.heading_rad - r.before_rad)
    r.before_m, r.before_rad = c.odometry.distance_m, c.odometry.heading_rad
    if r.spot:
        r.turn_rad -= turned
        if fabs(r.turn_rad) < TURNED_RAD:
            r.turn_rad = 0.0
        return
    r.done_m += way
    r.remaining_m = r.remaining_m - way if r.remaining_m > way else 0.0
    if r.phase == MOBILITY_MOVING:
        r.slip_sum += c.odometry.slip
        r.slip_count += 1


cdef int exceeded(MobilityContext* c, int64_t tick, double tilt_limit_rad, double* value) noexcept nogil:
    """The first limit that is exceeded, and by what."""
    cdef MobilityRecord* r = c.record
    cdef double hertz = c.wheels.cycles_s, off = 0.0, current = mean_current_a(&c.wheels)
    cdef int i
    for i in range(4):
        if c.steering[i].validity == NEVER or c.steering[i].validity == STALE:
            off = GEAR_OFF_RAD + 1.0
        elif fabs(c.steering[i].angle_rad - c.steer[i].angle_rad) > off:
            off = fabs(c.steering[i].angle_rad - c.steer[i].angle_rad)
    if count_cycle(&r.inertial_cycles, not c.odometry.inertial, INERTIAL_S * hertz):
        return STOP_INERTIAL
    value[0] = c.odometry.tilt_rad
    if count_cycle(&r.tilt_cycles, not c.odometry.tilt_rad <= tilt_limit_rad, TILT_S * hertz):
        return STOP_TILT
    value[0] = current
    if count_cycle(&r.current_cycles, current > r.current_limit_a, CURRENT_S * hertz):
        return STOP_CURRENT
    value[0] = c.odometry.slip
    if count_cycle(&r.slip_cycles, not r.spot and c.odometry.slip > r.slip_limit, SLIP_S * hertz):
        return STOP_SLIP
    value[0] = off
    if count_cycle(&r.steering_cycles, off > GEAR_OFF_RAD, STEERING_S * hertz):
        return STOP_STEERING
    value[0] = wheels_driving(&c.wheels)
    if value[0] < r.least_wheels:
        return STOP_WHEELS
    value[0] = (tick - r.begun_tick) * c.tick_s
    return STOP_TIME if value[0] > r.limit_s and r.manoeuvre != MANOEUVRE_SPIN else STOP_NONE


cdef double held_curvature_1_m(MobilityContext* c) noexcept nogil:
    """Back to the line."""
    cdef MobilityRecord* r = c.record
    cdef double x = c.odometry.position_m[0] - r.line_m[0], y = c.odometry.position_m[1] - r.line_m[1]
    cdef double beside = cos(r.line_rad) * y - sin(r.line_rad) * x, error = wrapped(c.odometry.heading_rad - r.line_rad)
    cdef double curvature = -BESIDE_1_M2 * beside - (-HEADING_1_M if r.backward else HEADING_1_M) * error
    return CORRECTION_1_M if curvature > CORRECTION_1_M else -CORRECTION_1_M if curvature < -CORRECTION_1_M else curvature


cdef void lead(MobilityContext* c) noexcept nogil:
    cdef MobilityRecord* r = c.record
    cdef double wanted = 0.0, step = GROWTH_M_S2 * c.cycle_s
    if r.phase == MOBILITY_STEERING or r.phase == MOBILITY_MOVING:
        r.curvature_1_m = r.asked_1_m if r.manoeuvre == MANOEUVRE_ARC else 0.0 if r.manoeuvre == MANOEUVRE_SPIN else held_curvature_1_m(c)
    if r.phase != MOBILITY_MOVING:
        r.speed_m_s = 0.0
        return
    if r.manoeuvre == MANOEUVRE_SPIN:
        r.speed_m_s = r.asked_rad_s * c.radius_m
        return
    if r.spot:
        wanted = fmin(RIM_M_S, NEAR_1_S * fabs(r.turn_rad) * ARM_M)
    else:
        wanted = fmin(fmin(r.cruise_m_s, DRIVE_OFF_M_S) if r.manoeuvre == MANOEUVRE_DRIVE_OFF else r.cruise_m_s, NEAR_1_S * r.remaining_m)
    wanted = wanted if wanted > SLOWEST_M_S else SLOWEST_M_S
    if (r.spot and r.turn_rad < 0.0) or (not r.spot and r.backward):
        wanted = -wanted
    r.speed_m_s = r.speed_m_s + step if wanted > r.speed_m_s + step else r.speed_m_s - step if wanted < r.speed_m_s - step else wanted


cdef void command_drives(MobilityContext* c) noexcept nogil:
    """Rates and angles of the stance; a wheel that is left out, or lost, is not enabled."""
    cdef MobilityRecord* r = c.record
    cdef Stance stance
    cdef bint steering = r.phase == MOBILITY_STEERING or r.phase == MOBILITY_MOVING
    cdef bint enabled = steering or r.phase == MOBILITY_STOPPING or r.holding
    cdef double rate, angle, scale = r.speed_m_s / c.radius_m
    cdef int i
    if r.spot:
        stand_for_turn(&c.chassis, &stance)
        scale /= ARM_M
    else:
        stand_for_circle(&c.chassis, r.curvature_1_m, &stance)
    c.path.spot, c.path.firm = r.spot, r.manoeuvre == MANOEUVRE_DRIVE_OFF
    for i in range(6):
        rate = scale * stance.ratio[i]
        rate = FASTEST_RAD_S if rate > FASTEST_RAD_S else -FASTEST_RAD_S if rate < -FASTEST_RAD_S else rate
        c.wheels.command[i].enabled = enabled and (r.wheel_state[i] <= WHEEL_DRIVING or r.wheel_state[i] == WHEEL_POWERLESS)
        c.wheels.command[i].rate_rad_s = rate if r.phase == MOBILITY_MOVING else 0.0
        c.path.ratio[i] = stance.ratio[i]
        c.path.pulling[i] = r.wheel_state[i] == WHEEL_DRIVING
    for i in range(4):
        angle = stance.angle_rad[i]
        c.steer[i].enabled = steering
        if steering and fabs(angle - c.steer[i].angle_rad) > (GEAR_STEP_RAD if r.phase == MOBILITY_MOVING else 1e-6):
            c.steer[i].angle_rad = angle


cdef bint gears_settled(MobilityContext* c) noexcept nogil:
    """Every steering gear stands where it was told; on the first cycle they have not been told yet."""
    cdef int i
    for i in range(4):
        if (not c.steering[i].operational or c.steering[i].validity == STALE
                or fabs(c.steering[i].angle_rad - c.steer[i].angle_rad) > GEAR_NEAR_RAD):
            c.record.settled_cycles = 0
            return False
    return count_cycle(&c.record.settled_cycles, True, 5.0)


cdef bint wheels_settled(MobilityContext* c, double rate_rad_s) noexcept nogil:
    """The wheels that drive, and those that could, have had the rate for a few cycles."""
    cdef bint all = True
    cdef int i, n = 0
    for i in range(6):
        if c.record.wheel_state[i] <= WHEEL_DRIVING and wheel_well(c.wheels.reading[i]):
            all = all and fabs(c.wheels.reading[i].rate_rad_s - rate_rad_s) < RATE_NEAR_RAD_S
            n += 1
    return count_cycle(&c.record.settled_cycles, all and n > 0, 5.0)


cdef void tell_lost_wheels(MobilityContext* c, int64_t tick) noexcept nogil:
    cdef MobilityRecord* r = c.record
    cdef double values[2]
    cdef int i
    for i in range(6):
        if r.wheel_state[i] >= WHEEL_SILENT and c.wheels.watch.told[i] != r.wheel_state[i]:
            values[0], values[1] = i, r.wheel_state[i]
            event_raise(c.ports, tick, c.event_wheel_lost, 2, values)
        if r.wheel_state[i] != WHEEL_DRIVING or c.wheels.watch.told[i] == WHEEL_POWERLESS:
            c.wheels.watch.told[i] = r.wheel_state[i]
