# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (fixed-size C arrays and pointers only; every divisor is bounded away from zero where it stands)
"""Descent law: the velocity and the acceleration that each phase asks for, and the mass by which acceleration becomes thrust.

Vertical: speed by altitude, v = -sqrt(v_t^2 + 2 a (h - h_t)), at most 15 m/s, down to 30 m; then constant 1.5 m/s (facts: change4,
section 2, slow descent; the deceleration a is a choice of ours that keeps thrust within 1500 to 7500 N). Horizontal: velocity nulled,
in hover also position held. The acceleration wanted is feed-forward plus proportional on velocity, limited by thrust and tilt.

Without the altimeter the descent brakes for the worst that the estimate's sigma allows (faults SCN-06).

The mass is thrust commanded over acceleration felt. An engine that gives less, or more, than it is told therefore reads as a heavier,
or lighter, lander, and braking is asked for accordingly (faults SCN-03, SCN-07).
"""

from libc.math cimport exp, fabs, fmax, fmin, sqrt

from flight.apps.attitude cimport dot
from flight.apps.guidance cimport PHASE_HOVER, PHASE_SLOW_DESCENT
from flight.apps.navigation cimport DEGRADED_ALTIMETER

from flight import lander_geometry as geometry

cdef double GM = geometry.MOON_GM_M3_S2
cdef double SITE_RADIUS_M = geometry.SITE_RADIUS_M
cdef double LEAST_THRUST_N = geometry.ENGINE_LEAST_N
cdef double MOST_THRUST_N = geometry.ENGINE_GREATEST_N
cdef double ENGINE_LAG_S = geometry.ENGINE_LAG_S
cdef double SLOW_ALTITUDE_M = geometry.SLOW_DESCENT_ALTITUDE_M

cdef double FASTEST_M_S = 15.0
cdef double SLOW_M_S = 1.5
cdef double BRAKING_M_S2 = 0.237             # 15 m/s at 500 m, 1.5 m/s at 30 m
cdef double FALLING_M_S2 = 0.35              # greatest downward acceleration asked for
cdef double VERTICAL_GAIN = 0.9              # 1/s
cdef double HORIZONTAL_GAIN = 0.35           # 1/s
cdef double POSITION_GAIN = 0.08             # 1/s
cdef double TILT = 0.2                       # tangent of the greatest tilt
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
    if d.phase == PHASE_HOVER:
        error = clamp(d.commanded_altitude_m, LOWEST_HOVER_M, HIGHEST_HOVER_M) - nav.altitude_m
        square = fmin(fmin(0.25 * fabs(error), sqrt(0.4 * fabs(error))), 8.0)
        return square if error > 0.0 else -square
    altitude = nav.altitude_m
    if nav.causes & DEGRADED_ALTIMETER:
        altitude -= 2.0 * nav.sigma_altitude_m
    if d.phase == PHASE_SLOW_DESCENT or altitude <= SLOW_ALTITUDE_M:
        return -SLOW_M_S
    braking = clamp(0.4 * most_up, 0.05, BRAKING_M_S2)
    square = SLOW_M_S * SLOW_M_S + 2.0 * braking * (altitude - SLOW_ALTITUDE_M)
    if square >= FASTEST_M_S * FASTEST_M_S:
        return -FASTEST_M_S
    if nav.vertical_speed_m_s < -0.9 * sqrt(square):
        ahead[0] = braking
    return -sqrt(square)


cdef void steer(const NavigationSolution* nav, GuidanceDemand* d) noexcept nogil:
    cdef double radius = SITE_RADIUS_M + nav.position_m[2]
    cdef double gravity = GM / (radius * radius)
    cdef double most_up = 0.95 * MOST_THRUST_N / d.mass_kg - gravity
    cdef double least_up = LEAST_THRUST_N / d.mass_kg - gravity
    cdef double ahead, up, across, speed, limit
    cdef double wanted[2]
    cdef int i
    d.target_velocity_m_s[2] = vertical_target(nav, d, most_up, &ahead)
    up = ahead + VERTICAL_GAIN * (d.target_velocity_m_s[2] - nav.vertical_speed_m_s)
    up = gravity + clamp(up, fmax(least_up, -FALLING_M_S2), fmax(most_up, 0.1))
    for i in range(2):
        d.target_velocity_m_s[i] = POSITION_GAIN * (d.held_position_m[i] - nav.position_m[i]) if d.phase == PHASE_HOVER else 0.0
    speed = sqrt(d.target_velocity_m_s[0] * d.target_velocity_m_s[0] + d.target_velocity_m_s[1] * d.target_velocity_m_s[1])
    limit = fmin(1.0, 2.0 / fmax(speed, 1e-9))
    for i in range(2):
        d.target_velocity_m_s[i] *= limit
        wanted[i] = HORIZONTAL_GAIN * (d.target_velocity_m_s[i] - nav.velocity_m_s[i])
    across = sqrt(wanted[0] * wanted[0] + wanted[1] * wanted[1])
    limit = up * (TILT_LOW if nav.altitude_m < SLOW_ALTITUDE_M else TILT)
    limit = fmin(1.0, limit / fmax(across, 1e-9))
    for i in range(3):
        d.acceleration_m_s2[i] = up * nav.up[i] + (wanted[i] * limit if i < 2 else 0.0)
    d.thrust_command_n = clamp(d.mass_kg * sqrt(dot(d.acceleration_m_s2, d.acceleration_m_s2)), LEAST_THRUST_N, MOST_THRUST_N)


cdef bint weigh(const NavigationSolution* nav, GuidanceDemand* d, double* lagged_thrust_n, double cycle_s) noexcept nogil:
    """To be called before the new thrust command is made: the engine follows the last one through its lag."""
    cdef double felt = nav.specific_force_m_s2[2]
    lagged_thrust_n[0] += (d.thrust_command_n - lagged_thrust_n[0]) * (1.0 - exp(-cycle_s / ENGINE_LAG_S))
    if lagged_thrust_n[0] < 0.8 * LEAST_THRUST_N or not d.engine_armed:
        return True
    if not felt * d.mass_kg >= 0.2 * lagged_thrust_n[0]:
        return False
    d.mass_kg = clamp(d.mass_kg + cycle_s / MASS_TIME_S * (lagged_thrust_n[0] / felt - d.mass_kg), LEAST_MASS_KG, MOST_MASS_KG)
    return True
