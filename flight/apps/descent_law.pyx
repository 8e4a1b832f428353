# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (fixed-size C arrays and pointers only; every divisor is bounded away from zero where it stands)
"""Descent law: the velocity and the acceleration that each phase asks for, and the mass by which acceleration becomes thrust.

Vertical: speed by altitude, v = -sqrt(v_f^2 + 2 a (h - h_f)), no faster than given, down to the floor h_f that guidance sets; near a
floor of rest proportional to the height left; at the end constant 1.5 m/s (facts: change4, section 2, approach and slow descent; the
decelerations a are choices of ours that keep thrust within 1500 to 7500 N). Horizontal: velocity nulled, or led to the held place; the
tilt is limited by phase. The acceleration wanted is feed-forward plus proportional on velocity, limited by thrust and tilt.

Without the altimeter the descent brakes for the worst that the estimate's sigma allows (faults SCN-06).

The mass is thrust commanded over acceleration felt. An engine that gives less, or more, than it is told therefore reads as a heavier,
or lighter, lander, and braking is asked for accordingly (faults SCN-03, SCN-07).
"""

from libc.math cimport exp, fabs, fmax, fmin, sqrt

from flight.apps.attitude cimport dot
from flight.apps.guidance cimport PHASE_ADJUSTMENT, PHASE_DETECTION, PHASE_HOVER, PHASE_SLOW_DESCENT
from flight.apps.navigation cimport DEGRADED_ALTIMETER

from flight import lander_geometry as geometry

cdef double GM = geometry.MOON_GM_M3_S2
cdef double SITE_RADIUS_M = geometry.SITE_RADIUS_M
cdef double LEAST_THRUST_N = geometry.ENGINE_LEAST_N
cdef double MOST_THRUST_N = geometry.ENGINE_GREATEST_N
cdef double ENGINE_LAG_S = geometry.ENGINE_LAG_S
cdef double SLOW_ALTITUDE_M = geometry.SLOW_DESCENT_ALTITUDE_M

cdef double ISP_S = geometry.ENGINE_ISP_S
cdef double ISP_LOSS_S = geometry.ENGINE_ISP_LOSS_S
cdef double G0_M_S2 = geometry.STANDARD_GRAVITY_M_S2

cdef double SLOW_M_S = 1.5
cdef double FALLING_M_S2 = 0.35              # greatest downward acceleration asked for
cdef double VERTICAL_GAIN = 0.9              # 1/s
cdef double HORIZONTAL_GAIN = 0.35           # 1/s
cdef double HIGH_GAIN_SHARE = 0.4            # of both horizontal gains, from HIGH_M up: there is time, and the turning rate would limit
cdef double HIGH_M = 1500.0
cdef double LOW_M = 400.0
cdef double POSITION_GAIN = 0.08             # 1/s
cdef double PLACE_GAIN = 0.12                # 1/s: the same on the way to the place of a landing
cdef double FAR_M = 15.0                     # from the place: further off it may go faster
cdef double CROSSING_M_S = 10.0
cdef double CROSSING_1_S = 0.02              # of the altitude: the lower, the slower
cdef double FLOOR_GAIN = 0.25                # 1/s
cdef double TILT = 0.2                       # tangent of the greatest tilt
cdef double TILT_ADJUSTMENT = 1.0            # the same in the quick adjustment
cdef double TILT_LOW = 0.09                  # the same in the last 30 m
cdef double LOWEST_HOVER_M = 5.0
cdef double HIGHEST_HOVER_M = 2000.0
cdef double MASS_TIME_S = 3.0
cdef double LEAST_MASS_KG = 600.0
cdef double MOST_MASS_KG = 4000.0


cdef inline double clamp(double value, double low, double high) noexcept nogil:
    return fmax(low, fmin(value, high))


cdef double vertical_target(const NavigationSolution* nav, const GuidanceDemand* d, double most_up, double* ahead) noexcept nogil:
    """The vertical speed wanted now; `ahead` becomes the acceleration that follows this profile."""
    cdef double error, braking, square, altitude
    ahead[0] = 0.0
    if d.phase == PHASE_HOVER or d.phase == PHASE_DETECTION:
        error = clamp(d.commanded_altitude_m, LOWEST_HOVER_M, HIGHEST_HOVER_M) - nav.altitude_m
        square = fmin(fmin(0.25 * fabs(error), sqrt(0.4 * fabs(error))), 8.0)
        return square if error > 0.0 else -square
    altitude = nav.altitude_m
    if nav.causes & DEGRADED_ALTIMETER:
        altitude -= 2.0 * nav.sigma_altitude_m
    if d.phase == PHASE_SLOW_DESCENT or (altitude <= d.floor_m and d.floor_m_s > 0.0):
        return -SLOW_M_S
    braking = clamp(0.4 * most_up, 0.05, d.braking_m_s2)
    error = altitude - d.floor_m
    if error <= 0.0:
        return fmin(-FLOOR_GAIN * error, 1.0)
    square = d.floor_m_s * d.floor_m_s + 2.0 * braking * error
    if square >= d.fastest_m_s * d.fastest_m_s:
        return -d.fastest_m_s
    if d.floor_m_s == 0.0 and square > FLOOR_GAIN * FLOOR_GAIN * error * error:
        ahead[0] = FLOOR_GAIN * FLOOR_GAIN * error
        return -FLOOR_GAIN * error
    if nav.vertical_speed_m_s < -0.9 * sqrt(square):
        ahead[0] = braking
    return -sqrt(square)


