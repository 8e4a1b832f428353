# cython: cdivision=True
"""Contact: what the ground does to the lander's four footpads and its hull, in one tick near the ground.

Each leg is a massless strut along the ground's normal: a spring and a damper, in series with a honeycomb that crushes for good at a
constant force (crush struts: facts, change4, section 1). Each pad rubs by Coulomb's law, regularised by an elastic bristle, so that a
lander on a slope stands still instead of creeping. The ground is rigid: the tangent plane of the terrain under each pad, taken once a
tick. The tick is cut into steps of a millisecond: symplectic Euler while a pad touches, exact to second order before.

Figures, all ours: the crush force stops 1300 kg from the published 4 m/s on four legs within 0.4 m, the nozzle's clearance; spring and
damper give 4 Hz with 0.3 of critical damping; friction 0.6 is between the soil's two published friction angles (section 8).

What this does not simulate: sinkage and ploughing of soil, the legs' mass and geometry (primary and secondary struts), pads that
tilt, rocks, the plume on the ground, a hull that bends: the first touch of the hull is a crash, and the wreck stops where it is.
"""

from libc.math cimport fmax, sqrt
from libc.string cimport memset

from hal.sim.site cimport MOON_RATE_NORTH, MOON_RATE_UP, SITE_RADIUS, apparent_gravity, rotate, rotate_back, site_map
from hal.sim.terrain cimport terrain_height

cdef double STIFFNESS_N_M = 2.0e5
cdef double DAMPING_N_S_M = 4.8e3
cdef double CRUSH_FORCE_N = 7.5e3
cdef double FRICTION = 0.6
cdef double BRISTLE_N_M = 1.0e5
cdef double BRISTLE_DAMPING_N_S_M = 2.0e3
cdef double PAD_FOOTPRINT_M = 0.4
cdef double STILL_M_S = 0.02
cdef double STILL_RAD_S = 0.01


cdef inline double dot(const double* a, const double* b) noexcept nogil:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


cdef inline void cross(const double* a, const double* b, double* out) noexcept nogil:
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


cdef inline double point_height(LanderContext* c, const double* place, double* east, double* north, double* point) noexcept nogil:
    """A point of the body in the site frame and on the map; returns its height above the site's sphere."""
    cdef double arm[3]
    cdef int i
    rotate(c.body.quaternion_site_from_body, place, arm)
    for i in range(3):
        point[i] = c.body.position_m[i] + arm[i]
    return site_map(point, east, north)


cdef double ground_under_pads(LanderContext* c, Ground* ground) noexcept nogil:
    cdef double p[3]
    cdef double g[2]
    cdef double east, north, height, surface, length, least = 1e9
    cdef int k
    ground.top_m = -1e9
    for k in range(4):
        height = point_height(c, c.pad_m[k], &east, &north, p)
        surface = terrain_height(c.surface, east, north, PAD_FOOTPRINT_M, g)
        # Up is (x, y, z + R) / R here; close to the site the map's axes are the frame's.
        ground.normal[k][0] = p[0] / SITE_RADIUS - g[0]
        ground.normal[k][1] = p[1] / SITE_RADIUS - g[1]
        ground.normal[k][2] = 1.0
        length = 1.0 / sqrt(dot(ground.normal[k], ground.normal[k]))
        ground.normal[k][0] *= length
        ground.normal[k][1] *= length
        ground.normal[k][2] *= length
        ground.gap_m[k] = (height - surface) * length
        ground.top_m = fmax(ground.top_m, surface)
        least = height - surface if height - surface < least else least
    return least


cdef bint hull_touches(LanderContext* c, const Ground* ground) noexcept nogil:
    cdef double p[3]
    cdef double east, north, height
    cdef int k
    for k in range(HULL_POINTS):
        height = point_height(c, c.hull_m[k], &east, &north, p)
        # A bump that much above the ground of every pad meets the nozzle first, which is nearer to the ground whenever the lander stands.
        if height < ground.top_m + 0.5 and height < terrain_height(c.surface, east, north, PAD_FOOTPRINT_M, NULL):
            return True
    return False


