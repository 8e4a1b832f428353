# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""The rocks about the rover, and where a wheel meets one; ground and rocks put in the way of the hull.

A wheel and a rock are convex: the gap between them is the largest, over all directions n, of n . (wheel - rock) less both bodies' reaches
along n, and the touching plane lies across that direction. It is sought by ascent from the line between the centres. The wheel's reach
is that of a cylinder with its edges rounded, so that the direction does not jump.

Rocks are rigid and stay where they are. Not simulated: rocks below 6 cm, rocks that roll, tip or are pressed into the soil.
"""

from libc.math cimport fabs, fmax, fmin, sqrt
from libc.string cimport memset

from hal.sim.relief cimport Rock
from hal.sim.rocks cimport rocks_in
from hal.sim.site cimport SITE_RADIUS, site_map

cdef double LEAST_M = 0.06
cdef double ABOUT_M = 2.6                    # half a square, half the rover, the largest rock's half axis
cdef double ROUND = 0.1                      # of the wheel's edges, as a share of its half width
cdef double FAR_M = -1000.0


cdef inline double dot(const double* a, const double* b) noexcept nogil:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


cdef inline int64_t whole(double x) noexcept nogil:
    cdef int64_t i = <int64_t>x
    return i - (x < <double>i)


cdef void boulders_about(Boulders* near, const Surface* surface, const double* place) noexcept nogil:
    cdef Rock rocks[ROCKS_NEAR]
    cdef Boulder* b
    cdef double east, north, squared
    cdef int64_t i, j
    cdef int n
    site_map(place, &east, &north)
    i, j = whole(east), whole(north)
    if near.seed == surface.state.seed and near.square_east == i and near.square_north == j:
        return
    near.seed, near.square_east, near.square_north = surface.state.seed, i, j
    near.count = rocks_in(surface, i + 0.5, j + 0.5, ABOUT_M, LEAST_M, rocks, ROCKS_NEAR)
    if near.count > ROCKS_NEAR:
        near.count = ROCKS_NEAR
    for n in range(near.count):
        b = &near.boulders[n]
        squared = (rocks[n].east_m * rocks[n].east_m + rocks[n].north_m * rocks[n].north_m) / (SITE_RADIUS * SITE_RADIUS)
        b.centre_m[0] = rocks[n].east_m * (1.0 + rocks[n].centre_m / SITE_RADIUS - squared / 6.0)
        b.centre_m[1] = rocks[n].north_m * (1.0 + rocks[n].centre_m / SITE_RADIUS - squared / 6.0)
        b.centre_m[2] = rocks[n].centre_m - 0.5 * squared * SITE_RADIUS
        b.semi_m[0], b.semi_m[1], b.semi_m[2] = rocks[n].semi_major_m, rocks[n].semi_minor_m, rocks[n].semi_height_m
        b.cos_heading, b.sin_heading = rocks[n].cos_heading, rocks[n].sin_heading
        b.reach_m = fmax(b.semi_m[0], b.semi_m[2])


cdef inline void into(const Boulder* b, const double* v, double* out) noexcept nogil:
    """A vector of the site frame along the boulder's axes."""
    out[0] = b.cos_heading * v[0] + b.sin_heading * v[1]
    out[1] = b.cos_heading * v[1] - b.sin_heading * v[0]
    out[2] = v[2]


cdef double boulder_plane(
    const Boulder* boulder, const double* place, const double* axle, double radius, double width, double* normal, double* offset
) noexcept nogil:
    cdef double arm[3]
    cdef double at[3]
    cdef double a[3]
    cdef double n[3]
    cdef double g[3]
    cdef double size, leaning, across, along, rock = 0.0, wheel, step
    cdef int k, turn
    for k in range(3):
        arm[k] = place[k] - boulder.centre_m[k]
    size = sqrt(dot(arm, arm))
    if size > boulder.reach_m + radius + 0.5 * width + 0.05:
        return 1e9
    into(boulder, arm, at)
    into(boulder, axle, a)
    if size < 1e-3:
        at[2] += 1e-3
    size = 1.0 / sqrt(dot(at, at))
    for k in range(3):
        n[k] = at[k] * size
    step = fmin(fmin(boulder.semi_m[0], boulder.semi_m[1]), boulder.semi_m[2])
    step = 1.0 / (boulder.reach_m * boulder.reach_m / step + radius)
    for turn in range(24):
        leaning = dot(a, n)
        across = sqrt(fmax(1e-6, 1.0 - leaning * leaning))
        rock = 0.0
        for k in range(3):
            rock += boulder.semi_m[k] * boulder.semi_m[k] * n[k] * n[k]
        rock = sqrt(rock)
        wheel = radius * leaning / across - 0.5 * width * leaning / sqrt(leaning * leaning + ROUND * ROUND)
        for k in range(3):
            g[k] = at[k] - boulder.semi_m[k] * boulder.semi_m[k] * n[k] / rock + wheel * a[k]
        along = dot(g, n)
        for k in range(3):
            g[k] -= along * n[k]
        along = dot(g, a)                                # across the rim the reach turns about a much smaller radius
        size = 0.0
        for k in range(3):
            g[k] = step * (g[k] - along * a[k]) + along * a[k] / (1.0 / step + 0.5 * width / ROUND)
            size += g[k] * g[k]
            n[k] += g[k]
        if size < 1e-10:
            break
        size = 1.0 / sqrt(dot(n, n))
        for k in range(3):
            n[k] *= size
    size = 1.0 / sqrt(dot(n, n))
    for k in range(3):
        n[k] *= size
    rock = 0.0
    for k in range(3):
        rock += boulder.semi_m[k] * boulder.semi_m[k] * n[k] * n[k]
    rock = sqrt(rock)
    leaning = dot(a, n)
    normal[0] = boulder.cos_heading * n[0] - boulder.sin_heading * n[1]
    normal[1] = boulder.sin_heading * n[0] + boulder.cos_heading * n[1]
    normal[2] = n[2]
    offset[0] = dot(normal, boulder.centre_m) + rock
    return dot(normal, place) - offset[0] - radius * sqrt(fmax(0.0, 1.0 - leaning * leaning)) - 0.5 * width * fabs(leaning)


cdef void hull_boulders(HullWorld* world, const Boulders* near) noexcept nogil:
    cdef const Boulder* b
    cdef double half
    cdef int n, k
    for n in range(HULL_ROCKS):
        if n >= near.count or near.boulders[n].semi_m[2] < 0.2:
            world.place_m[3 * n + 5] = FAR_M
            continue
        b = &near.boulders[n]
        for k in range(3):
            world.place_m[3 * n + 3 + k] = b.centre_m[k]
            world.size_m[3 * n + k] = b.semi_m[k]
        half = sqrt(0.5 * (1.0 + b.cos_heading))         # headings lie between 0 and pi
        world.turn[4 * n + 4], world.turn[4 * n + 5], world.turn[4 * n + 6] = half, 0.0, 0.0
        world.turn[4 * n + 7] = sqrt(fmax(0.0, 1.0 - half * half))


cdef void hull_ground(HullWorld* world, const double* place, const double* normal, double offset, double clear) noexcept nogil:
    cdef double gap = dot(normal, place) - offset, w = sqrt(0.5 * (1.0 + normal[2]))
    cdef int k
    if gap > clear:
        world.place_m[2] = FAR_M
        return
    for k in range(3):
        world.place_m[k] = place[k] - gap * normal[k]
    world.turn[0], world.turn[1], world.turn[2], world.turn[3] = w, -0.5 * normal[1] / w, 0.5 * normal[0] / w, 0.0
