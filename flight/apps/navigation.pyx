# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (numeric kernel on fixed-size C arrays and pointers: every divisor is tested or bounded away from zero where it stands)
"""Navigation: strapdown inertial integration and a three-state Kalman filter on the altimeter.

Inertial part. In the frame that turns with the Moon (Titterton and Weston, Strapdown Inertial Navigation Technology, section 3.5):
    v' = R f + g(r) - 2 W x v - W x (W x r),   q' = q * (w - R^T W) / 2,
with r from the Moon's centre. The IMU averages over each 10 ms, so that one rotation vector a sample and half of it under the force
are enough: coning and sculling corrections would matter at rates and vibrations that this lander does not have.

Vertical channel. States: altitude of the footpads above the terrain, vertical speed, bias of the vertical accelerometer. Process noise:
the accelerometer's, a walk of its bias, and the terrain that passes below at horizontal speed. Measurement: slant range, turned by the
attitude and the altimeter's place. Horizontal position and velocity are inertial alone: nothing on board measures them.

A shot outside the gate is rejected, never the altimeter: when STREAK shots in a row were rejected and agree with one another along the
inertial prediction, the terrain (or our belief) has changed, and the filter starts again from them. Faults C.3 rule R1; SCN-05, SCN-22.
"""

from libc.math cimport fabs, fmax, sqrt
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t
from libc.string cimport memcpy

import math

import numpy as np

from flight.apps.attitude cimport cross, dot, normalise, rotate, rotate_back, turn
from flight.ports cimport AppLinks, event_raise, sampling_make, sampling_publish
from hal.drivers.altimeter cimport AltimeterDriver
from hal.drivers.imu cimport ImuDriver
from hal.reading cimport DEVICE_SEQUENCE, SUSPECT, VALID

from flight import lander_geometry as geometry
from wire.dictionary import LANDER

cdef double GM = geometry.MOON_GM_M3_S2
cdef double SITE_RADIUS_M = geometry.SITE_RADIUS_M
cdef double PAD_Z_M = geometry.PAD_PLANE_Z_M
cdef double[3] MOON_RATE_RAD_S
cdef double[3] ALTIMETER_M
for _i in range(3):
    MOON_RATE_RAD_S[_i] = geometry.MOON_RATE_SITE_RAD_S[_i]
    ALTIMETER_M[_i] = geometry.ALTIMETER_POSITION_M[_i]

cdef double FORCE_LIMIT_M_S2 = 60.0          # plausibility: four times what the engine can do to the empty lander
cdef double RATE_LIMIT_RAD_S = 4.0
cdef unsigned int BRIDGED_TICKS = 2          # more than so many: say so
cdef unsigned int RECOVERY_TICKS = 100       # without a cause before it is called healthy: an intermittent sensor is told once
cdef int64_t SILENCE_TICKS = 100             # without a used shot before the altitude is called inertial

cdef double ACCELERATION_NOISE = 0.003 ** 2  # (m/s2)2 s: white noise of the vertical accelerometer, vibration included
cdef double BIAS_WALK = 2e-5 ** 2            # (m/s2)2 / s
cdef double BRIDGED_NOISE = 0.03 ** 2        # the same while samples are bridged
cdef double TERRAIN_WALK_M = 0.05            # m2 of height variance for each metre flown over the ground
cdef double TERRAIN_SLOPE = 0.08             # rms, under a beam that a tilt carries sideways
cdef double TERRAIN_SIGMA_M = 0.12           # between the foot of the beam and the ground under the pads: no filtering takes it away
cdef double RANGE_SIGMA_M = 0.2
cdef double RANGE_SCALE = 0.001              # of the range
cdef double GATE = 25.0                      # five sigma, squared
cdef unsigned int REPEATS = 2                # identical ranges after the first, while moving: a frozen instrument
cdef double MOVING_M_S = 0.3
cdef unsigned int STREAK = 10
cdef double SCATTER_SHARE = 0.1              # of each shot in the scatter that is followed
cdef double STREAK_SPREAD_M = 3.0            # how far rejected shots may scatter and still be of one mind
cdef double LEAST_COSINE = 0.5               # beyond 60 degrees of tilt the beam says nothing of the ground below

cdef inline double lesser(double a, double b) noexcept nogil:
    return a if a < b else b