cdef void first_touch(LanderContext* c, const double* velocity, const double* rate, int64_t tick) noexcept nogil:
    """A pad meets the ground after a flight: note how fast the footpad plane's middle came, the first time, and whether the legs bear it."""
    cdef LanderBody* body = c.body
    cdef double up[3]
    cdef double axis[3]
    cdef double place[3]
    cdef double arm[3]
    cdef double spin[3]
    cdef double v[3]
    cdef double vertical, horizontal
    cdef int i
    up[0], up[1], up[2] = body.position_m[0], body.position_m[1], body.position_m[2] + SITE_RADIUS
    vertical = 1.0 / sqrt(dot(up, up))
    for i in range(3):
        up[i] *= vertical
        place[i] = 0.0
    place[2] = c.pad_m[0][2]
    cross(rate, place, spin)
    rotate(body.quaternion_site_from_body, spin, arm)
    for i in range(3):
        v[i] = velocity[i] + arm[i]
    vertical = -dot(v, up)
    horizontal = sqrt(fmax(0.0, dot(v, v) - vertical * vertical))
    if body.touchdown_tick < 0:
        body.touchdown_tick = tick
        body.touchdown_vertical_m_s = vertical
        body.touchdown_horizontal_m_s = horizontal
        body.touchdown_tilt_rad = body.tilt_rad
    if vertical > c.limit_vertical_m_s or horizontal > c.limit_horizontal_m_s:
        body.outcome = CRASHED


cdef double pad_force(double* crush, double* bristle, double gap, const double* n, const double* v, double h, double* force) noexcept nogil:
    """Force (N, site frame) of the ground on one pad that moves with v; returns its normal part. Zero, and the bristle forgotten, off the ground."""
    cdef double depth = -gap - crush[0], closing = -dot(n, v), normal, along, size
    cdef double rub[3]
    cdef int i
    memset(force, 0, 3 * sizeof(double))
    if depth <= 0.0:
        memset(bristle, 0, 3 * sizeof(double))
        return 0.0
    normal = STIFFNESS_N_M * depth
    if normal > CRUSH_FORCE_N:
        crush[0] += depth - CRUSH_FORCE_N / STIFFNESS_N_M
    normal += DAMPING_N_S_M * closing
    if normal > CRUSH_FORCE_N:
        normal = CRUSH_FORCE_N
    if normal < 0.0:
        normal = 0.0
    for i in range(3):
        bristle[i] += (v[i] + closing * n[i]) * h
    along = dot(bristle, n)
    for i in range(3):
        bristle[i] -= along * n[i]
        rub[i] = -BRISTLE_N_M * bristle[i] - BRISTLE_DAMPING_N_S_M * (v[i] + closing * n[i])
    size = sqrt(dot(rub, rub))
    if size > FRICTION * normal:
        for i in range(3):
            rub[i] *= FRICTION * normal / size
            bristle[i] = -rub[i] / BRISTLE_N_M
    for i in range(3):
        force[i] = normal * n[i] + rub[i]
    return normal


