# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""The rover's wheels on whatever is under them: contact planes once a tick, forces and spin at every step of the body.

A wheel meets at most two planes: that of the soil below its centre, undisturbed, and a firm one: the tangent plane of a rock, or of deck
or rail. The forces add. Planes are taken once a tick, in which a wheel moves by less than a
millimetre. The wheel is a cylinder: its reach along a normal is that of its rim.

The force acts on the carrier at the point of contact, but for its moment about the axle, which turns the wheel; what the gear does to
the wheel it does to the carrier with the opposite sign (the rotor's own share is left out: a thousandth). A locked wheel turns with its
carrier.
Friction of the gear holds a wheel that rests, up to its size.

Steered wheels turn about the vertical of their carrier through their centre; the change of inertia is left out.
"""

from libc.math cimport atan2, cos, fabs, fmax, fmin, sin, sqrt
from libc.string cimport memset

from hal.sim.ramp cimport CREST, DECK, NO_PLATE, ramp_under
from hal.sim.relief cimport TerrainState, relief_height
from hal.sim.rover_obstacles cimport Boulder, boulder_plane, boulders_about, hull_boulders, hull_ground
from hal.sim.site cimport SITE_RADIUS, rotate, site_map
from hal.sim.soil cimport WheelForce, WheelMemory, WheelMotion, firm_wheel, soil_wheel
from hal.sim.tracks cimport track_press

cdef double GUIDE_N_M = 2.0e4
cdef double GUIDE_N_S_M = 400.0
cdef double GUIDE_MOST_N = 300.0
cdef double NEAR_M = 0.03                    # a rock further from the rim is not met within a tick
cdef double HULL_FOOTPRINT_M = 0.6
cdef double STEEP_RAD = 0.44



cdef inline double dot(const double* a, const double* b) noexcept nogil:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


cdef inline void cross(const double* a, const double* b, double* out) noexcept nogil:
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


cdef double ground_height(RoverContext* c, double east, double north, double footprint, double* gradient) noexcept nogil:
    cdef MadeGround* made = c.ground
    cdef TerrainState* state = c.surface.state
    if not made.made:
        return relief_height(c.surface, east + state.origin_east_m, north + state.origin_north_m, footprint, gradient) - state.datum_m
    gradient[0], gradient[1] = made.gradient[0], made.gradient[1]
    return made.gradient[0] * east + made.gradient[1] * north


cdef inline void place_of(RoverContext* c, int i, double* place, double* axle) noexcept nogil:
    """Centre and axle (leftwards) of a wheel, site frame, by MuJoCo's last kinematics."""
    cdef int body = c.carrier[i], k
    cdef double heading = c.actuation.steering_angle_rad[c.steering[i]] if c.steering[i] >= 0 else 0.0
    cdef double own[3]
    rotate(&c.mujoco.xquat[4 * body], c.offset_m[i], place)
    for k in range(3):
        place[k] += c.mujoco.xpos[3 * body + k]
    if heading == 0.0:
        own[0], own[1] = 0.0, 1.0
    else:
        own[0], own[1] = -sin(heading), cos(heading)
    own[2] = 0.0
    rotate(&c.mujoco.xquat[4 * body], own, axle)


cdef void meet_rocks(RoverContext* c, Contact* contact, const double* place, const double* axle) noexcept nogil:
    """The plane of the rock that the wheel is deepest in, or nearest to."""
    cdef double normal[3]
    cdef double offset, gap, least = NEAR_M
    cdef int n, k
    contact.rock = 0
    for n in range(c.near.count):
        gap = boulder_plane(&c.near.boulders[n], place, axle, c.radius_m, c.width_m, normal, &offset)
        if gap < least:
            least = gap
            contact.rock, contact.rock_offset_m = 1, offset
            for k in range(3):
                contact.rock_normal[k] = normal[k]


cdef void made_boulder(RoverContext* c) noexcept nogil:
    """The rock of a made ground instead of the terrain's."""
    cdef Boulder* b = &c.near.boulders[0]
    cdef int k
    c.near.seed, c.near.count = 0, 1 if c.ground.rock_radius_m > 0.0 else 0
    for k in range(3):
        b.centre_m[k], b.semi_m[k] = c.ground.rock_m[k], c.ground.rock_radius_m
    b.cos_heading, b.sin_heading, b.reach_m = 1.0, 0.0, c.ground.rock_radius_m


cdef void find_obstacles(RoverContext* c) noexcept nogil:
    cdef const double* hull = c.body.position_m
    cdef double normal[3]
    cdef double g[2]
    cdef double east, north, surface, length, height
    cdef int k
    if c.ground.made:
        made_boulder(c)
    else:
        boulders_about(&c.near, c.surface, hull)
    hull_boulders(&c.hull, &c.near)
    if c.ground.made:
        east, north, height = hull[0], hull[1], hull[2]
    else:
        height = site_map(hull, &east, &north)
    surface = ground_height(c, east, north, HULL_FOOTPRINT_M, g)
    normal[0], normal[1] = -g[0], -g[1]
    if not c.ground.made:
        normal[0] += hull[0] / SITE_RADIUS
        normal[1] += hull[1] / SITE_RADIUS
    length = 1.0 / sqrt(1.0 + normal[0] * normal[0] + normal[1] * normal[1])
    for k in range(2):
        normal[k] *= length
    normal[2] = length
    # Upright on a plane the hull's floor is far from it: only a body that lies or sits on a crest needs the ground.
    hull_ground(&c.hull, hull, normal, dot(normal, hull) - (height - surface) * length,
                c.hull_clear_m if c.body.tilt_rad < STEEP_RAD else 10.0)


cdef void find_ground(RoverContext* c) noexcept nogil:
    cdef double place[3]
    cdef double axle[3]
    cdef double g[2]
    cdef double height, surface, length
    cdef Contact* contact
    cdef int i
    for i in range(WHEELS):
        contact = &c.contact[i]
        place_of(c, i, place, axle)
        contact.heading_rad = atan2(-axle[0], axle[1])
        if c.ground.made:
            contact.east_m, contact.north_m, height = place[0], place[1], place[2]
        else:
            height = site_map(place, &contact.east_m, &contact.north_m)
        surface = ground_height(c, contact.east_m, contact.north_m, c.width_m, g)
        # Up is (x, y, z + R) / R here; close to the site the map's axes are the frame's.
        contact.normal[0] = (0.0 if c.ground.made else place[0] / SITE_RADIUS) - g[0]
        contact.normal[1] = (0.0 if c.ground.made else place[1] / SITE_RADIUS) - g[1]
        length = 1.0 / sqrt(1.0 + contact.normal[0] * contact.normal[0] + contact.normal[1] * contact.normal[1])
        contact.normal[0] *= length
        contact.normal[1] *= length
        contact.normal[2] = length
        contact.offset_m = dot(contact.normal, place) - (height - surface) * length
        meet_rocks(c, contact, place, axle)
        if c.ground.made:
            contact.plate.kind = NO_PLATE
        else:
            ramp_under(&c.ramp, place, &contact.plate)


cdef void press_tracks(RoverContext* c) noexcept nogil:
    cdef Contact* contact
    cdef int i
    if c.ground.made or c.surface.tracks == NULL:
        return
    for i in range(WHEELS):
        if c.work[i].kind == SOIL:
            contact = &c.contact[i]
            track_press(c.surface.tracks, i, contact.east_m, contact.north_m, contact.heading_rad, c.width_m, c.work[i].sinkage_m)


cdef double bear(RoverContext* c, int i, bint soft, const double* normal, double offset, const double* place, const double* axle,
                 const double* velocity, double rim, WheelMemory* memory, double* force, double* torque) noexcept nogil:
    """One plane's force on a wheel and its torque on the carrier about the wheel's centre, added up; returns the moment against spin."""
    cdef WheelMotion motion
    cdef WheelForce given
    cdef WheelWork* work = &c.work[i]
    cdef double ahead[3]
    cdef double left[3]
    cdef double leaning = dot(axle, normal), gap = dot(normal, place) - offset, size
    cdef int k
    if leaning > 0.95 or leaning < -0.95:                 # a wheel that lies on its side: no heading
        leaning = 0.95 if leaning > 0.0 else -0.95
    size = 1.0 / sqrt(1.0 - leaning * leaning)
    cross(axle, normal, ahead)
    for k in range(3):
        ahead[k] *= size
    cross(normal, ahead, left)
    motion.sinkage_m = c.radius_m / size + 0.5 * c.width_m * fabs(leaning) - gap
    motion.sinking_m_s = -dot(velocity, normal)
    motion.forward_m_s = dot(velocity, ahead)
    motion.left_m_s = dot(velocity, left)
    motion.rim_m_s = rim
    if soft:
        soil_wheel(c.soil, c.radius_m, c.width_m, &motion, c.step_s, memory, &given)
    else:
        firm_wheel(c.friction, c.radius_m, &motion, c.step_s, memory, &given)
    if given.normal_n <= 0.0:
        return 0.0
    for k in range(3):
        force[k] += given.normal_n * normal[k] + given.forward_n * ahead[k] + given.left_n * left[k]
        torque[k] += gap * given.left_n * ahead[k]
    work.forward_n += given.forward_n
    if given.normal_n > 0.5 * work.normal_n or work.kind == NOTHING:
        work.speed_m_s = motion.forward_m_s
        work.sinkage_m = motion.sinkage_m if soft else 0.0
    work.normal_n += given.normal_n
    return given.axle_n_m


cdef void guide(RoverContext* c, const Plate* plate, const double* place, const double* velocity, double* force) noexcept nogil:
    """The rail's edges, when the wheel is down between them and off the middle."""
    cdef double off = dot(plate.left, place) - plate.middle_m, beyond = fabs(off) - c.guide_play_m, push
    cdef int k
    if beyond <= 0.0 or dot(plate.rail_normal, place) - plate.rail_offset_m > c.radius_m + c.guide_height_m:
        return
    push = GUIDE_N_M * beyond + GUIDE_N_S_M * dot(plate.left, velocity) * (1.0 if off > 0.0 else -1.0)
    push = fmax(0.0, fmin(GUIDE_MOST_N, push))
    for k in range(3):
        force[k] -= (push if off > 0.0 else -push) * plate.left[k]


cdef void burden(RoverContext* c, const double* place, const double* force) noexcept nogil:
    """What stands on the ramp presses on the lander."""
    cdef double arm[3]
    cdef double turn[3]
    cdef double share = 1.0 / c.substeps
    cdef int k
    for k in range(3):
        arm[k] = place[k] - c.ramp.origin_m[k]
    cross(arm, force, turn)
    for k in range(3):
        c.load.force_n[k] -= share * force[k]
        c.load.torque_n_m[k] -= share * turn[k]


cdef double on_plate(RoverContext* c, int i, const double* place, const double* axle, const double* velocity, double rim,
                     WheelMemory* memory, double* force, double* torque) noexcept nogil:
    """The firm plane that the wheel is deepest in: a rock beside it, or the ramp; at the crest the nearer of deck and rail."""
    cdef Contact* contact = &c.contact[i]
    cdef Plate* plate = &contact.plate
    cdef const double* normal = plate.normal
    cdef double offset = plate.offset_m, above = 1e9, moment
    cdef double on_ramp[3]
    cdef int k
    if plate.kind != NO_PLATE:
        if plate.kind == CREST and dot(plate.rail_normal, place) - plate.rail_offset_m > dot(normal, place) - offset:
            normal, offset = plate.rail_normal, plate.rail_offset_m
        above = dot(normal, place) - offset
    if contact.rock and dot(contact.rock_normal, place) - contact.rock_offset_m < above:
        moment = bear(c, i, False, contact.rock_normal, contact.rock_offset_m, place, axle, velocity, rim, memory, force, torque)
        if moment != 0.0 or force[2] != 0.0:
            c.work[i].kind = ROCK
        return moment
    memset(on_ramp, 0, sizeof(on_ramp))
    moment = bear(c, i, False, normal, offset, place, axle, velocity, rim, memory, on_ramp, torque)
    if plate.kind != DECK:
        guide(c, plate, place, velocity, on_ramp)
    if on_ramp[0] != 0.0 or on_ramp[1] != 0.0 or on_ramp[2] != 0.0:
        c.work[i].kind = RAMP
        burden(c, place, on_ramp)
        for k in range(3):
            force[k] += on_ramp[k]
    return moment


cdef double spin(RoverContext* c, int i, double moment) noexcept nogil:
    """Turn the wheel on by a step against the ground's moment; returns what the gear gives to the wheel."""
    cdef double rate = c.body.wheel_rate_rad_s[i], after, slowed
    if c.actuation.wheel_locked[i]:
        c.body.wheel_rate_rad_s[i] = 0.0
        return moment
    after = rate + c.step_s / c.spin_inertia_kg_m2 * (c.actuation.wheel_torque_n_m[i] - moment)
    slowed = c.step_s / c.spin_inertia_kg_m2 * c.actuation.wheel_friction_n_m[i]
    after = fmax(0.0, after - slowed) if after > 0.0 else fmin(0.0, after + slowed)
    c.body.wheel_rate_rad_s[i] = after
    c.body.wheel_angle_rad[i] += 0.5 * c.step_s * (rate + after)
    return moment + c.wheel_inertia_kg_m2 * (after - rate) / c.step_s


cdef void wheels_step(RoverContext* c) noexcept nogil:
    cdef Mujoco* m = c.mujoco
    cdef RoverPhysics* p = c.physics
    cdef WheelMemory memory
    cdef double place[3]
    cdef double axle[3]
    cdef double velocity[3]
    cdef double force[3]
    cdef double torque[3]
    cdef double arm[3]
    cdef double turn[3]
    cdef double rim, moment
    cdef const double* moving
    cdef double* wrench
    cdef int i, k, body
    memset(&m.xfrc_applied[12], 0, 6 * CARRIERS * sizeof(double))       # after the world and the chassis
    for i in range(WHEELS):
        body = c.carrier[i]
        moving = &c.velocity[6 * body]
        place_of(c, i, place, axle)
        for k in range(3):
            arm[k] = place[k] - c.centre[k]
        cross(moving, arm, velocity)
        for k in range(3):
            velocity[k] += moving[3 + k]
            force[k] = torque[k] = 0.0
        rim = c.radius_m * (c.body.wheel_rate_rad_s[i] + dot(moving, axle))
        c.work[i].kind = NOTHING
        c.work[i].normal_n = c.work[i].forward_n = c.work[i].sinkage_m = c.work[i].speed_m_s = 0.0
        c.work[i].rim_m_s = rim
        memory.mobilised[0], memory.mobilised[1], memory.lean = p.mobilised[2 * i], p.mobilised[2 * i + 1], p.lean[i]
        moment = bear(c, i, True, c.contact[i].normal, c.contact[i].offset_m, place, axle, velocity, rim,
                      &memory, force, torque)
        p.mobilised[2 * i], p.mobilised[2 * i + 1], p.lean[i] = memory.mobilised[0], memory.mobilised[1], memory.lean
        if c.work[i].normal_n > 0.0:
            c.work[i].kind = SOIL
        if c.contact[i].rock or c.contact[i].plate.kind != NO_PLATE:
            memory.mobilised[0], memory.mobilised[1], memory.lean = p.firm_mobilised[2 * i], p.firm_mobilised[2 * i + 1], 0.0
            moment += on_plate(c, i, place, axle, velocity, rim, &memory, force, torque)
            p.firm_mobilised[2 * i], p.firm_mobilised[2 * i + 1] = memory.mobilised[0], memory.mobilised[1]
        moment = spin(c, i, moment)
        wrench = &m.xfrc_applied[6 * body]
        for k in range(3):
            arm[k] = place[k] - m.xipos[3 * body + k]
        cross(arm, force, turn)
        for k in range(3):
            wrench[k] += force[k]
            wrench[3 + k] += turn[k] + torque[k] - moment * axle[k]