cdef inline bint _heard(int32_t validity, int32_t error) noexcept nogil:
    """A gap in the device's counter says that others were lost, nothing against this one."""
    return validity == VALID or (validity == SUSPECT and error == DEVICE_SEQUENCE)


cdef inline bint _usable(NavigationContext* c) noexcept nogil:
    """A new sample, valid, and within what this body can do; anything not a number fails the comparison."""
    cdef int i
    if not _heard(c.imu.validity, c.imu.error) or c.imu.sequence == c.filter.imu_sequence:
        return False
    for i in range(3):
        if not (fabs(c.imu.rate_rad_s[i]) < RATE_LIMIT_RAD_S and fabs(c.imu.specific_force_m_s2[i]) < FORCE_LIMIT_M_S2):
            return False
    return True


cdef void _sample(NavigationContext* c, int64_t tick) noexcept nogil:
    """Take the IMU's sample, or bridge its absence with the last one: control and guidance change nothing meanwhile, so that rate and
    force stay what they were."""
    cdef NavigationFilter* f = c.filter
    cdef int i
    if _usable(c):
        f.imu_sequence = c.imu.sequence
        memcpy(f.held_rate_rad_s, c.imu.rate_rad_s, sizeof(f.held_rate_rad_s))
        memcpy(f.held_force_m_s2, c.imu.specific_force_m_s2, sizeof(f.held_force_m_s2))
        f.bridged_in_a_row = 0
    else:
        c.solution.imu_bridged += 1
        f.bridged_in_a_row += f.bridged_in_a_row < 1000000
    for i in range(3):
        c.solution.rate_rad_s[i] = f.held_rate_rad_s[i] - f.gyro_bias_rad_s[i]
        c.solution.specific_force_m_s2[i] = f.held_force_m_s2[i]


cdef void _integrate(NavigationContext* c) noexcept nogil:
    """One tick of strapdown integration, and of the covariance."""
    cdef NavigationSolution* s = c.solution
    cdef NavigationFilter* f = c.filter
    cdef double dt = c.tick_s
    cdef double angle[3]
    cdef double half[3]
    cdef double force[3]
    cdef double moon_body[3]
    cdef double acceleration[3]
    cdef double centre[3]
    cdef double inner[3]
    cdef double coriolis[3]
    cdef double radius, gravity, climb
    cdef int i
    rotate_back(s.quaternion_site_from_body, MOON_RATE_RAD_S, moon_body)
    for i in range(3):
        angle[i] = (s.rate_rad_s[i] - moon_body[i]) * dt
    cross(angle, s.specific_force_m_s2, half)
    for i in range(3):
        force[i] = s.specific_force_m_s2[i] + 0.5 * half[i]
    rotate(s.quaternion_site_from_body, force, acceleration)
    turn(s.quaternion_site_from_body, angle)

    centre[0], centre[1], centre[2] = s.position_m[0], s.position_m[1], s.position_m[2] + SITE_RADIUS_M
    radius = fmax(sqrt(dot(centre, centre)), 1.0)
    gravity = GM / (radius * radius)
    cross(MOON_RATE_RAD_S, centre, inner)
    for i in range(3):
        inner[i] += 2.0 * s.velocity_m_s[i]                     # W x (2 v + W x r) holds both terms
    cross(MOON_RATE_RAD_S, inner, coriolis)
    for i in range(3):
        s.up[i] = centre[i] / radius
        acceleration[i] -= s.up[i] * (gravity + f.accelerometer_bias_m_s2) + coriolis[i]
        s.position_m[i] += (s.velocity_m_s[i] + 0.5 * acceleration[i] * dt) * dt
        s.velocity_m_s[i] += acceleration[i] * dt
    climb = dot(s.velocity_m_s, s.up)
    s.altitude_m += 0.5 * (s.vertical_speed_m_s + climb) * dt
    s.vertical_speed_m_s = climb


