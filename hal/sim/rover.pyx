# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Rover: the true body. Owns the records `rover`, `rover.actuation` and `ramp`; its slot moves the body on by one tick.

Aboard it has the lander's pose and costs a few nanoseconds. Once the hold-downs are open and the lander stands, MuJoCo moves chassis,
rockers and bogies in steps of two milliseconds (hal.sim.rover_model); hal.sim.rover_wheels puts the forces of ground, rocks and ramp on
the wheels' carriers and turns the wheels; MuJoCo's own contact is for hull and mast. After two seconds at rest with nothing driven the
body is parked, until a torque or a steering angle changes. All of MuJoCo's integration state is a record, put back before each tick:
a tick follows from the arena alone.

What this does not simulate: the Moon's rotation under the rover (Coriolis acceleration: 1e-7 m/s2), the lander moving under the rover's
weight (its reaction is in `ramp.load` for whoever moves the lander), touching the lander's hull or legs, mast and wings that unfold,
bending.
"""

from libc.math cimport fabs
from libc.stdint cimport int64_t, uintptr_t
from libc.string cimport memcpy, memset

import numpy as np

from hal.sim import rover_figures as figures
from hal.sim.rover_model import CARRIERS, JOINTS, rover_xml

from hal.sim.far_end cimport record_of
from hal.sim.lander_body cimport LanderBody
from hal.sim.mujoco_model cimport Mujoco, mujoco_clear_warnings, mujoco_load, mujoco_save, mujoco_warnings
from hal.sim.ramp cimport RailState, ramp_update
from hal.sim.rover_body cimport ROVER_ABOARD, ROVER_FREE, ROVER_NOWHERE, RampLoad, drive_inertia_kg_m2
from hal.sim.rover_watch cimport feel_weight, moon_rate, observe, tilt_of
from hal.sim.rover_wheels cimport (
    STATE, WHEELS, MadeGround, RoverPhysics, find_ground, find_obstacles, ground_height, press_tracks, wheels_step
)
from hal.sim.site cimport SITE_RADIUS, apparent_gravity, rotate, rotate_back
from hal.sim.soil cimport Soil

cdef double STEP_S = 0.002
cdef double STILL_M_S = 1e-3
cdef double STILL_RAD_S = 2e-3
cdef double STILL_WHEEL_RAD_S = 1e-4
cdef double STILL_S = 2.0
cdef double SETTLING_N_M = 2.0                # what a gear of this size takes to turn
cdef double WAKE_N_M = 0.05
cdef double WAKE_RAD = 1e-5

cdef void ride(RoverContext* c) noexcept nogil:
    """Stand on the deck: the lander's pose, turned and raised; the arm's own share of velocity and specific force is left out but for
    the velocity's."""
    cdef const LanderBody* lander = c.ramp.lander
    cdef RoverBody* b = c.body
    cdef const double* a = &lander.quaternion_site_from_body[0]
    cdef double* t = c.ramp.turn
    cdef double* q = b.quaternion_site_from_body
    cdef double back[4]
    cdef double arm[3]
    cdef double spin[3]
    cdef double own[3]
    cdef int i
    q[0], q[1] = a[0] * t[0] - a[3] * t[3], a[1] * t[0] + a[2] * t[3]                # t turns about z alone
    q[2], q[3] = a[2] * t[0] - a[1] * t[3], a[3] * t[0] + a[0] * t[3]
    rotate(q, c.aboard_m, arm)
    back[0], back[1], back[2], back[3] = t[0], t[1], t[2], -t[3]
    rotate(back, lander.rate_rad_s, b.rate_rad_s)
    rotate(back, lander.specific_force_m_s2, b.specific_force_m_s2)
    moon_rate(q, own)
    for i in range(3):
        own[i] = b.rate_rad_s[i] - own[i]
    spin[0] = own[1] * c.aboard_m[2] - own[2] * c.aboard_m[1]
    spin[1] = own[2] * c.aboard_m[0] - own[0] * c.aboard_m[2]
    spin[2] = own[0] * c.aboard_m[1] - own[1] * c.aboard_m[0]
    rotate(q, spin, own)
    for i in range(3):
        b.position_m[i] = lander.position_m[i] + arm[i]
        b.velocity_m_s[i] = lander.velocity_m_s[i] + own[i]
    b.tilt_rad = lander.tilt_rad


