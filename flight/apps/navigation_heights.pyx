# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (numeric kernel on fixed-size C arrays and pointers: every divisor is tested or bounded away from zero where it stands)
"""Heights for navigation: altimeter, gamma altimeter and, when the altimeter is silent, the ranges of the radar.

A height outside the gate is rejected, never the sensor: when enough in a row were rejected and agree with one another along the inertial
prediction, the terrain (or our belief) has changed, and the altitude starts again from them (faults C.3 rule R1; SCN-05, SCN-22).
A sensor that says the very same thing again and again while the lander moves is frozen, and not believed.

Heights above terrain are admitted when they mean something: low, slow and upright. At the first of them the altitude, until then above
the target's sphere, begins anew with the terrain's own uncertainty.
"""

from libc.math cimport fabs, fmax, sqrt
from libc.stdint cimport int64_t, uint16_t, uint32_t

from flight.apps.attitude cimport dot, rotate
from flight.apps.navigation cimport (
    AT_ALTITUDE,
    AT_VELOCITY,
    STATES,
    AltimeterReading,
    GammaAltimeterReading,
    NavigationContext,
    NavigationFilter,
    NavigationSolution,
    RadarReading,
)
from flight.apps.navigation_filter cimport correct, forget
from flight.ports cimport event_raise

from flight import lander_geometry as geometry

cdef double PAD_Z_M = geometry.PAD_PLANE_Z_M
cdef double[3] ALTIMETER_M
cdef double[3] RADAR_M
cdef double[4][3] RADAR_BEAM
for _i in range(3):
    ALTIMETER_M[_i] = geometry.ALTIMETER_POSITION_M[_i]
    RADAR_M[_i] = geometry.RADAR_POSITION_M[_i]
    for _b in range(4):
        RADAR_BEAM[_b][_i] = geometry.RADAR_BEAMS[_b][_i]

cdef double MOST_ALTITUDE_M = 12000.0        # above: terrain under the track is not that of the target
cdef double MOST_ACROSS_M_S = 150.0
cdef double LEAST_COSINE = 0.5               # beyond 60 degrees of tilt the beam says nothing of the ground below
cdef double FIRST_TERRAIN_M = 800.0          # sigma of the terrain about the target's height, before anything has been seen of it
cdef double TERRAIN_SLOPE = 0.08             # rms, under a beam that a tilt carries sideways
cdef double RANGE_SIGMA_M = 0.2
cdef double RANGE_SCALE = 0.001              # of the range
cdef double RADAR_RANGE_SIGMA_M = 2.0
cdef double GATE = 25.0                      # five sigma, squared
cdef unsigned int REPEATS = 2                # identical readings after the first, while moving: a frozen instrument
cdef double MOVING_M_S = 0.3
cdef unsigned int STREAK = 10
cdef double SCATTER_SHARE = 0.1              # of each shot in the scatter that is followed
cdef double STREAK_SPREAD_M = 3.0            # how far rejected shots may scatter and still be of one mind
cdef int64_t SILENCE_TICKS = 100
cdef double SETTLED_M = 1500.0
cdef double SETTLED_M_S = 0.12
cdef double LAST_SETTLED_M = 600.0


cdef inline double lesser(double a, double b) noexcept nogil:
    return a if a < b else b


cdef double upright(const NavigationSolution* s) noexcept nogil:
    """Cosine of the tilt."""
    cdef double axis[3]
    cdef double z[3]
    axis[0], axis[1], axis[2] = 0.0, 0.0, 1.0
    rotate(s.quaternion_site_from_body, axis, z)
    return dot(z, s.up)


cdef bint over_ground(const NavigationContext* c) noexcept nogil:
    cdef NavigationSolution* s = c.solution
    cdef double across2 = dot(s.velocity_m_s, s.velocity_m_s) - s.vertical_speed_m_s * s.vertical_speed_m_s
    return s.altitude_m < MOST_ALTITUDE_M and across2 < MOST_ACROSS_M_S * MOST_ACROSS_M_S and upright(s) > LEAST_COSINE


cdef double scattered(NavigationFilter* f, double innovation, double noise) noexcept nogil:
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


