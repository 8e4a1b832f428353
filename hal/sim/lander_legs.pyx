# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Lander legs: the lander near the ground, moved by MuJoCo: hand-over, legs, footpads, hull, rest.

Model and figures: hal/sim/lander_mjcf.py; assumptions and tests: docs/bodies.md. In MuJoCo's frame, that of the ground patch, the
ground is at rest; gravity, Coriolis and centrifugal acceleration at the body's place and velocity are its gravity for the tick.

Each strut is a spring and a damper in series with a honeycomb: it never bears more than the crush force, and what its spring would bear
beyond that is crushed for good. The lander's state between ticks is the record `lander.mujoco`; MuJoCo's own memory is filled from it.
"""

from libc.math cimport acos, fmax, fmin, hypot, sqrt
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memset

from hal.sim.ground_patch cimport PATCH_POSTS, patch_below, patch_fill, patch_frame, patch_normal
from hal.sim.mujoco_model cimport Mujoco, mujoco_clear_warnings, mujoco_load, mujoco_save, mujoco_step
from hal.sim.site cimport MOON_RATE_NORTH, MOON_RATE_UP, SITE_RADIUS, apparent_gravity, rotate, rotate_back

cdef double REACH_M = 4.5                    # nothing of the lander is 2.8 m from its origin; the rest is for slopes and rocks
cdef double EDGE_M = 3.5                     # of the patch, that the body's origin keeps away from
cdef int ROWS_A_TICK = 2
cdef double STAND_M = 2.3                    # radius of the ground that the lander stands on
cdef double STILL_M_S = 0.03
cdef double STILL_RAD_S = 0.02


cdef inline void multiply(const double* a, const double* b, double* out) noexcept nogil:
    """The turn b seen in the frame that a has turned. `out` must be neither."""
    out[0] = a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3]
    out[1] = a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2]
    out[2] = a[0] * b[2] + a[2] * b[0] + a[3] * b[1] - a[1] * b[3]
    out[3] = a[0] * b[3] + a[3] * b[0] + a[1] * b[2] - a[2] * b[1]


cdef inline void moon_rate(const LanderBody* b, double* out) noexcept nogil:
    """The Moon's rate in the body's frame."""
    cdef double moon[3]
    moon[0], moon[1], moon[2] = 0.0, MOON_RATE_NORTH, MOON_RATE_UP
    rotate_back(b.quaternion_site_from_body, moon, out)


cdef void into_mujoco(LanderContext* c) noexcept nogil:
    """The body's state into MuJoCo's, in the patch's frame; legs and warm start as they are there."""
    cdef const double* turn = c.patch.quaternion_site_from_patch
    cdef double* q = c.ground.qpos
    cdef double* v = c.ground.qvel
    cdef double arm[3]
    cdef double back[4]
    cdef double moon[3]
    cdef int i
    for i in range(3):
        arm[i] = c.body.position_m[i] - c.patch.origin_m[i]
    rotate_back(turn, arm, q)
    back[0], back[1], back[2], back[3] = turn[0], -turn[1], -turn[2], -turn[3]
    multiply(back, c.body.quaternion_site_from_body, &q[3])
    rotate_back(turn, c.body.velocity_m_s, v)
    moon_rate(c.body, moon)
    for i in range(3):
        v[3 + i] = c.body.rate_rad_s[i] - moon[i]


cdef void out_of_mujoco(LanderContext* c) noexcept nogil:
    """MuJoCo's state into the body's."""
    cdef LanderBody* b = c.body
    cdef const double* turn = c.patch.quaternion_site_from_patch
    cdef double moon[3]
    cdef double place[3]
    cdef int i
    rotate(turn, c.ground.qpos, place)
    for i in range(3):
        b.position_m[i] = place[i] + c.patch.origin_m[i]
    multiply(turn, &c.ground.qpos[3], b.quaternion_site_from_body)
    rotate(turn, c.ground.qvel, b.velocity_m_s)
    moon_rate(b, moon)
    for i in range(3):
        b.rate_rad_s[i] = c.ground.qvel[3 + i] + moon[i]