cdef void stand(RoverContext* c) noexcept nogil:
    """Give MuJoCo the body's pose with its suspension level, at rest; what ground and wheels remember is forgotten."""
    cdef Mujoco* m = c.mujoco
    cdef RoverPhysics* p = c.physics
    cdef int i
    memset(p, 0, sizeof(RoverPhysics))
    mujoco_clear_warnings(m)
    mujoco_load(m, c.built)
    for i in range(3):
        m.qpos[i] = c.body.position_m[i]
    for i in range(4):
        m.qpos[3 + i] = c.body.quaternion_site_from_body[i]
    mujoco_save(m, p.state)
    memset(c.body.wheel_rate_rad_s, 0, sizeof(c.body.wheel_rate_rad_s))


cdef bint is_quiet(RoverContext* c) noexcept nogil:
    """Whether nothing has changed that could move a body at rest, since it was last moved."""
    cdef int i
    for i in range(WHEELS):
        if fabs(c.actuation.wheel_torque_n_m[i] - c.physics.still_torque_n_m[i]) > WAKE_N_M:
            return False
    for i in range(4):
        if fabs(c.actuation.steering_angle_rad[i] - c.physics.still_angle_rad[i]) > WAKE_RAD:
            return False
    return True


cdef void rest(RoverContext* c) noexcept nogil:
    """Count how long the body has been at rest, and park it."""
    cdef RoverBody* b = c.body
    cdef RoverPhysics* p = c.physics
    cdef Mujoco* m = c.mujoco
    cdef bint still = True
    cdef double v2 = 0.0, w2 = 0.0
    cdef int i
    for i in range(3):
        v2 += b.velocity_m_s[i] * b.velocity_m_s[i]
        w2 += m.qvel[3 + i] * m.qvel[3 + i]
    still = v2 < STILL_M_S * STILL_M_S and w2 < STILL_RAD_S * STILL_RAD_S
    for i in range(WHEELS):
        still = still and fabs(b.wheel_rate_rad_s[i]) < STILL_WHEEL_RAD_S
    if not still or not is_quiet(c):
        p.still_ticks = 0
        memcpy(p.still_torque_n_m, c.actuation.wheel_torque_n_m, sizeof(p.still_torque_n_m))
        memcpy(p.still_angle_rad, c.actuation.steering_angle_rad, sizeof(p.still_angle_rad))
        return
    p.still_ticks += 1
    if p.still_ticks * c.tick_s < STILL_S:
        return
    p.parked = 1
    for i in range(m.nv):
        m.qvel[i] = 0.0
    mujoco_save(m, p.state)
    memset(b.velocity_m_s, 0, sizeof(b.velocity_m_s))
    memset(b.wheel_rate_rad_s, 0, sizeof(b.wheel_rate_rad_s))
    feel_weight(b)


cdef void drive(RoverContext* c) noexcept nogil:
    """One tick of physics."""
    cdef Mujoco* m = c.mujoco
    cdef double before[3]
    cdef double at[3]
    cdef int i, n
    for i in range(3):
        before[i], at[i] = c.body.velocity_m_s[i], c.body.position_m[i]
    mujoco_load(m, c.physics.state)
    mujoco_clear_warnings(m)                             # they are of the past, perhaps another run's
    apparent_gravity(c.body.position_m, c.body.velocity_m_s, m.gravity)
    memset(c.load, 0, sizeof(RampLoad))
    if not c.ground.made:
        ramp_update(&c.ramp)
    find_obstacles(c)
    for n in range(c.substeps):
        m.step1(m.model, m.data)
        if n == 0:
            find_ground(c)
        wheels_step(c)
        m.step2(m.model, m.data)
        c.physics.warnings = mujoco_warnings(m)
        if c.physics.warnings:
            c.body.outcome = 3
            return
    mujoco_save(m, c.physics.state)
    observe(c, before, at)
    press_tracks(c)


