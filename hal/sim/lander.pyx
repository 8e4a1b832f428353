# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Lander: the true body. Owns the records `lander` and `lander.actuation`; its slot moves them on by one tick.

Six degrees of freedom in the rotating site frame: central gravity, Coriolis and centrifugal acceleration (hal.sim.site), Euler's
equations about the principal axes, quaternion kinematics; fourth-order Runge-Kutta over the tick with mass falling linearly, quaternion
normalised after each step. Thrust and impulses of a tick are spread evenly over it. Inertia is linear in propellant.
Below the hand-over altitude MuJoCo moves it instead: hal.sim.lander_legs.

What this does not simulate: sloshing, flexible parts, movement of the centre of mass, jet damping, the moment of an engine that does
not point through the centre of mass, plumes striking the body, where within its tick a valve was open.
"""

from libc.math cimport atan2, cos, fmax, sqrt
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memset

import numpy as np

from hal.sim import lander_figures as figures
from hal.sim import lander_mjcf
from hal.sim.thruster_table import THRUSTER_TABLE

from hal.sim.ground_patch cimport PATCH_POSTS, patch_wire
from hal.sim.lander_legs cimport (CRASHED, FLYING, FREE, HELD, LANDED, LOST, MUJOCO_STATE, NONE, PARKED, TIPPED, WRECKED, LanderContact,
                                  LanderMujoco, Load, footpad_speed, legs_leave, legs_move, legs_rest, legs_touch)
from hal.sim.mujoco_model cimport mujoco_save
from hal.sim.site cimport MOON_RATE_NORTH, MOON_RATE_UP, SITE_RADIUS, apparent_gravity, rotate, rotate_back, site_map
from hal.sim.terrain cimport terrain_height, terrain_range

cdef double RANGE_LIMIT_M = 31000.0          # the altimeter hears 30 km; a flat beam, as in the main deceleration, costs by its length
cdef double FAST_M_S = 12.0                  # no leg bears it: such a body is not given to MuJoCo, it crashes where it meets the ground
cdef double POST_SPACING_M = 0.15            # of the ground patch
cdef double LONGEST_STEP_S = 0.005           # with the ground within reach
cdef double QUIET_N = 1.0                    # engine thrust below which a landed body stays at rest
cdef double TIP_COSINE = 0.70710678          # 45 deg: beyond the balance on two pads

cdef struct Flight:                          # what is integrated
    double x[13]                             # position, velocity, quaternion, rate


cdef void load_of(LanderContext* c, Load* load, double* flow_kg_s) noexcept nogil:
    """Forces, torques and mass properties of this tick; mass is that of its middle. Without propellant nothing pushes."""
    cdef LanderActuation* a = c.actuation
    cdef double thrust, mean_kg
    cdef int t, i
    memset(load, 0, sizeof(Load))
    flow_kg_s[0] = 0.0
    if c.body.propellant_kg > 0.0:
        load.force_n[2] = a.engine_thrust_n
        flow_kg_s[0] = a.engine_flow_kg_s + a.thruster_flow_kg / c.step_s
        for t in range(28):
            if a.thruster_impulse_n_s[t] != 0.0:
                thrust = a.thruster_impulse_n_s[t] / c.step_s
                for i in range(3):
                    load.force_n[i] += thrust * c.thruster_direction[t][i]
                    load.torque_n_m[i] += thrust * c.thruster_arm_m[t][i]
    mean_kg = fmax(0.0, c.body.propellant_kg - 0.5 * c.step_s * flow_kg_s[0])
    load.mass_kg = c.dry_mass_kg + mean_kg
    for i in range(3):
        load.inertia_kg_m2[i] = c.dry_inertia_kg_m2[i] + c.inertia_per_kg_m2[i] * mean_kg


cdef inline void slope_of(const Flight* s, const Load* load, double mass, double* out) noexcept nogil:
    """Time derivative of the state."""
    cdef const double* q = &s.x[6]
    cdef const double* w = &s.x[10]
    cdef double jx = load.inertia_kg_m2[0], jy = load.inertia_kg_m2[1], jz = load.inertia_kg_m2[2]
    cdef double push[3]
    cdef double n = MOON_RATE_NORTH, u = MOON_RATE_UP
    cdef int i
    apparent_gravity(s.x, &s.x[3], &out[3])
    rotate(q, load.force_n, push)
    for i in range(3):
        out[i] = s.x[3 + i]
        out[3 + i] += push[i] / mass
    # Half of (q times rate, less the Moon's rate times q): the site frame itself turns.
    out[6] = 0.5 * (-q[1] * w[0] - q[2] * w[1] - q[3] * w[2] + n * q[2] + u * q[3])
    out[7] = 0.5 * (q[0] * w[0] + q[2] * w[2] - q[3] * w[1] - n * q[3] + u * q[2])
    out[8] = 0.5 * (q[0] * w[1] + q[3] * w[0] - q[1] * w[2] - n * q[0] - u * q[1])
    out[9] = 0.5 * (q[0] * w[2] + q[1] * w[1] - q[2] * w[0] + n * q[1] - u * q[0])
    out[10] = (load.torque_n_m[0] - (jz - jy) * w[1] * w[2]) / jx
    out[11] = (load.torque_n_m[1] - (jx - jz) * w[2] * w[0]) / jy
    out[12] = (load.torque_n_m[2] - (jy - jx) * w[0] * w[1]) / jz


cdef void fly(LanderContext* c, const Load* load, double flow_kg_s) noexcept nogil:
    """One Runge-Kutta step of a tick, away from the ground."""
    cdef LanderBody* b = c.body
    cdef Flight s
    cdef Flight y
    cdef double k[4][13]
    cdef double h = c.step_s, half_kg = 0.5 * h * flow_kg_s, size
    cdef int i
    for i in range(3):
        s.x[i], s.x[3 + i], s.x[10 + i] = b.position_m[i], b.velocity_m_s[i], b.rate_rad_s[i]
    for i in range(4):
        s.x[6 + i] = b.quaternion_site_from_body[i]
    slope_of(&s, load, load.mass_kg + half_kg, k[0])
    for i in range(13):
        y.x[i] = s.x[i] + 0.5 * h * k[0][i]
    slope_of(&y, load, load.mass_kg, k[1])
    for i in range(13):
        y.x[i] = s.x[i] + 0.5 * h * k[1][i]
    slope_of(&y, load, load.mass_kg, k[2])
    for i in range(13):
        y.x[i] = s.x[i] + h * k[2][i]
    slope_of(&y, load, load.mass_kg - half_kg, k[3])
    for i in range(13):
        s.x[i] += h / 6.0 * (k[0][i] + 2.0 * (k[1][i] + k[2][i]) + k[3][i])
    size = 1.0 / sqrt(s.x[6] * s.x[6] + s.x[7] * s.x[7] + s.x[8] * s.x[8] + s.x[9] * s.x[9])
    for i in range(3):
        b.position_m[i], b.velocity_m_s[i], b.rate_rad_s[i] = s.x[i], s.x[3 + i], s.x[10 + i]
        b.specific_force_m_s2[i] = load.force_n[i] / load.mass_kg
    for i in range(4):
        b.quaternion_site_from_body[i] = size * s.x[6 + i]


cdef void leave_ground(LanderContext* c) noexcept nogil:
    """No pad is within reach any more."""
    cdef int k
    for k in range(4):
        c.body.pad_contact[k] = 0
        c.body.pad_force_n[k] = 0.0
    c.contact.airborne = 1
    c.contact.still_ticks = 0
    if c.body.outcome == LANDED:
        c.body.outcome = FLYING
    legs_leave(c)


cdef void at_rest(LanderContext* c) noexcept nogil:
    """Specific force and rate of a body that does not accelerate against the ground."""
    cdef double g[3]
    cdef double moon[3]
    cdef int i
    apparent_gravity(c.body.position_m, c.body.velocity_m_s, g)
    for i in range(3):
        g[i] = -g[i]
    moon[0], moon[1], moon[2] = 0.0, MOON_RATE_NORTH, MOON_RATE_UP
    rotate_back(c.body.quaternion_site_from_body, g, c.body.specific_force_m_s2)
    rotate_back(c.body.quaternion_site_from_body, moon, c.body.rate_rad_s)


cdef void stop(LanderContext* c, uint8_t motion) noexcept nogil:
    memset(c.body.velocity_m_s, 0, sizeof(c.body.velocity_m_s))
    c.body.speed_m_s = 0.0
    c.contact.motion = motion
    at_rest(c)


cdef double observe(LanderContext* c) noexcept nogil:
    """What follows from the state: altitude, range, speed, tilt; returns the cosine of the tilt."""
    cdef LanderBody* b = c.body
    cdef const double* q = b.quaternion_site_from_body
    cdef double place[3]
    cdef double arm[3]
    cdef double z[3]
    cdef double up[3]
    cdef double east, north, height, radius, cosine
    cdef int i
    z[0], z[1], z[2] = 2.0 * (q[1] * q[3] + q[0] * q[2]), 2.0 * (q[2] * q[3] - q[0] * q[1]), 1.0 - 2.0 * (q[1] * q[1] + q[2] * q[2])
    for i in range(3):
        place[i] = b.position_m[i] + c.pad_m[0][2] * z[i]
    height = site_map(place, &east, &north)
    b.altitude_m = height - terrain_height(c.surface, east, north, fmax(1.0, 0.005 * b.altitude_m), NULL)
    rotate(q, c.altimeter_m, arm)
    for i in range(3):
        arm[i] += b.position_m[i]
        place[i] = -z[i]
    b.range_m = terrain_range(c.surface, arm, place, b.range_m, RANGE_LIMIT_M)
    b.speed_m_s = sqrt(b.velocity_m_s[0] * b.velocity_m_s[0] + b.velocity_m_s[1] * b.velocity_m_s[1] + b.velocity_m_s[2] * b.velocity_m_s[2])
    up[0], up[1], up[2] = b.position_m[0], b.position_m[1], b.position_m[2] + SITE_RADIUS
    radius = 1.0 / sqrt(up[0] * up[0] + up[1] * up[1] + up[2] * up[2])
    for i in range(3):
        up[i] *= radius
    cosine = z[0] * up[0] + z[1] * up[1] + z[2] * up[2]
    arm[0], arm[1], arm[2] = z[1] * up[2] - z[2] * up[1], z[2] * up[0] - z[0] * up[2], z[0] * up[1] - z[1] * up[0]
    b.tilt_rad = atan2(sqrt(arm[0] * arm[0] + arm[1] * arm[1] + arm[2] * arm[2]), cosine)
    return cosine


cdef void move(LanderContext* c, const Load* load, double flow_kg_s, int64_t tick) noexcept nogil:
    """One tick of a body that is free to move."""
    cdef LanderBody* b = c.body
    cdef double cosine, vertical, horizontal
    cdef bint low
    if c.contact.near and b.altitude_m > 1.1 * c.handover_m:
        leave_ground(c)
    low = b.altitude_m < c.handover_m
    if c.contact.near or (low and b.speed_m_s < FAST_M_S):
        legs_move(c, load, tick)
        cosine = observe(c)
    else:
        footpad_speed(c, &vertical, &horizontal)
        fly(c, load, flow_kg_s)
        cosine = observe(c)
        if low and b.altitude_m < 0.0:
            legs_touch(c, vertical, horizontal, tick)
    if b.outcome == FLYING and cosine < TIP_COSINE and not c.contact.airborne:
        b.outcome = TIPPED
    if b.outcome == CRASHED or b.outcome == TIPPED or b.outcome == LOST:
        stop(c, WRECKED)
    elif b.outcome == LANDED and load_is_quiet(load):
        stop(c, PARKED)
        legs_rest(c)


cdef inline bint load_is_quiet(const Load* load) noexcept nogil:
    return (load.force_n[2] < QUIET_N and load.force_n[2] > -QUIET_N and load.force_n[0] == 0.0 and load.force_n[1] == 0.0
            and load.torque_n_m[0] == 0.0 and load.torque_n_m[1] == 0.0 and load.torque_n_m[2] == 0.0)


cdef int lander_slot(void* context, int64_t tick) noexcept nogil:
    cdef LanderContext* c = <LanderContext*>context
    cdef LanderBody* b = c.body
    cdef Load load
    cdef double flow
    cdef int i
    if c.contact.motion == WRECKED or c.contact.motion == NONE:
        return 0
    load_of(c, &load, &flow)
    if c.contact.motion == PARKED and not load_is_quiet(&load):
        c.contact.motion = FREE
    if c.contact.motion == HELD and tick >= c.contact.release_tick:
        c.contact.motion = FREE
    if c.contact.motion == HELD:
        for i in range(3):
            b.position_m[i] += c.step_s * b.velocity_m_s[i]
        at_rest(c)
        observe(c)
    elif c.contact.motion == FREE:
        move(c, &load, flow, tick)
    b.propellant_kg = fmax(0.0, b.propellant_kg - c.step_s * flow)
    b.mass_kg = c.dry_mass_kg + b.propellant_kg
    return 0


cdef class Lander:
    """The lander over one terrain. `tick_s` is the length of a tick; `place` sets the state, the slot moves it; below an altitude of
    `handover_m` MuJoCo does."""

    def __init__(self, Arena arena not None, Terrain terrain not None, double tick_s=0.01, double handover_m=20.0):
        self.arena = arena
        self.terrain = terrain
        self.body = <LanderBody*>arena.take("lander", sizeof(LanderBody))
        self.actuation = <LanderActuation*>arena.take("lander.actuation", sizeof(LanderActuation))
        cdef LanderContact* contact = <LanderContact*>arena.take("lander.contact", sizeof(LanderContact))
        cdef LanderBody[::1] body_view = <LanderBody[:1]>self.body
        cdef LanderActuation[::1] actuation_view = <LanderActuation[:1]>self.actuation
        cdef LanderMujoco* mujoco = <LanderMujoco*>arena.take("lander.mujoco", sizeof(LanderMujoco))
        cdef LanderContact[::1] contact_view = <LanderContact[:1]>contact
        cdef LanderMujoco[::1] mujoco_view = <LanderMujoco[:1]>mujoco
        arena.bind("lander", np.asarray(body_view))
        arena.bind("lander.actuation", np.asarray(actuation_view))
        arena.bind("lander.contact", np.asarray(contact_view))
        arena.bind("lander.mujoco", np.asarray(mujoco_view))
        self.context.body, self.context.actuation, self.context.contact, self.context.mujoco = self.body, self.actuation, contact, mujoco
        self.context.surface = &terrain.surface
        self.context.step_s = tick_s
        self.context.substeps = max(1, round(tick_s / LONGEST_STEP_S))
        self.context.settle_ticks = round(1.0 / tick_s)
        self.context.handover_m = handover_m
        self._wire_figures()
        self._wire_mujoco()
        self.slot = SlotCode.make("lander.body", lander_slot, &self.context, self)

    def _wire_figures(self):
        """The figures of the body, from their tables into the context."""
        cdef LanderContext* c = &self.context
        cdef int i, k
        c.dry_mass_kg = figures.DRY_MASS_KG
        c.limit_vertical_m_s = figures.TOUCHDOWN_VERTICAL_LIMIT_M_S
        c.limit_horizontal_m_s = figures.TOUCHDOWN_HORIZONTAL_LIMIT_M_S
        for i in range(3):
            c.dry_inertia_kg_m2[i] = figures.DRY_INERTIA_KG_M2[i]
            c.inertia_per_kg_m2[i] = figures.INERTIA_PER_PROPELLANT_M2[i]
            c.altimeter_m[i] = figures.ALTIMETER_POSITION_M[i]
            for k in range(4):
                c.pad_m[k][i] = figures.PAD_POSITION_M[k][i]
        for k, thruster in enumerate(THRUSTER_TABLE):
            arm = np.cross(thruster.position_m, thruster.direction)
            for i in range(3):
                c.thruster_direction[k][i] = thruster.direction[i]
                c.thruster_arm_m[k][i] = arm[i]

    def _wire_mujoco(self):
        """The two models, their figures, and the patch of ground below them."""
        cdef LanderContext* c = &self.context
        half_m = 0.5 * (PATCH_POSTS - 1) * POST_SPACING_M
        self.ground = MujocoModel(lander_mjcf.lander_mjcf(c.step_s / c.substeps, True, PATCH_POSTS, half_m))
        self.flight = MujocoModel(lander_mjcf.lander_mjcf(c.step_s, False, PATCH_POSTS, half_m), self.ground)
        if self.ground.state_size > MUJOCO_STATE:
            raise ValueError(f"record lander.mujoco has no room for {self.ground.state_size} numbers")
        c.ground, c.flight = &self.ground.m, &self.flight.m
        mujoco_save(c.ground, c.started)
        patch_wire(&c.patch, c.surface, c.ground, POST_SPACING_M, lander_mjcf.PATCH_DEPTH_M)
        legs_kg, c.legs_centre_m, inertia = lander_mjcf.leg_inertia()
        c.leg_mass_kg = legs_kg / 4.0
        for i in range(3):
            c.legs_inertia_kg_m2[i] = inertia[i]
        c.strut_stiffness_n_m, c.strut_damping_n_s_m = figures.STRUT_STIFFNESS_N_M, figures.STRUT_DAMPING_N_S_M
        c.strut_crush_n, c.stroke_cosine = figures.STRUT_CRUSH_N, cos(figures.STRUT_TILT_RAD)

    def place(self, position_m, velocity_m_s, quaternion, double propellant_kg, rate_rad_s=None, int64_t hold_until=0, bint moving=True):
        """Set the state (site frame; scalar-first quaternion site from body; rate relative to inertial space, by default at rest on
        the Moon) and clear what the ground remembers. Held until a tick; or, not `moving`, for ever without physics."""
        cdef LanderBody* b = self.body
        cdef LanderContact* contact = self.context.contact
        memset(b, 0, sizeof(LanderBody))
        memset(contact, 0, sizeof(LanderContact))
        memset(self.context.mujoco, 0, sizeof(LanderMujoco))
        for i in range(3):
            b.position_m[i], b.velocity_m_s[i] = position_m[i], velocity_m_s[i]
        for i in range(4):
            b.quaternion_site_from_body[i] = quaternion[i]
        b.propellant_kg = propellant_kg
        b.mass_kg = figures.DRY_MASS_KG + propellant_kg
        b.touchdown_tick = -1
        b.range_m = -1.0
        contact.airborne = 1
        contact.release_tick = hold_until
        contact.motion = (HELD if hold_until > 0 else FREE) if moving else NONE
        at_rest(&self.context)
        if rate_rad_s is not None:
            for i in range(3):
                b.rate_rad_s[i] = rate_rad_s[i]
        b.altitude_m = position_m[2]
        observe(&self.context)

    def settle(self, int ticks):
        """Let the body fall and come to rest before the first tick; the touchdown is then of the past. Returns whether it landed."""
        cdef int n
        for n in range(ticks):
            if self.context.contact.motion == FREE:
                lander_slot(&self.context, 0)
        return self.body.outcome == LANDED