cdef void enter(LanderContext* c, const Load* load) noexcept nogil:
    """Take the body over from whoever flew it, over a patch of ground below it. The legs stand as crushed, at rest in the hull, drawn out
    by their weight under the thrust."""
    cdef LanderContact* s = c.contact
    cdef double drawn = load.force_n[2] / load.mass_kg * c.leg_mass_kg * c.stroke_cosine / c.strut_stiffness_n_m
    cdef int k
    mujoco_load(c.ground, c.started)
    patch_below(&c.patch, c.body.position_m, &s.patch_east_m, &s.patch_north_m, &s.patch_base_m)
    patch_frame(&c.patch, s.patch_east_m, s.patch_north_m, s.patch_base_m)
    into_mujoco(c)
    for k in range(4):
        c.ground.qpos[7 + k] = s.crush_m[k] - drawn
    s.near = 1


cdef void move_patch(LanderContext* c) noexcept nogil:
    """Another patch below the body, which comes near the edge of this one."""
    cdef LanderContact* s = c.contact
    patch_below(&c.patch, c.body.position_m, &s.patch_east_m, &s.patch_north_m, &s.patch_base_m)
    patch_frame(&c.patch, s.patch_east_m, s.patch_north_m, s.patch_base_m)
    into_mujoco(c)


cdef void set_mass(LanderContext* c, Mujoco* m, const Load* load) noexcept nogil:
    """The hull is what the legs leave of this tick's mass: hull_mass in hal/sim/lander_mjcf.py."""
    cdef double legs_kg = 4.0 * c.leg_mass_kg, hull_kg = load.mass_kg - legs_kg
    cdef double centre = -legs_kg * c.legs_centre_m / hull_kg
    cdef double offset = hull_kg * centre * centre
    cdef int i
    m.body_mass[1] = hull_kg
    m.body_subtreemass[0] = m.body_subtreemass[1] = load.mass_kg
    m.body_ipos[5] = centre
    for i in range(3):
        m.body_inertia[3 + i] = load.inertia_kg_m2[i] - c.legs_inertia_kg_m2[i] - (offset if i < 2 else 0.0)


cdef void set_forces(LanderContext* c, Mujoco* m, const Load* load, double step_s) noexcept nogil:
    """The actuators' force and torque at the origin, turned as the body will be in the middle of the step."""
    cdef const double* q = &m.qpos[3]
    cdef const double* w = &m.qvel[3]
    cdef double h = 0.25 * step_s
    cdef double turn[4]
    cdef double middle[4]
    cdef double size
    cdef int i
    turn[0], turn[1], turn[2], turn[3] = 1.0, h * w[0], h * w[1], h * w[2]
    size = 1.0 / sqrt(1.0 + turn[1] * turn[1] + turn[2] * turn[2] + turn[3] * turn[3])
    multiply(q, turn, middle)
    for i in range(4):
        middle[i] *= size
    rotate(middle, load.force_n, m.qfrc_applied)
    for i in range(3):
        m.qfrc_applied[3 + i] = load.torque_n_m[i]


cdef void set_struts(LanderContext* c, Mujoco* m) noexcept nogil:
    """Each strut for the next step: spring and damper, or the crush force where these would bear more."""
    cdef double force
    cdef int k
    for k in range(4):
        force = c.strut_stiffness_n_m * (m.qpos[7 + k] - c.contact.crush_m[k]) + c.strut_damping_n_s_m * m.qvel[6 + k]
        m.qpos_spring[7 + k] = c.contact.crush_m[k]
        if force > c.strut_crush_n:
            m.jnt_stiffness[1 + k] = m.dof_damping[6 + k] = 0.0
            m.qfrc_applied[6 + k] = -c.strut_crush_n
        else:
            m.jnt_stiffness[1 + k], m.dof_damping[6 + k] = c.strut_stiffness_n_m, c.strut_damping_n_s_m
            m.qfrc_applied[6 + k] = 0.0


cdef void crush(LanderContext* c, const Mujoco* m) noexcept nogil:
    """What the spring cannot bear stays crushed."""
    cdef int k
    for k in range(4):
        c.contact.crush_m[k] = fmax(c.contact.crush_m[k], m.qpos[7 + k] - c.strut_crush_n / c.strut_stiffness_n_m)