cdef void _spread(NavigationContext* c) noexcept nogil:
    """P = F P F' + Q for F = [[1, dt, -dt2/2], [0, 1, -dt], [0, 0, 1]]."""
    cdef double* p = c.filter.covariance
    cdef double dt = c.tick_s
    cdef NavigationSolution* s = c.solution
    cdef double across = sqrt(fmax(dot(s.velocity_m_s, s.velocity_m_s) - s.vertical_speed_m_s * s.vertical_speed_m_s, 0.0))
    # first order in dt for the mixed terms, second order where a variance must not turn negative
    p[0] += dt * (2.0 * p[1] + dt * p[3]) + TERRAIN_WALK_M * across * dt
    p[1] += dt * (p[3] - p[2] - dt * p[4])
    p[2] += dt * p[4]
    p[3] += dt * (dt * p[5] - 2.0 * p[4]) + ACCELERATION_NOISE * dt
    p[4] -= dt * p[5]
    p[5] += BIAS_WALK * dt
    if c.filter.bridged_in_a_row > BRIDGED_TICKS:
        p[3] += BRIDGED_NOISE * dt


cdef void _believe(NavigationContext* c, double innovation, double variance) noexcept nogil:
    """Kalman update with one altitude; `variance` is that of the innovation. The velocity is corrected along the local vertical."""
    cdef NavigationSolution* s = c.solution
    cdef double* p = c.filter.covariance
    cdef double k0 = p[0] / variance
    cdef double k1 = p[1] / variance
    cdef double k2 = p[2] / variance
    cdef double row1 = p[1]
    cdef double row2 = p[2]
    cdef int i
    s.altitude_m += k0 * innovation
    for i in range(3):
        s.velocity_m_s[i] += s.up[i] * k1 * innovation
    s.vertical_speed_m_s += k1 * innovation
    c.filter.accelerometer_bias_m_s2 += k2 * innovation
    p[5] -= k2 * row2
    p[4] -= k1 * row2
    p[3] -= k1 * row1
    p[2] -= k0 * row2
    p[1] -= k0 * row1
    p[0] -= k0 * p[0]


cdef double _scattered(NavigationFilter* f, double innovation, double noise) noexcept nogil:
    """The variance that the shots have shown of late. One jump is terrain; when a quarter of the last sixteen jumped it is the instrument,
    and every shot weighs as little as their scatter says."""
    cdef double jump = innovation - f.last_innovation_m
    cdef uint16_t history
    cdef int jumps = 0
    f.last_innovation_m = innovation
    f.scatter_m2 += SCATTER_SHARE * (0.5 * jump * jump - f.scatter_m2)
    f.jumps = <uint16_t>((f.jumps << 1) | (jump * jump > 36.0 * noise))
    history = f.jumps
    while history:
        history &= history - 1
        jumps += 1
    return fmax(noise, 2.0 * f.scatter_m2) if jumps >= 4 else noise


cdef void _doubt(NavigationContext* c, int64_t tick, double innovation, double noise) noexcept nogil:
    """A shot outside the gate: count it, and start again from the shots when enough of them agree."""
    cdef NavigationSolution* s = c.solution
    cdef NavigationFilter* f = c.filter
    cdef double values[2]
    cdef double spread
    s.altimeter_rejected += 1
    if f.streak == 0 or fmax(f.streak_high_m, innovation) - lesser(f.streak_low_m, innovation) > STREAK_SPREAD_M + 6.0 * sqrt(noise):
        f.streak = 0
        f.streak_low_m = f.streak_high_m = innovation
    f.streak += 1
    f.streak_low_m = lesser(f.streak_low_m, innovation)
    f.streak_high_m = fmax(f.streak_high_m, innovation)
    if f.streak < STREAK:
        return
    values[0] = 0.5 * (f.streak_low_m + f.streak_high_m)
    spread = f.streak_high_m - f.streak_low_m
    s.altitude_m += values[0]
    f.covariance[0] = noise + spread * spread
    f.covariance[1] = f.covariance[2] = 0.0
    f.covariance[3] += spread * spread                            # in about a second: the speed may be as wrong as that
    f.streak = 0
    f.used_tick = tick
    values[1] = s.altitude_m
    event_raise(c.ports, tick, c.event_restarted, 2, values)