cdef int rover_slot(void* context, int64_t tick) noexcept nogil:
    cdef RoverContext* c = <RoverContext*>context
    cdef RoverBody* b = c.body
    if b.motion == ROVER_ABOARD:
        ride(c)
        if not c.released[0] or c.ramp.lander.outcome == 0:
            return 0
        b.motion, b.free_tick = ROVER_FREE, tick
        stand(c)
    if b.motion != ROVER_FREE or c.physics.warnings:
        return 0
    if c.physics.parked:
        if is_quiet(c):
            return 0
        c.physics.parked = 0
        c.physics.still_ticks = 0
    drive(c)
    if not c.physics.warnings:
        rest(c)
    return 0


cdef class Rover:
    """The rover over one terrain, aboard the lander whose record `lander` is in the arena. `tick_s` is the length of a tick."""

    def __init__(self, Arena arena not None, Terrain terrain not None, double tick_s=0.01):
        cdef RoverContext* c = &self.context
        self.arena, self.terrain = arena, terrain
        self.random = RandomSource(arena, "random.soil")
        self.body = <RoverBody*>arena.take("rover", sizeof(RoverBody))
        self.actuation = <RoverActuation*>arena.take("rover.actuation", sizeof(RoverActuation))
        self.ramp = <RampBody*>arena.take("ramp", sizeof(RampBody))
        c.load = <RampLoad*>arena.take("ramp.load", sizeof(RampLoad))
        c.physics = <RoverPhysics*>arena.take("rover.physics", sizeof(RoverPhysics))
        c.ground = <MadeGround*>arena.take("rover.ground", sizeof(MadeGround))
        c.soil = <Soil*>arena.take("soil", sizeof(Soil))
        c.ramp.rails = <RailState*>arena.take("ramp.rails", sizeof(RailState))
        c.body, c.actuation, c.surface = self.body, self.actuation, &terrain.surface
        c.ramp.lander = <const LanderBody*>record_of(arena, "lander", sizeof(LanderBody))
        c.ramp.body, c.ramp.surface = self.ramp, &terrain.surface
        c.released = &self.ramp.released
        c.tick_s, c.substeps = tick_s, max(1, round(tick_s / STEP_S))
        c.step_s = tick_s / c.substeps
        self._bind()
        self._wire_figures()
        self._wire_mujoco()
        self.body.motion, self.body.free_tick = ROVER_NOWHERE, -1
        self.slot = SlotCode.make("rover.body", rover_slot, c, self)

    def _bind(self):
        """The records' views."""
        cdef RoverContext* c = &self.context
        cdef RoverBody[::1] body = <RoverBody[:1]>self.body
        cdef RoverActuation[::1] actuation = <RoverActuation[:1]>self.actuation
        cdef RampBody[::1] ramp = <RampBody[:1]>self.ramp
        cdef RampLoad[::1] load = <RampLoad[:1]>c.load
        cdef RoverPhysics[::1] physics = <RoverPhysics[:1]>c.physics
        cdef MadeGround[::1] ground = <MadeGround[:1]>c.ground
        cdef Soil[::1] soil = <Soil[:1]>c.soil
        cdef RailState[::1] rails = <RailState[:1]>c.ramp.rails
        views = {"rover": body, "rover.actuation": actuation, "ramp": ramp, "ramp.load": load, "rover.physics": physics,
                 "rover.ground": ground, "soil": soil, "ramp.rails": rails}
        for name, view in views.items():
            self.arena.bind(name, np.asarray(view))

    def _wire_figures(self):
        """The figures of body and ramp, from their tables into the context."""
        cdef RoverContext* c = &self.context
        c.radius_m, c.width_m, c.friction = figures.WHEEL_RADIUS_M, figures.WHEEL_WIDTH_M, figures.WHEEL_FRICTION
        c.wheel_inertia_kg_m2 = figures.WHEEL_INERTIA_KG_M2
        c.spin_inertia_kg_m2 = figures.WHEEL_INERTIA_KG_M2 + drive_inertia_kg_m2()
        c.guide_play_m, c.guide_height_m, c.tipped_rad = figures.GUIDE_PLAY_M, figures.GUIDE_HEIGHT_M, figures.TIPPED_RAD
        c.hull_clear_m = figures.HULL_CLEAR_M
        c.ramp.turn[0], c.ramp.turn[3] = np.cos(0.5 * figures.RAIL_AZIMUTH_RAD), np.sin(0.5 * figures.RAIL_AZIMUTH_RAD)
        c.ramp.deck_z_m, c.ramp.deck_rear_m, c.ramp.deck_half_width_m = figures.DECK_Z_M, figures.DECK_REAR_M, figures.DECK_HALF_WIDTH_M
        c.ramp.hinge_m, c.ramp.rail_length_m = figures.HINGE_M, figures.RAIL_LENGTH_M
        c.ramp.rail_half_width_m, c.ramp.rail_middle_m = figures.RAIL_HALF_WIDTH_M, figures.RAIL_MIDDLE_M
        for k in range(3):
            c.aboard_m[k] = figures.ABOARD_POSITION_M[k]

    def _wire_mujoco(self):
        """The model, and where it keeps what the wheels need."""
        cdef RoverContext* c = &self.context
        cdef MujocoModel mujoco = MujocoModel(rover_xml(c.step_s))
        self.mujoco = mujoco
        c.mujoco = &mujoco.m
        rock = mujoco.index("geom", "rock0")
        c.hull.place_m = <double*><uintptr_t>mujoco.data.mocap_pos.ctypes.data
        c.hull.turn = <double*><uintptr_t>mujoco.data.mocap_quat.ctypes.data
        c.hull.size_m = <double*><uintptr_t>mujoco.model.geom_size[rock:].ctypes.data
        if mujoco.m.state_size > STATE:
            raise ValueError(f"the rover's integration state has {mujoco.m.state_size} numbers; there is room for {STATE}")
        c.velocity = <const double*><uintptr_t>mujoco.data.cvel.ctypes.data
        c.centre = <const double*>(<uintptr_t>mujoco.data.subtree_com.ctypes.data + 3 * sizeof(double))
        mujoco_save(c.mujoco, c.built)
        pivots = {"rocker": figures.ROCKER_PIVOT_M, "bogie": figures.BOGIE_PIVOT_M}
        for i, place in enumerate(figures.WHEEL_POSITION_M):
            name = f"{'left' if i < 3 else 'right'}_{'rocker' if i % 3 == 0 else 'bogie'}"
            c.carrier[i] = mujoco.index("body", name)
            if c.carrier[i] != 2 + CARRIERS.index(name):
                raise ValueError(f"the carrier {name} is not where the wheels expect it")
            x, y, z = pivots[name.partition("_")[2]]
            c.offset_m[i][0], c.offset_m[i][1], c.offset_m[i][2] = place[0] - x, place[1] - (y if i < 3 else -y), place[2] - z
            c.steering[i] = figures.STEERED_WHEEL.index(i) if i in figures.STEERED_WHEEL else -1
        for k, name in enumerate(JOINTS):
            c.joint[k] = mujoco.qpos_index(name)

    def seed(self, unsigned long long seed):
        """Draw the soil of a run: cohesion and friction, each evenly within what is published for the site."""
        self.random.seed(seed)
        low, high = figures.COHESION_RANGE_PA
        cohesion = low + (high - low) * self.random.uniform()
        low, high = figures.FRICTION_RANGE_RAD
        self.set_soil(cohesion, low + (high - low) * self.random.uniform())

    def set_soil(self, double cohesion_pa, double friction_rad, double kc_n_m2=figures.KC_N_M2, double kphi_n_m3=figures.KPHI_N_M3,
                 double exponent=figures.SINKAGE_EXPONENT, double shear_m=figures.SHEAR_M):
        """Another soil than the seed's."""
        cdef Soil* s = self.context.soil
        s.cohesion_pa, s.friction_rad, s.kc_n_m2, s.kphi_n_m3 = cohesion_pa, friction_rad, kc_n_m2, kphi_n_m3
        s.exponent, s.shear_m = exponent, shear_m

    def set_ground(self, double slope_east=0.0, double slope_north=0.0, rock_m=None, double rock_radius_m=0.0):
        """A plane through the site instead of the terrain, with one ball of rock in it: for measurements."""
        cdef MadeGround* ground = self.context.ground
        ground.gradient[0], ground.gradient[1] = slope_east, slope_north
        ground.rock_radius_m = rock_radius_m
        for k in range(3):
            ground.rock_m[k] = 0.0 if rock_m is None else rock_m[k]
        ground.made = 1

    def aboard(self):
        """Stand on the lander's deck, held."""
        self._clear()
        self.body.motion = ROVER_ABOARD
        ride(&self.context)

    def _clear(self):
        memset(self.body, 0, sizeof(RoverBody))
        memset(self.context.physics, 0, sizeof(RoverPhysics))
        self.body.free_tick = -1

    def place(self, double east_m, double north_m, double heading_rad, double height_m=0.02):
        """Stand free over a map point, level with the ground there, x towards a heading (from east towards north)."""
        cdef RoverContext* c = &self.context
        cdef double g[2]
        cdef double height
        self._clear()
        height = ground_height(c, east_m, north_m, 1.0, g)
        forward = np.array([np.cos(heading_rad), np.sin(heading_rad), 0.0])
        up = np.array([-g[0], -g[1], 1.0])
        up /= np.linalg.norm(up)
        forward -= (forward @ up) * up
        forward /= np.linalg.norm(forward)
        turn = np.array([forward, np.cross(up, forward), up]).T
        w = 0.5 * np.sqrt(max(0.0, 1.0 + np.trace(turn)))
        if w > 0.1:
            q = (w, (turn[2, 1] - turn[1, 2]) / (4 * w), (turn[0, 2] - turn[2, 0]) / (4 * w), (turn[1, 0] - turn[0, 1]) / (4 * w))
        else:                                              # nearly half a turn: about the vertical, since the body stands
            z = 0.5 * np.sqrt(max(0.0, 1.0 - turn[0, 0] - turn[1, 1] + turn[2, 2]))
            q = ((turn[1, 0] - turn[0, 1]) / (4 * z), (turn[0, 2] + turn[2, 0]) / (4 * z), (turn[1, 2] + turn[2, 1]) / (4 * z), z)
        base = np.array([east_m, north_m, height - (0.0 if c.ground.made else (east_m**2 + north_m**2) / (2 * SITE_RADIUS))])
        position = base + (height_m - figures.GROUND_Z_M) * up
        for k in range(3):
            self.body.position_m[k] = position[k]
        for k in range(4):
            self.body.quaternion_site_from_body[k] = q[k]
        self.body.motion, self.body.free_tick = ROVER_FREE, 0
        stand(c)
        feel_weight(self.body)
        tilt_of(self.body)

    def settle(self, int ticks):
        """Let the body sink in and come to rest before the first tick, its drives rubbing. Returns whether it did."""
        cdef int n
        cdef double[6] friction = self.actuation.wheel_friction_n_m
        for n in range(WHEELS):
            self.actuation.wheel_friction_n_m[n] = SETTLING_N_M
        for n in range(ticks):
            if not self.context.physics.parked:
                rover_slot(&self.context, 0)
        memcpy(self.actuation.wheel_friction_n_m, friction, sizeof(friction))
        self.body.distance_m = 0.0
        return bool(self.context.physics.parked)

    @property
    def warnings(self) -> int:
        """MuJoCo's warnings as bits; any ends the motion."""
        return self.context.physics.warnings
