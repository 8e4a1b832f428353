# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (numeric kernel on fixed-size C arrays and pointers: every divisor is tested or bounded away from zero where it stands)
"""Navigation: strapdown inertial integration, and the error-state filter that the aids correct (`navigation_filter`, `navigation_heights`, `navigation_motion`).

Inertial part. In the frame that turns with the Moon (Titterton and Weston, Strapdown Inertial Navigation Technology, section 3.5):
    v' = R f + g(r) - 2 W x v - W x (W x r),   q' = q * (w - R^T W) / 2,
with r from the Moon's centre. The IMU averages over each 10 ms, so that one rotation vector a sample and half of it under the force
are enough: coning and sculling corrections would matter at rates and vibrations that this lander does not have.

It starts from an uploaded state vector and its uncertainty. Star tracker, radar, altimeter and gamma altimeter correct it; what each one's
silence means is said in `causes`, by events, and by sigmas that grow. Nothing on board measures the horizontal position: it is inertial,
but for what the radar's velocity at the end tells of the velocity all along, through the covariance.
"""

from libc.math cimport fabs, fmax, sqrt
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

import math

import numpy as np

from flight.apps.attitude cimport cross, dot, normalise, rotate, rotate_back, turn
from flight.apps.navigation_filter cimport spread, variance_along
from flight.apps.navigation_heights cimport heard, look_at_gamma, look_at_range, over_ground
from flight.apps.navigation_motion cimport look_at_radar, look_at_stars
from flight.apps.records cimport record_of
from flight.ports cimport AppLinks, ModeState, event_raise, sampling_make, sampling_publish
from hal.drivers.altimeter cimport AltimeterDriver
from hal.drivers.imu cimport ImuDriver

from flight import lander_geometry as geometry
from wire.dictionary import LANDER

cdef double GM = geometry.MOON_GM_M3_S2
cdef double SITE_RADIUS_M = geometry.SITE_RADIUS_M
cdef double[3] MOON_RATE_RAD_S
for _i in range(3):
    MOON_RATE_RAD_S[_i] = geometry.MOON_RATE_SITE_RAD_S[_i]

cdef double FORCE_LIMIT_M_S2 = 60.0          # plausibility: four times what the engine can do to the empty lander
cdef double RATE_LIMIT_RAD_S = 4.0
cdef unsigned int BRIDGED_TICKS = 2          # more than so many: say so
cdef unsigned int RECOVERY_TICKS = 100       # without a cause before it is called healthy: an intermittent sensor is told once
cdef int64_t SILENCE_TICKS = 100             # without a used shot before the altitude is called inertial

cdef int64_t STAR_SILENCE_TICKS = 500
cdef int64_t MOST_COAST_TICKS = 6000         # from the epoch of the uploaded state to the first cycle
cdef double SPREAD_S = 0.0999                # how often the covariance is carried on
cdef double TERRAIN_SIGMA_M = 0.12           # between the foot of the beam and the ground under the pads: no filtering takes it away
cdef double GYRO_BIAS_SIGMA_RAD_S = 2e-6     # of what is uploaded


cdef inline bint _usable(NavigationContext* c) noexcept nogil:
    """A new sample, valid, and within what this body can do; anything not a number fails the comparison."""
    cdef int i
    if not heard(c.imu.validity, c.imu.error) or c.imu.sequence == c.filter.imu_sequence:
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
        c.solution.specific_force_m_s2[i] = f.held_force_m_s2[i] - f.accelerometer_bias_m_s2[i]


cdef void _integrate(NavigationContext* c) noexcept nogil:
    """One tick of strapdown integration."""
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
    for i in range(3):
        f.gained_m_s[i] += acceleration[i] * dt
    f.elapsed_s += dt
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
        acceleration[i] -= s.up[i] * gravity + coriolis[i]
        f.acceleration_m_s2[i] = acceleration[i]
        s.position_m[i] += (s.velocity_m_s[i] + 0.5 * acceleration[i] * dt) * dt
        s.velocity_m_s[i] += acceleration[i] * dt
    climb = dot(s.velocity_m_s, s.up)
    s.altitude_m += 0.5 * (s.vertical_speed_m_s + climb) * dt
    s.vertical_speed_m_s = climb


cdef inline double trace(const double* p, int place) noexcept nogil:
    return p[(STATES + 1) * place] + p[(STATES + 1) * (place + 1)] + p[(STATES + 1) * (place + 2)]


cdef void _say_how_sure(NavigationSolution* s, NavigationFilter* f) noexcept nogil:
    cdef double* p = f.covariance
    cdef double up = variance_along(f, AT_VELOCITY, s.up)
    s.sigma_altitude_m = sqrt(fmax(p[(STATES + 1) * AT_ALTITUDE], 0.0) + TERRAIN_SIGMA_M * TERRAIN_SIGMA_M)
    s.sigma_vertical_speed_m_s = sqrt(up)
    s.sigma_velocity_m_s = sqrt(fmax(trace(p, AT_VELOCITY) - up, 0.0))
    s.sigma_position_m = sqrt(fmax(trace(p, AT_POSITION) - variance_along(f, AT_POSITION, s.up), 0.0))
    s.sigma_attitude_rad = sqrt(trace(p, AT_ATTITUDE))


