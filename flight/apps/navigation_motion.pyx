# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (numeric kernel on fixed-size C arrays and pointers: every divisor is tested or bounded away from zero where it stands)
"""Attitude and velocity for navigation: the star tracker's attitudes and the speeds along the radar's beams.

What lies outside the gate is rejected, never the sensor: when enough in a row were rejected and agree with one another along the inertial
prediction, it is our belief that errs, and that part of it starts again (faults C.3 rule R1). A sensor that says the very same thing
again and again is frozen, and not believed.
"""

from libc.math cimport fabs, fmax, fmin, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memcmp, memcpy

from flight.apps.attitude cimport cross, dot, multiply, normalise, rotate, rotate_back, turn
from flight.apps.navigation cimport (
    AT_ATTITUDE,
    AT_VELOCITY,
    NavigationContext,
    NavigationFilter,
    NavigationSolution,
    RadarReading,
    StarTrackerReading,
)
from flight.apps.navigation_filter cimport correct, forget
from flight.apps.navigation_heights cimport heard, upright
from flight.ports cimport event_raise

from flight import lander_geometry as geometry

cdef double[3] MOON_RATE_RAD_S
cdef double[3] RADAR_M
cdef double[4][3] RADAR_BEAM
for _i in range(3):
    MOON_RATE_RAD_S[_i] = geometry.MOON_RATE_SITE_RAD_S[_i]
    RADAR_M[_i] = geometry.RADAR_POSITION_M[_i]
    for _b in range(4):
        RADAR_BEAM[_b][_i] = geometry.RADAR_BEAMS[_b][_i]

cdef double GATE = 25.0                      # five sigma, squared
cdef unsigned int REPEATS = 2                # identical readings after the first: a frozen instrument
cdef double RADAR_ALTITUDE_M = 2500.0
cdef double RADAR_COSINE = 0.85
cdef double SPEED_SIGMA_M_S = 0.15
cdef double SPEED_SCALE = 0.01
cdef double SPEED_SHARE = 0.03               # of each beam's speed in the scatter that is followed
cdef unsigned int SPEED_STREAK = 10
cdef double SPEED_DOUBT_M_S = 3.0            # what velocity may be wrong by when ten readings in a row of one mind contradict it

cdef double LEAST_STAR_SIGMA_RAD = 2e-5
cdef unsigned int STAR_STREAK = 15


cdef bint radar_due(const NavigationContext* c) noexcept nogil:
    return 1.0 < c.solution.altitude_m < RADAR_ALTITUDE_M and c.solution.terrain and upright(c.solution) > RADAR_COSINE


cdef void seen_now(const NavigationSolution* s, const StarTrackerReading* a, int64_t tick, double tick_s, double* measured) noexcept nogil:
    """Site from body by the stars: the site frame has turned since tick 0, and the body since the picture was taken."""
    cdef double back[4]
    cdef double moon_body[3]
    cdef double angle[3]
    cdef int i
    for i in range(3):
        back[i + 1] = -0.5 * MOON_RATE_RAD_S[i] * a.tick * tick_s    # within an hour the angle is below 0.01 rad: half of it is its sine
    back[0] = 1.0
    normalise(back)
    multiply(back, a.quaternion_inertial_from_body, measured)
    normalise(measured)
    rotate_back(measured, MOON_RATE_RAD_S, moon_body)
    for i in range(3):
        angle[i] = (s.rate_rad_s[i] - moon_body[i]) * (tick - a.tick) * tick_s
    turn(measured, angle)


cdef void left_turn(const NavigationSolution* s, const double* measured, double* off) noexcept nogil:
    """Rotation vector, in the site frame, from what is believed to what was measured."""
    cdef double inverse[4]
    cdef double error[4]
    cdef double sign
    cdef int i
    inverse[0] = s.quaternion_site_from_body[0]
    for i in range(3):
        inverse[i + 1] = -s.quaternion_site_from_body[i + 1]
    multiply(measured, inverse, error)
    sign = 2.0 if error[0] >= 0.0 else -2.0
    for i in range(3):
        off[i] = sign * error[i + 1]