cdef void _range(NavigationContext* c, int64_t tick) noexcept nogil:
    """Look at the altimeter's newest shot, once."""
    cdef NavigationSolution* s = c.solution
    cdef NavigationFilter* f = c.filter
    cdef AltimeterReading* a = c.altimeter
    cdef double arm[3]
    cdef double beam[3]
    cdef double cosine, sideways, noise, innovation, variance
    if not _heard(a.validity, a.error) or a.sequence == f.altimeter_sequence:
        return
    f.altimeter_sequence = a.sequence
    if a.range_m != f.last_range_m:
        f.repeats = 0
    elif fabs(s.vertical_speed_m_s) > MOVING_M_S:
        f.repeats += f.repeats < 1000
    f.last_range_m = a.range_m
    arm[0], arm[1], arm[2] = ALTIMETER_M[0], ALTIMETER_M[1], ALTIMETER_M[2] - a.range_m - PAD_Z_M
    rotate(s.quaternion_site_from_body, arm, beam)              # from the middle of the footpad plane to the foot of the beam
    arm[0], arm[1], arm[2] = 0.0, 0.0, 1.0
    s.range_altitude_m = -dot(beam, s.up)
    s.range_tick = a.tick
    rotate(s.quaternion_site_from_body, arm, beam)
    cosine = dot(beam, s.up)
    if not (cosine > LEAST_COSINE and fabs(a.range_m) < 1e5):
        return
    if f.repeats >= REPEATS:                                     # a noisy instrument over moving ground does not say the same thing thrice
        s.altimeter_rejected += 1
        f.streak = 0
        return
    sideways = TERRAIN_SLOPE * a.range_m * sqrt(fmax(1.0 - cosine * cosine, 0.0))
    noise = RANGE_SIGMA_M * RANGE_SIGMA_M + RANGE_SCALE * RANGE_SCALE * a.range_m * a.range_m + sideways * sideways
    innovation = s.range_altitude_m - (s.altitude_m - s.vertical_speed_m_s * (tick - a.tick) * c.tick_s)
    noise = _scattered(f, innovation, noise)
    variance = f.covariance[0] + noise
    if innovation * innovation > GATE * variance:
        _doubt(c, tick, innovation, noise)
        return
    _believe(c, innovation, variance)
    s.altimeter_used += 1
    f.used_tick = tick
    f.streak = 0


cdef void _judge(NavigationContext* c, int64_t tick) noexcept nogil:
    """Say how far the solution is to be believed, and raise an event at each change."""
    cdef NavigationSolution* s = c.solution
    cdef NavigationFilter* f = c.filter
    cdef uint8_t causes = 0
    s.sigma_altitude_m = sqrt(fmax(f.covariance[0], 0.0) + TERRAIN_SIGMA_M * TERRAIN_SIGMA_M)
    s.sigma_vertical_speed_m_s = sqrt(fmax(f.covariance[3], 0.0))
    if tick - f.used_tick > SILENCE_TICKS:
        causes |= DEGRADED_ALTIMETER
    if f.bridged_in_a_row > BRIDGED_TICKS:
        causes |= DEGRADED_IMU
    if not f.loaded:
        causes |= DEGRADED_STATE
    if s.altitude_m < -1.0 - 3.0 * s.sigma_altitude_m:
        causes |= DEGRADED_ALTITUDE
    s.causes = causes
    if causes:
        f.healthy_ticks = 0
    else:
        f.healthy_ticks += f.healthy_ticks < RECOVERY_TICKS
    s.degraded = f.healthy_ticks < RECOVERY_TICKS
    if s.degraded != f.reported:
        f.reported = s.degraded
        event_raise(c.ports, tick, c.event_degraded if s.degraded else c.event_recovered, 1, &s.sigma_altitude_m)


cdef int _run(void* context, int64_t tick) noexcept nogil:
    cdef NavigationContext* c = <NavigationContext*>context
    if not c.filter.started:                 # silence counts from the first cycle, not from the epoch
        c.filter.started = 1
        c.filter.used_tick = tick
    _sample(c, tick)
    _integrate(c)
    _spread(c)
    _range(c, tick)
    _judge(c, tick)
    sampling_publish(&c.port, tick)
    return 0