cdef void _judge(NavigationContext* c, int64_t tick) noexcept nogil:
    """Say how far the solution is to be believed, and raise an event at each new cause and when all are gone."""
    cdef NavigationSolution* s = c.solution
    cdef NavigationFilter* f = c.filter
    cdef double values[2]
    cdef uint8_t causes = 0
    if tick - f.used_tick > SILENCE_TICKS:
        causes |= DEGRADED_ALTIMETER
    if f.bridged_in_a_row > BRIDGED_TICKS:
        causes |= DEGRADED_IMU
    if not f.loaded:
        causes |= DEGRADED_STATE
    if s.altitude_m < -1.0 - 3.0 * s.sigma_altitude_m:
        causes |= DEGRADED_ALTITUDE
    if c.star_tracker != NULL and tick - f.star_tracker_tick > STAR_SILENCE_TICKS:
        causes |= DEGRADED_STAR_TRACKER
    if c.radar != NULL and tick - f.radar_tick > SILENCE_TICKS:
        causes |= DEGRADED_RADAR
    if c.gamma != NULL and tick - f.gamma_tick > SILENCE_TICKS:
        causes |= DEGRADED_GAMMA
    s.causes = causes
    if causes:
        f.healthy_ticks = 0
    else:
        f.healthy_ticks += f.healthy_ticks < RECOVERY_TICKS
    s.degraded = f.healthy_ticks < RECOVERY_TICKS
    values[0], values[1] = s.sigma_altitude_m, causes
    if causes & ~f.reported:
        f.reported |= causes
        f.said = 1
        event_raise(c.ports, tick, c.event_degraded, 2, values)
    elif not s.degraded:
        f.reported = 0
        if f.said:
            f.said = 0
            event_raise(c.ports, tick, c.event_recovered, 1, values)


cdef void _coast(NavigationContext* c, int64_t ticks) noexcept nogil:
    """Carry an uploaded state of an orbit on from its epoch, tick 0, to the first cycle: nothing pushes, nothing turns."""
    cdef NavigationSolution* s = c.solution
    cdef int64_t n
    cdef int i
    for i in range(3):
        s.rate_rad_s[i] = s.specific_force_m_s2[i] = 0.0
    for n in range(ticks):
        _integrate(c)
        if c.filter.elapsed_s >= SPREAD_S:
            spread(s, c.filter)


cdef void _stand(NavigationContext* c) noexcept nogil:
    """Landed: the ground holds it. What the inertial unit's errors add up to in hours is no motion (zero-velocity update)."""
    cdef NavigationSolution* s = c.solution
    cdef int i
    for i in range(3):
        s.position_m[i] -= s.velocity_m_s[i] * c.tick_s
        s.velocity_m_s[i] = 0.0
    s.altitude_m -= s.vertical_speed_m_s * c.tick_s
    s.vertical_speed_m_s = 0.0