cdef int substep(LanderContext* c, const Load* load, const Ground* ground, const double* start, double h, double* felt,
                 double* normals) noexcept nogil:
    """One step of h seconds. `start` is where the pads' soles were when the ground was taken (4 x 3); returns how many pads touch."""
    cdef LanderBody* b = c.body
    cdef double q[4]
    cdef double arm[3]
    cdef double moved[3]
    cdef double v[3]
    cdef double f[3]
    cdef double total[3]
    cdef double torque[3]
    cdef double one[3]
    cdef double g[3]
    cdef double rate[3]
    cdef double moon[3]
    cdef double spin[3]
    cdef double free_m_s2, gap, size
    cdef int i, k, touching = 0
    for i in range(4):
        q[i] = b.quaternion_site_from_body[i]
    moon[0], moon[1], moon[2] = 0.0, MOON_RATE_NORTH, MOON_RATE_UP
    rotate_back(q, moon, rate)
    for i in range(3):
        rate[i] = b.rate_rad_s[i] - rate[i]               # relative to the ground, body frame
        torque[i] = 0.0
        total[i] = 0.0
    rotate(q, rate, spin)
    for k in range(4):
        rotate(q, c.pad_m[k], arm)
        cross(spin, arm, v)
        for i in range(3):
            v[i] += b.velocity_m_s[i]
            moved[i] = b.position_m[i] + arm[i] - start[3 * k + i]
        gap = ground.gap_m[k] + dot(ground.normal[k], moved)
        size = pad_force(&c.contact.crush_m[k], &c.contact.bristle_m[3 * k], gap, ground.normal[k], v, h, f)
        normals[k] += size
        touching += gap + c.contact.crush_m[k] < 0.0
        cross(arm, f, one)
        for i in range(3):
            total[i] += f[i]
            torque[i] += one[i]
    rotate_back(q, torque, one)
    rotate(q, load.force_n, f)
    apparent_gravity(b.position_m, b.velocity_m_s, g)
    for i in range(3):
        free_m_s2 = f[i] / load.mass_kg + g[i]
        b.velocity_m_s[i] += h * (free_m_s2 + total[i] / load.mass_kg)
        b.position_m[i] += h * (b.velocity_m_s[i] if touching else b.velocity_m_s[i] - 0.5 * h * free_m_s2)
        f[i] += total[i]
    rotate_back(q, f, arm)
    for i in range(3):
        felt[i] += arm[i] / load.mass_kg
    for i in range(3):
        arm[i] = load.inertia_kg_m2[i] * b.rate_rad_s[i]
    cross(b.rate_rad_s, arm, spin)
    for i in range(3):
        v[i] = h * (load.torque_n_m[i] + one[i] - spin[i]) / load.inertia_kg_m2[i]
    for i in range(3):
        b.rate_rad_s[i] += v[i]
        rate[i] = 0.5 * h * (rate[i] + v[i])
    b.quaternion_site_from_body[0] = q[0] - q[1] * rate[0] - q[2] * rate[1] - q[3] * rate[2]
    b.quaternion_site_from_body[1] = q[1] + q[0] * rate[0] + q[2] * rate[2] - q[3] * rate[1]
    b.quaternion_site_from_body[2] = q[2] + q[0] * rate[1] + q[3] * rate[0] - q[1] * rate[2]
    b.quaternion_site_from_body[3] = q[3] + q[0] * rate[2] + q[1] * rate[1] - q[2] * rate[0]
    size = 0.0
    for i in range(4):
        size += b.quaternion_site_from_body[i] * b.quaternion_site_from_body[i]
    for i in range(4):
        b.quaternion_site_from_body[i] /= sqrt(size)
    return touching


cdef void contact_step(LanderContext* c, const Load* load, const Ground* ground, int64_t tick) noexcept nogil:
    cdef LanderBody* b = c.body
    cdef double start[12]
    cdef double arm[3]
    cdef double felt[3]
    cdef double normals[4]
    cdef double velocity[3]
    cdef double rate[3]
    cdef int n, i, k, pads, standing = 0
    cdef bint still
    memset(felt, 0, sizeof(felt))
    memset(normals, 0, sizeof(normals))
    for k in range(4):
        rotate(b.quaternion_site_from_body, c.pad_m[k], arm)
        for i in range(3):
            start[3 * k + i] = b.position_m[i] + arm[i]
    for n in range(c.substeps):
        for i in range(3):
            velocity[i], rate[i] = b.velocity_m_s[i], b.rate_rad_s[i]
        pads = substep(c, load, ground, start, c.step_s / c.substeps, felt, normals)
        if pads and c.contact.airborne:
            first_touch(c, velocity, rate, tick)
        c.contact.airborne = pads == 0
        if b.outcome == CRASHED:
            break
    for i in range(3):
        b.specific_force_m_s2[i] = felt[i] / c.substeps
    still = dot(b.velocity_m_s, b.velocity_m_s) < STILL_M_S * STILL_M_S and dot(b.rate_rad_s, b.rate_rad_s) < STILL_RAD_S * STILL_RAD_S
    for k in range(4):
        b.pad_force_n[k] = normals[k] / c.substeps
        if normals[k] > 0.0:
            standing += 1
            b.contacts += not b.pad_contact[k]
        b.pad_contact[k] = normals[k] > 0.0
    c.contact.still_ticks = c.contact.still_ticks + 1 if still and standing >= 3 else 0
    if b.outcome == FLYING and c.contact.still_ticks >= c.settle_ticks:
        b.outcome = LANDED
    elif b.outcome == LANDED and standing == 0:
        b.outcome = FLYING