cdef class Navigation:
    """Navigation of the lander.

    Takes the records `nav`, `nav.port` and `nav.filter`. Until `load_state` is called it believes that it stands at the landing site,
    upright, knows nothing of its height, and says so (DEGRADED_STATE).
    """

    def __init__(self, Arena arena not None, AppLinks links not None, ImuDriver imu not None, AltimeterDriver altimeter not None,
                 double tick_s=0.01):
        cdef NavigationContext* c = &self.context
        cdef NavigationSolution[::1] solution
        cdef NavigationFilter[::1] state
        self.arena = arena
        self.wired = (links, imu, altimeter)
        c.port = sampling_make(arena, "nav", sizeof(NavigationSolution))
        c.solution = self.solution = <NavigationSolution*>c.port.message
        solution = <NavigationSolution[:1]>c.solution
        arena.bind("nav", np.asarray(solution))
        c.filter = <NavigationFilter*>arena.take("nav.filter", sizeof(NavigationFilter))
        state = <NavigationFilter[:1]>c.filter
        arena.bind("nav.filter", np.asarray(state))
        c.imu, c.altimeter, c.ports, c.tick_s = imu.reading, altimeter.reading, &links.ports, tick_s
        c.event_degraded = LANDER.event("navigation_degraded").id
        c.event_recovered = LANDER.event("navigation_recovered").id
        c.event_restarted = LANDER.event("altitude_restarted").id
        c.filter.reported = 1                # it starts degraded: only a recovery is news
        c.solution.quaternion_site_from_body[0] = 1.0
        c.solution.up[2] = 1.0
        c.solution.range_tick = -1
        self._trust(1e4, 1e2, 0.05)
        self.slot = SlotCode.make("navigation", _run, c, self)

    cdef void _trust(self, double altitude_m, double speed_m_s, double bias_m_s2) noexcept:
        cdef double* p = self.context.filter.covariance
        p[1] = p[2] = p[4] = 0.0
        p[0], p[3], p[5] = altitude_m * altitude_m, speed_m_s * speed_m_s, bias_m_s2 * bias_m_s2

    def load_state(self, uploaded):
        """Take the state vector that the ground has uploaded, between two ticks.

        `uploaded` maps symbol-like names to numbers: `position_m[0..2]`, `velocity_m_s[0..2]`, `quaternion_site_from_body[0..3]`,
        `altitude_m`, and, where they are known, `gyro_bias_rad_s[0..2]`, `sigma_altitude_m`, `sigma_velocity_m_s` and
        `sigma_accelerometer_bias_m_s2`. Raises KeyError for a missing name and ValueError for a value that is not finite; then nothing
        has changed.
        """
        cdef NavigationSolution* s = self.context.solution
        cdef NavigationFilter* f = self.context.filter
        cdef int i
        cdef list position = [float(uploaded[f"position_m[{i}]"]) for i in range(3)]
        cdef list velocity = [float(uploaded[f"velocity_m_s[{i}]"]) for i in range(3)]
        cdef list quaternion = [float(uploaded[f"quaternion_site_from_body[{i}]"]) for i in range(4)]
        cdef list bias = [float(uploaded.get(f"gyro_bias_rad_s[{i}]", 0.0)) for i in range(3)]
        cdef double altitude = uploaded["altitude_m"]
        cdef double sigma_altitude = uploaded.get("sigma_altitude_m", 50.0)
        cdef double sigma_velocity = uploaded.get("sigma_velocity_m_s", 0.2)
        cdef double sigma_bias = uploaded.get("sigma_accelerometer_bias_m_s2", 0.005)
        if not all(map(math.isfinite, [*position, *velocity, *quaternion, *bias, altitude, sigma_altitude, sigma_velocity, sigma_bias])):
            raise ValueError("uploaded state: a value is not finite")
        for i in range(3):
            s.position_m[i] = position[i]
            s.velocity_m_s[i] = velocity[i]
            f.gyro_bias_rad_s[i] = f.held_rate_rad_s[i] = bias[i]
        for i in range(4):
            s.quaternion_site_from_body[i] = quaternion[i]
        normalise(s.quaternion_site_from_body)
        s.altitude_m = altitude
        position[2] += SITE_RADIUS_M
        s.vertical_speed_m_s = sum(p * v for p, v in zip(position, velocity)) / math.hypot(*position)
        f.accelerometer_bias_m_s2 = 0.0
        self._trust(sigma_altitude, sigma_velocity, sigma_bias)
        s.sigma_altitude_m, s.sigma_vertical_speed_m_s = sigma_altitude, sigma_velocity
        f.streak = 0
        f.loaded = 1