cdef void footpad_speed(LanderContext* c, double* vertical, double* horizontal) noexcept nogil:
    cdef LanderBody* b = c.body
    cdef double up[3]
    cdef double rate[3]
    cdef double spin[3]
    cdef double v[3]
    cdef double size, total = 0.0
    cdef int i
    moon_rate(b, rate)
    for i in range(3):
        rate[i] = b.rate_rad_s[i] - rate[i]
    spin[0], spin[1], spin[2] = rate[1] * c.pad_m[0][2], -rate[0] * c.pad_m[0][2], 0.0
    rotate(b.quaternion_site_from_body, spin, v)
    up[0], up[1], up[2] = b.position_m[0], b.position_m[1], b.position_m[2] + SITE_RADIUS
    size = 1.0 / sqrt(up[0] * up[0] + up[1] * up[1] + up[2] * up[2])
    vertical[0] = 0.0
    for i in range(3):
        v[i] += b.velocity_m_s[i]
        vertical[0] -= size * up[i] * v[i]
        total += v[i] * v[i]
    horizontal[0] = sqrt(fmax(0.0, total - vertical[0] * vertical[0]))


cdef inline double between(const double* a, const double* b) noexcept nogil:
    """Angle of two unit vectors."""
    return acos(fmax(-1.0, fmin(1.0, a[0] * b[0] + a[1] * b[1] + a[2] * b[2])))


cdef void ground_below(LanderContext* c, double* normal) noexcept nogil:
    """Normal (patch frame) of the ground that the lander stands on, or will."""
    cdef double arm[3]
    cdef double place[3]
    cdef int i
    for i in range(3):
        arm[i] = c.body.position_m[i] - c.patch.origin_m[i]
    rotate_back(c.patch.quaternion_site_from_patch, arm, place)
    patch_normal(&c.patch, place[0], place[1], STAND_M, normal)


cdef void legs_touch(LanderContext* c, double vertical, double horizontal, int64_t tick) noexcept nogil:
    cdef LanderBody* b = c.body
    cdef double normal[3]
    if b.touchdown_tick < 0:
        b.touchdown_tick = tick
        b.touchdown_vertical_m_s, b.touchdown_horizontal_m_s = vertical, horizontal
        b.touchdown_tilt_rad = b.tilt_rad
        if c.contact.near:
            ground_below(c, normal)
            b.ground_slope_rad = acos(fmin(1.0, normal[2]))
    if vertical > c.limit_vertical_m_s or horizontal > c.limit_horizontal_m_s:
        b.outcome = CRASHED


cdef void legs_rest(LanderContext* c) noexcept nogil:
    cdef double normal[3]
    cdef double axis[3]
    cdef double z[3]
    cdef double place[3]
    axis[0], axis[1], axis[2] = 0.0, 0.0, 1.0
    rotate(c.body.quaternion_site_from_body, axis, z)
    rotate_back(c.patch.quaternion_site_from_patch, z, place)
    ground_below(c, normal)
    c.body.rest_tilt_rad = between(place, normal)


cdef bint within_reach(LanderContext* c) noexcept nogil:
    """Whether anything of the lander may meet the ground in this tick."""
    cdef const double* q = c.body.quaternion_site_from_body
    cdef double height = c.body.altitude_m - c.pad_m[0][2] * (1.0 - 2.0 * (q[1] * q[1] + q[2] * q[2]))
    return height < REACH_M + 2.0 * c.step_s * c.body.speed_m_s


cdef void take_stock(LanderContext* c, const double* force_n, int substeps) noexcept nogil:
    """After a tick: the pads' forces and contacts, and whether the lander has come to rest on them."""
    cdef LanderBody* b = c.body
    cdef double speed2 = 0.0, rate2 = 0.0
    cdef int i, k, standing = 0
    for k in range(4):
        b.pad_force_n[k] = force_n[k] / substeps
        if force_n[k] > 0.0:
            standing += 1
            b.contacts += not b.pad_contact[k]
        b.pad_contact[k] = force_n[k] > 0.0
    for i in range(3):
        speed2 += b.velocity_m_s[i] * b.velocity_m_s[i]
        rate2 += b.rate_rad_s[i] * b.rate_rad_s[i]
    if standing >= 3 and speed2 < STILL_M_S * STILL_M_S and rate2 < STILL_RAD_S * STILL_RAD_S:
        c.contact.still_ticks += 1
    else:
        c.contact.still_ticks = 0
    if b.outcome == FLYING and c.contact.still_ticks >= c.settle_ticks:
        b.outcome = LANDED
    elif b.outcome == LANDED and standing == 0:
        b.outcome = FLYING