cdef int _run(void* context, int64_t tick) noexcept nogil:
    cdef NavigationContext* c = <NavigationContext*>context
    if not c.filter.started:                 # silence counts from the first cycle, not from the epoch
        c.filter.started = 1
        c.filter.used_tick = c.filter.star_tracker_tick = c.filter.radar_tick = c.filter.gamma_tick = tick
        if c.filter.loaded and not c.solution.terrain and 0 < tick <= MOST_COAST_TICKS:
            _coast(c, tick)
    _sample(c, tick)
    _integrate(c)
    if c.mode != NULL and c.mode.mode == c.mode_landed:
        _stand(c)
    if c.filter.elapsed_s >= SPREAD_S:
        spread(c.solution, c.filter)
    look_at_stars(c, tick)
    look_at_range(c, tick)
    look_at_radar(c, tick)
    look_at_gamma(c, tick)
    if c.filter.elapsed_s == 0.0 or not c.filter.loaded or c.solution.terrain:
        _say_how_sure(c.solution, c.filter)
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
        c.star_tracker = c.radar = c.gamma = NULL
        if "star_tracker" in arena.records:
            c.star_tracker = <StarTrackerReading*>record_of(arena, "star_tracker", sizeof(StarTrackerReading))
        if "radar" in arena.records:
            c.radar = <RadarReading*>record_of(arena, "radar", sizeof(RadarReading))
        if "gamma_altimeter" in arena.records:
            c.gamma = <GammaAltimeterReading*>record_of(arena, "gamma_altimeter", sizeof(GammaAltimeterReading))
        c.mode = <ModeState*>record_of(arena, "mode", sizeof(ModeState)) if "mode" in arena.records else NULL
        c.mode_landed = LANDER.vehicle.modes["LANDED"]
        c.event_degraded = LANDER.event("navigation_degraded").id
        c.event_recovered = LANDER.event("navigation_recovered").id
        c.event_restarted = LANDER.event("altitude_restarted").id
        c.event_realigned = LANDER.event("attitude_restarted").id
        c.filter.reported = DEGRADED_STATE | DEGRADED_ALTIMETER   # it starts degraded: only a recovery is news
        c.filter.said = 1
        c.solution.quaternion_site_from_body[0] = 1.0
        c.solution.up[2] = 1.0
        c.solution.range_tick = c.solution.gamma_tick = -1
        self._trust({"sigma_position_m": 1e4, "sigma_altitude_m": 1e4, "sigma_velocity_m_s": 1e2, "sigma_attitude_rad": 1.0,
                     "sigma_accelerometer_bias_m_s2": 0.05})
        self.slot = SlotCode.make("navigation", _run, c, self)

    def _trust(self, sigma):
        """The covariance of an uploaded state: independent errors, but for altitude, which errs as the position does."""
        cdef NavigationSolution* s = self.context.solution
        cdef NavigationFilter* f = self.context.filter
        cdef int i
        cdef double position = sigma.get("sigma_position_m", sigma["sigma_altitude_m"])
        for i in range(STATES * STATES):
            f.covariance[i] = 0.0
        for place, name in ((AT_VELOCITY, "sigma_velocity_m_s"), (AT_ATTITUDE, "sigma_attitude_rad"), (AT_FORCE, "sigma_accelerometer_bias_m_s2")):
            for i in range(3):
                f.covariance[(STATES + 1) * (place + i)] = sigma[name] ** 2
        for i in range(3):
            f.covariance[(STATES + 1) * (AT_POSITION + i)] = position ** 2
            f.covariance[(STATES + 1) * (AT_GYRO + i)] = GYRO_BIAS_SIGMA_RAD_S ** 2
            if not s.terrain:
                f.covariance[STATES * AT_ALTITUDE + AT_POSITION + i] = position ** 2 * s.up[i]
                f.covariance[STATES * (AT_POSITION + i) + AT_ALTITUDE] = position ** 2 * s.up[i]
        f.covariance[(STATES + 1) * AT_ALTITUDE] = sigma["sigma_altitude_m"] ** 2
        f.elapsed_s = 0.0
        f.gained_m_s[0] = f.gained_m_s[1] = f.gained_m_s[2] = 0.0
        _say_how_sure(s, f)

    def load_state(self, uploaded):
        """Take the state vector that the ground has uploaded, between two ticks.

        `uploaded` maps symbol-like names to numbers: `position_m[0..2]`, `velocity_m_s[0..2]`, `quaternion_site_from_body[0..3]`,
        `altitude_m`, and, where they are known, `gyro_bias_rad_s[0..2]`, `mass_kg`, `sigma_position_m`, `sigma_altitude_m`,
        `sigma_velocity_m_s`, `sigma_attitude_rad` and `sigma_accelerometer_bias_m_s2`. Altitude is that above the terrain, or, where no
        sensor could tell of it (high, fast or lying), above the target's sphere. Raises KeyError for a missing name and ValueError for
        a value that is not finite; then nothing has changed.
        """
        cdef NavigationSolution* s = self.context.solution
        cdef NavigationFilter* f = self.context.filter
        cdef int i
        cdef list position = [float(uploaded[f"position_m[{i}]"]) for i in range(3)]
        cdef list velocity = [float(uploaded[f"velocity_m_s[{i}]"]) for i in range(3)]
        cdef list quaternion = [float(uploaded[f"quaternion_site_from_body[{i}]"]) for i in range(4)]
        cdef list bias = [float(uploaded.get(f"gyro_bias_rad_s[{i}]", 0.0)) for i in range(3)]
        cdef double altitude = uploaded["altitude_m"], mass = uploaded.get("mass_kg", 0.0)
        sigma = {"sigma_altitude_m": 50.0, "sigma_velocity_m_s": 0.2, "sigma_attitude_rad": 1e-3, "sigma_accelerometer_bias_m_s2": 0.005}
        sigma |= {name: float(value) for name, value in uploaded.items() if name.startswith("sigma_")}
        if not all(map(math.isfinite, [*position, *velocity, *quaternion, *bias, altitude, mass, *sigma.values()])):
            raise ValueError("uploaded state: a value is not finite")
        for i in range(3):
            s.position_m[i] = position[i]
            s.velocity_m_s[i] = velocity[i]
            f.gyro_bias_rad_s[i] = f.held_rate_rad_s[i] = bias[i]
            f.accelerometer_bias_m_s2[i] = 0.0
        for i in range(4):
            s.quaternion_site_from_body[i] = quaternion[i]
        normalise(s.quaternion_site_from_body)
        s.altitude_m, s.mass_kg = altitude, mass
        position[2] += SITE_RADIUS_M
        for i in range(3):
            s.up[i] = position[i] / math.hypot(*position)
        s.vertical_speed_m_s = sum(s.up[i] * velocity[i] for i in range(3))
        s.terrain = over_ground(&self.context)
        self._trust(sigma)
        f.streak = f.settled = 0
        f.loaded = 1