cdef void look_at_stars(NavigationContext* c, int64_t tick) noexcept nogil:
    cdef NavigationSolution* s = c.solution
    cdef NavigationFilter* f = c.filter
    cdef StarTrackerReading* a = c.star_tracker
    cdef double rate = sqrt(dot(s.rate_rad_s, s.rate_rad_s))
    cdef double measured[4]
    cdef double off[3]
    cdef double noise, weight = 1.0, change = 0.0
    cdef int i, place
    if a == NULL:
        return
    if rate > 0.02:                                              # it may be blind: silence counts from when it may see
        f.star_tracker_tick = tick
    if not heard(a.validity, a.error) or a.sequence == f.star_tracker_sequence:
        return
    f.star_tracker_sequence = a.sequence
    f.star_tracker_repeats = (f.star_tracker_repeats + (f.star_tracker_repeats < 1000)
                              if memcmp(f.last_quaternion, a.quaternion_inertial_from_body, sizeof(f.last_quaternion)) == 0 else 0)
    memcpy(f.last_quaternion, a.quaternion_inertial_from_body, sizeof(f.last_quaternion))
    seen_now(s, a, tick, c.tick_s, measured)
    # Much of its error is the same for long: each picture weighs as one in twenty-five. A hundredth of a second of doubt about its time.
    noise = 5.0 * fmax(LEAST_STAR_SIGMA_RAD, fmin(a.sigma_rad, 0.01)) + 0.01 * rate
    noise *= noise
    left_turn(s, measured, off)
    for i in range(3):
        change = fmax(change, fabs(off[i] - f.last_turn_rad[i]))
        f.last_turn_rad[i] = off[i]
    if f.star_tracker_repeats >= REPEATS:
        s.star_tracker_rejected += 1
        return
    for i in range(3):
        place = AT_ATTITUDE + i
        left_turn(s, measured, off)
        if not correct(s, f, &place, &weight, 1, off[i], noise, GATE):
            s.star_tracker_rejected += 1
            f.star_tracker_streak = f.star_tracker_streak + 1 if change * change < 36.0 * noise else 0
            if f.star_tracker_streak >= STAR_STREAK:             # of one mind along the gyroscopes' prediction: it is ours that errs
                for place in range(3):
                    forget(f, AT_ATTITUDE + place, 4.0 * dot(off, off) + noise)
                f.star_tracker_streak = 0
                event_raise(c.ports, tick, c.event_realigned, 3, off)
            return
    s.star_tracker_used += 1
    f.star_tracker_tick = tick
    f.star_tracker_streak = 0


cdef bint agree(const RadarReading* r) noexcept nogil:
    """Four speeds of three components: opposite pairs have one sum."""
    cdef double gap = r.speed_m_s[0] - r.speed_m_s[1] + r.speed_m_s[2] - r.speed_m_s[3]
    cdef double sigma = SPEED_SIGMA_M_S + SPEED_SCALE * fabs(r.speed_m_s[0])
    return gap * gap < 4.0 * 9.0 * sigma * sigma


cdef double speed_variance(NavigationFilter* f, int b, double innovation, double noise) noexcept nogil:
    """What the speeds have shown of late, when that is far more than they should: then each weighs as little as their scatter says."""
    cdef double jump = innovation - f.last_speed_innovation_m_s[b]
    f.last_speed_innovation_m_s[b] = innovation
    f.speed_scatter += SPEED_SHARE * (fmin(0.5 * jump * jump, 400.0) - f.speed_scatter)
    return fmax(noise, 1.5 * f.speed_scatter) if f.speed_scatter > 4.0 * noise else noise


cdef bint beam_speed(NavigationContext* c, int64_t tick, int b) noexcept nogil:
    cdef NavigationSolution* s = c.solution
    cdef double beam[3]
    cdef double lever[3]
    cdef double velocity[3]
    cdef double leaning[3]
    cdef double weights[6]
    cdef int places[6]
    cdef double late = (tick - c.radar.tick) * c.tick_s, sigma, expected, innovation
    cdef int i
    rotate(s.quaternion_site_from_body, RADAR_BEAM[b], beam)
    cross(s.rate_rad_s, RADAR_M, lever)
    rotate(s.quaternion_site_from_body, lever, velocity)
    for i in range(3):
        velocity[i] += s.velocity_m_s[i] - c.filter.acceleration_m_s2[i] * late
    expected = -dot(beam, velocity)
    cross(velocity, beam, leaning)
    for i in range(3):
        places[i], weights[i] = AT_VELOCITY + i, -beam[i]
        places[3 + i], weights[3 + i] = AT_ATTITUDE + i, leaning[i]
    sigma = SPEED_SIGMA_M_S + SPEED_SCALE * fabs(c.radar.speed_m_s[b])
    innovation = c.radar.speed_m_s[b] - expected
    return correct(s, c.filter, places, weights, 6, innovation, speed_variance(c.filter, b, innovation, sigma * sigma), GATE)


cdef void look_at_radar(NavigationContext* c, int64_t tick) noexcept nogil:
    cdef NavigationSolution* s = c.solution
    cdef NavigationFilter* f = c.filter
    cdef RadarReading* r = c.radar
    cdef int b, i, used = 0, doubted = 0
    if r == NULL:
        return
    if not radar_due(c):
        f.radar_tick = tick
    if not heard(r.validity, r.error) or r.sequence == f.radar_sequence:
        return
    f.radar_sequence = r.sequence
    f.radar_repeats = (f.radar_repeats + (f.radar_repeats < 1000)
                       if memcmp(f.last_speed_m_s, r.speed_m_s, sizeof(f.last_speed_m_s)) == 0 else 0)
    memcpy(f.last_speed_m_s, r.speed_m_s, sizeof(f.last_speed_m_s))
    if not s.terrain:
        return
    for b in range(4):
        if not r.speed_locked >> b & 1:
            continue
        if f.radar_repeats < REPEATS and beam_speed(c, tick, b):
            used += 1
        else:
            doubted += 1
    s.radar_used += used
    s.radar_rejected += doubted
    if used:
        f.radar_tick = tick
    f.radar_streak = f.radar_streak + 1 if doubted >= 3 and r.speed_locked == 15 and agree(r) and f.radar_repeats < REPEATS else 0
    if f.radar_streak >= SPEED_STREAK:
        for i in range(3):
            forget(f, AT_VELOCITY + i, SPEED_DOUBT_M_S * SPEED_DOUBT_M_S + s.sigma_velocity_m_s * s.sigma_velocity_m_s)
        f.radar_streak = 0