cdef inline void add_felt(const double* before, const Mujoco* m, double h, double share, double* felt) noexcept nogil:
    """A step's part of the specific force: from the velocities and attitudes at its ends."""
    cdef double middle[4]
    cdef double change[3]
    cdef double one[3]
    cdef double size = 0.0
    cdef int i
    for i in range(4):
        middle[i] = before[3 + i] + m.qpos[3 + i]
        size += middle[i] * middle[i]
    for i in range(4):
        middle[i] /= sqrt(size)
    for i in range(3):
        change[i] = (m.qvel[i] - before[i]) / h - m.gravity[i]
    rotate_back(middle, change, one)
    for i in range(3):
        felt[i] += share * one[i]


cdef void legs_move(LanderContext* c, const Load* load, int64_t tick) noexcept nogil:
    cdef LanderBody* b = c.body
    cdef bint reach = within_reach(c)
    cdef Mujoco* m = c.ground if reach else c.flight
    cdef int substeps = c.substeps if reach else 1
    cdef double h = c.step_s / substeps, edge = 0.5 * (PATCH_POSTS - 1) * c.patch.spacing_m - EDGE_M
    cdef double gravity[3]
    cdef double before[7]
    cdef double felt[3]
    cdef double force_n[4]
    cdef double vertical, horizontal
    cdef bint touching
    cdef uint32_t warned = 0
    cdef int i, k, n
    if not c.contact.near:
        enter(c, load)
    else:
        patch_frame(&c.patch, c.contact.patch_east_m, c.contact.patch_north_m, c.contact.patch_base_m)
        mujoco_load(m, c.mujoco.state)
    if hypot(m.qpos[0], m.qpos[1]) > edge:
        move_patch(c)
    # Made ready on the way down, so that no tick has it all to do; which rows are there is no part of the state.
    patch_fill(&c.patch, PATCH_POSTS if reach else ROWS_A_TICK)
    mujoco_clear_warnings(m)
    set_mass(c, m, load)
    apparent_gravity(b.position_m, b.velocity_m_s, gravity)
    rotate_back(c.patch.quaternion_site_from_patch, gravity, m.gravity)
    memset(felt, 0, sizeof(felt))
    memset(force_n, 0, sizeof(force_n))
    for n in range(substeps):
        for i in range(3):
            before[i] = m.qvel[i]
        for i in range(4):
            before[3 + i] = m.qpos[3 + i]
        set_forces(c, m, load, h)
        if reach:
            set_struts(c, m)
            if c.contact.airborne:
                out_of_mujoco(c)
                footpad_speed(c, &vertical, &horizontal)
        else:
            for k in range(4):
                m.qpos_spring[7 + k] = c.contact.crush_m[k]
                m.qfrc_applied[6 + k] = 0.0
        warned = mujoco_step(m, 1)
        if warned:
            break
        touching = False
        if reach:
            crush(c, m)
            for k in range(4):
                force_n[k] += m.sensordata[k]
                touching = touching or m.sensordata[k] > 0.0
            if m.sensordata[4] > 0.0:
                b.outcome = CRASHED
            if touching and c.contact.airborne:
                legs_touch(c, vertical, horizontal, tick)
        c.contact.airborne = not touching
        add_felt(before, m, h, 1.0 / substeps, felt)
        if b.outcome == CRASHED:
            break
    if warned:                              # the body's record keeps the last state that was good
        c.contact.warnings |= warned
        b.outcome = LOST
        return
    out_of_mujoco(c)
    for i in range(3):
        b.specific_force_m_s2[i] = felt[i]
    mujoco_save(m, c.mujoco.state)
    take_stock(c, force_n, substeps)


cdef void legs_leave(LanderContext* c) noexcept nogil:
    c.contact.near = 0