cdef void doubt(NavigationContext* c, int64_t tick, double innovation, double noise) noexcept nogil:
    """A height outside the gate: start again from the heights when enough of them agree."""
    cdef NavigationSolution* s = c.solution
    cdef NavigationFilter* f = c.filter
    cdef double values[2]
    cdef double spread
    cdef int i, k
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
    forget(f, AT_ALTITUDE, noise + spread * spread)
    for i in range(3):                                            # in about a second: the speed may be as wrong as that
        for k in range(3):
            f.covariance[STATES * (AT_VELOCITY + i) + AT_VELOCITY + k] += spread * spread * s.up[i] * s.up[k]
    f.streak = 0
    f.used_tick = tick
    values[1] = s.altitude_m
    event_raise(c.ports, tick, c.event_restarted, 2, values)


cdef void begin_over_ground(NavigationContext* c) noexcept nogil:
    """From height above the target's sphere to altitude above what lies below: the estimate stays, its certainty goes."""
    if not c.solution.terrain:
        c.solution.terrain = 1
        forget(c.filter, AT_ALTITUDE, c.filter.covariance[(STATES + 1) * AT_ALTITUDE] + FIRST_TERRAIN_M * FIRST_TERRAIN_M)


cdef bint take_height(NavigationContext* c, int64_t tick, int64_t seen_tick, double altitude_m, double noise) noexcept nogil:
    """A height as of `seen_tick`, by altimeter or radar."""
    cdef NavigationSolution* s = c.solution
    cdef NavigationFilter* f = c.filter
    cdef double innovation = altitude_m - (s.altitude_m - s.vertical_speed_m_s * (tick - seen_tick) * c.tick_s)
    cdef int place = AT_ALTITUDE
    cdef double weight = 1.0
    noise = scattered(f, innovation, noise)
    if not correct(s, f, &place, &weight, 1, innovation, noise, GATE):
        doubt(c, tick, innovation, noise)
        return False
    f.used_tick = tick
    f.streak = 0
    return True


cdef double height_by(const NavigationSolution* s, const double* from_m, const double* beam, double range_m) noexcept nogil:
    """Altitude of the footpads' middle, were the ground under it as high as at the foot of a beam (place and direction in the body)."""
    cdef double arm[3]
    cdef double foot[3]
    arm[0], arm[1] = from_m[0] + range_m * beam[0], from_m[1] + range_m * beam[1]
    arm[2] = from_m[2] + range_m * beam[2] - PAD_Z_M
    rotate(s.quaternion_site_from_body, arm, foot)
    return -dot(foot, s.up)


cdef void range_by_radar(NavigationContext* c, int64_t tick) noexcept nogil:
    """The mean height of the beams that have a range; the ground between their feet is what it may err by, and it errs for long."""
    cdef NavigationSolution* s = c.solution
    cdef RadarReading* r = c.radar
    cdef double height = 0.0, sideways = 0.0, noise
    cdef int64_t since = c.filter.used_tick
    cdef int b, beams = 0
    if r == NULL or not heard(r.validity, r.error) or r.sequence == c.filter.radar_sequence or c.filter.radar_repeats >= REPEATS:
        return
    for b in range(4):
        if r.range_locked >> b & 1 and 0.0 < r.range_m[b] < 1e5:
            height += height_by(s, RADAR_M, RADAR_BEAM[b], r.range_m[b])
            sideways += r.range_m[b] * sqrt(fmax(1.0 - RADAR_BEAM[b][2] * RADAR_BEAM[b][2], 0.0))
            beams += 1
    if beams < 2:
        return
    sideways *= TERRAIN_SLOPE / (beams * sqrt(<double>beams))
    noise = RADAR_RANGE_SIGMA_M * RADAR_RANGE_SIGMA_M + 10.0 * sideways * sideways
    take_height(c, tick, r.tick, height / beams, noise)
    c.filter.used_tick = since                                   # the altimeter is no less silent