cdef double tilt_limit(const NavigationSolution* nav, const GuidanceDemand* d) noexcept nogil:
    """Tangent of the greatest tilt."""
    if d.phase == PHASE_ADJUSTMENT:
        return TILT_ADJUSTMENT
    return TILT_LOW if nav.altitude_m < SLOW_ALTITUDE_M else TILT


cdef void steer(const NavigationSolution* nav, GuidanceDemand* d) noexcept nogil:
    cdef double radius = SITE_RADIUS_M + nav.position_m[2]
    cdef double gravity = GM / (radius * radius)
    cdef double most_up = 0.95 * MOST_THRUST_N / d.mass_kg - gravity
    cdef double least_up = LEAST_THRUST_N / d.mass_kg - gravity
    cdef double ahead, up, across, off, limit, fastest, eager
    cdef double wanted[2]
    cdef int i
    d.target_velocity_m_s[2] = vertical_target(nav, d, most_up, &ahead)
    up = ahead + VERTICAL_GAIN * (d.target_velocity_m_s[2] - nav.vertical_speed_m_s)
    up = gravity + clamp(up, fmax(least_up, -FALLING_M_S2), fmax(most_up, 0.1))
    for i in range(2):
        wanted[i] = d.held_position_m[i] - nav.position_m[i] if d.holds_place else 0.0
    off = sqrt(wanted[0] * wanted[0] + wanted[1] * wanted[1])
    fastest, limit = 2.0, POSITION_GAIN
    if d.phase != PHASE_HOVER:                                   # from afar as fast as a third of what the tilt allows can stop
        limit = PLACE_GAIN
        fastest += fmin(sqrt(0.2 * fmax(off - FAR_M, 0.0)), clamp(CROSSING_1_S * nav.altitude_m, 0.0, CROSSING_M_S))
    eager = 1.0 - (1.0 - HIGH_GAIN_SHARE) * clamp((nav.altitude_m - LOW_M) / (HIGH_M - LOW_M), 0.0, 1.0)
    limit = fmin(limit * eager, fastest / fmax(off, 1e-9))
    for i in range(2):
        d.target_velocity_m_s[i] = wanted[i] * limit
        wanted[i] = HORIZONTAL_GAIN * eager * (d.target_velocity_m_s[i] - nav.velocity_m_s[i])
    across = sqrt(wanted[0] * wanted[0] + wanted[1] * wanted[1])
    limit = fmin(1.0, up * tilt_limit(nav, d) / fmax(across, 1e-9))
    for i in range(3):
        d.acceleration_m_s2[i] = up * nav.up[i] + (wanted[i] * limit if i < 2 else 0.0)
    d.thrust_command_n = clamp(d.mass_kg * sqrt(dot(d.acceleration_m_s2, d.acceleration_m_s2)), LEAST_THRUST_N, MOST_THRUST_N)


cdef bint weigh(const NavigationSolution* nav, GuidanceDemand* d, double* lagged_thrust_n, double cycle_s) noexcept nogil:
    """To be called before the new thrust command is made: the engine follows the last one through its lag. The mass falls by what the
    thrust uses; what is felt corrects it."""
    cdef double felt = nav.specific_force_m_s2[2], used
    lagged_thrust_n[0] += (d.thrust_command_n - lagged_thrust_n[0]) * (1.0 - exp(-cycle_s / ENGINE_LAG_S))
    if lagged_thrust_n[0] < 0.8 * LEAST_THRUST_N or not d.engine_armed:
        return True
    if not felt * d.mass_kg >= 0.2 * lagged_thrust_n[0]:
        return False
    used = cycle_s * lagged_thrust_n[0] / ((ISP_S - ISP_LOSS_S * (1.0 - lagged_thrust_n[0] / MOST_THRUST_N)) * G0_M_S2)
    d.propellant_used_kg += used
    d.mass_kg += cycle_s / MASS_TIME_S * (lagged_thrust_n[0] / felt - d.mass_kg) - used
    d.mass_kg = clamp(d.mass_kg, LEAST_MASS_KG, MOST_MASS_KG)
    return True