cdef void settle_place(NavigationContext* c) noexcept nogil:
    """Low, and well slowed: from here on the horizontal position runs on by velocity alone. What the radar still tells of it through the
    covariance would move the lander about over ground that it is already choosing its place on."""
    if c.solution.altitude_m < (SETTLED_M if c.solution.sigma_velocity_m_s < SETTLED_M_S else LAST_SETTLED_M):
        c.filter.settled = 1


cdef inline void count_repeats(const NavigationSolution* s, uint32_t* repeats, double* last_m, double now_m) noexcept nogil:
    """Readings in a row that say the very same over ground that moves."""
    if now_m != last_m[0]:
        repeats[0] = 0
    elif fabs(s.vertical_speed_m_s) > MOVING_M_S:
        repeats[0] += repeats[0] < 1000
    last_m[0] = now_m


cdef void look_at_range(NavigationContext* c, int64_t tick) noexcept nogil:
    cdef NavigationSolution* s = c.solution
    cdef NavigationFilter* f = c.filter
    cdef AltimeterReading* a = c.altimeter
    cdef double beam[3]
    cdef double cosine, sideways, noise
    if not over_ground(c):
        f.used_tick = tick                                       # silence counts from when it may speak
        return
    begin_over_ground(c)
    settle_place(c)
    if tick - f.used_tick > SILENCE_TICKS:
        range_by_radar(c, tick)
    if not heard(a.validity, a.error) or a.sequence == f.altimeter_sequence:
        return
    f.altimeter_sequence = a.sequence
    count_repeats(s, &f.repeats, &f.last_range_m, a.range_m)
    beam[0], beam[1], beam[2] = 0.0, 0.0, -1.0
    cosine = upright(s)
    if not fabs(a.range_m) < 1e5:
        return
    s.range_altitude_m = height_by(s, ALTIMETER_M, beam, a.range_m)
    s.range_tick = a.tick
    if f.repeats >= REPEATS:                                     # a noisy instrument over moving ground does not say the same thing thrice
        s.altimeter_rejected += 1
        f.streak = 0
        return
    sideways = TERRAIN_SLOPE * a.range_m * sqrt(fmax(1.0 - cosine * cosine, 0.0))
    noise = RANGE_SIGMA_M * RANGE_SIGMA_M + RANGE_SCALE * RANGE_SCALE * a.range_m * a.range_m + sideways * sideways
    if take_height(c, tick, a.tick, s.range_altitude_m, noise):
        s.altimeter_used += 1
    else:
        s.altimeter_rejected += 1


cdef inline double gamma_sigma_m(double altitude_m) noexcept nogil:
    """Of one interval's count, 15625 m2 / (h + 2 m)^2 photons, and of its source's strength; what lies in its wide view besides."""
    cdef double above = fmax(altitude_m, 0.0) + 2.0
    return 0.05 + 0.004 * above * above + 0.005 * above


cdef void look_at_gamma(NavigationContext* c, int64_t tick) noexcept nogil:
    cdef NavigationSolution* s = c.solution
    cdef NavigationFilter* f = c.filter
    cdef GammaAltimeterReading* g = c.gamma
    cdef double innovation, sigma, weight = 1.0
    cdef int place = AT_ALTITUDE
    if g == NULL:
        return
    if not 1.0 < s.altitude_m < 15.0:
        f.gamma_tick = tick
    if not heard(g.validity, g.error) or g.sequence == f.gamma_sequence:
        return
    f.gamma_sequence = g.sequence
    count_repeats(s, &f.gamma_repeats, &f.last_gamma_m, g.altitude_m)
    if not (s.terrain and -5.0 < g.altitude_m < 40.0) or f.gamma_repeats >= REPEATS:
        s.gamma_rejected += 1
        return
    s.gamma_altitude_m, s.gamma_tick = g.altitude_m, g.tick
    sigma = gamma_sigma_m(g.altitude_m)
    innovation = g.altitude_m - (s.altitude_m - s.vertical_speed_m_s * (tick - g.tick) * c.tick_s)
    if correct(s, f, &place, &weight, 1, innovation, sigma * sigma, GATE):
        s.gamma_used += 1
        f.gamma_tick = tick
    else:
        s.gamma_rejected += 1
