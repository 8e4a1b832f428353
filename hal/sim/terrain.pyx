# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Terrain: the seeded ground about the site, endless and without a stored map: a pure function of (seed, map point, footprint).

Craters (hal.sim.craters) and undulation: gradient noise at 1600, 500 and 160 m, a choice of ours for the gentle swells of a basin floor.
Heights add. Of a hundred thousand points fewer than ten are steeper than 40 degrees, where fresh craters overlap.

A class is full when its smallest crater is twice the footprint, absent when it is the footprint or less, linear between.

What this does not model: rocks, the basin's wall and peaks (no relief beyond a mile).

Speed: what can be felt in one quadrant (its side is the class's largest diameter) is kept in a small cache. It follows from the seed
alone, so it is no state: it lies outside the arena, and changes no bit of any answer.
"""

from libc.math cimport fabs, fmax, sqrt
from libc.stdlib cimport calloc, free
from libc.string cimport memset

import numpy as np

from hal.sim.craters cimport CELL_MOST, cell_craters, class_size_m, crater_add, high_uniform, low_uniform, mix, place_key
from hal.sim.site cimport SITE_RADIUS, site_map

cdef double STEEPEST = 0.839                # tan 40 deg: bound on slopes along a ray
cdef double NOISE_LENGTH_M[3]
cdef double NOISE_HEIGHT_M[3]
cdef double PER_LENGTH[3]
cdef double SIZE_M[CRATER_CLASSES]          # smallest diameter of a class
cdef double PER_SIDE[CRATER_CLASSES]        # one over the side of a quadrant, which is its largest diameter
NOISE_LENGTH_M[0], NOISE_LENGTH_M[1], NOISE_LENGTH_M[2] = 1600.0, 500.0, 160.0
NOISE_HEIGHT_M[0], NOISE_HEIGHT_M[1], NOISE_HEIGHT_M[2] = 32.0, 10.0, 3.0


cdef _prepare():
    for k in range(3):
        PER_LENGTH[k] = 1.0 / NOISE_LENGTH_M[k]
    for k in range(CRATER_CLASSES):
        SIZE_M[k] = class_size_m(k)
        PER_SIDE[k] = 0.5 / SIZE_M[k]

_prepare()


cdef inline int64_t whole(double x) noexcept nogil:
    """The floor, without a call."""
    cdef int64_t i = <int64_t>x
    return i - (x < <double>i)


cdef void class_direct(uint64_t seed, int k, int64_t i, int64_t j, double east, double north, double* sum) noexcept nogil:
    """Every crater of the four cells that can be felt in quadrant (i, j)."""
    cdef Crater craters[CELL_MOST]
    cdef int64_t ci, cj
    cdef int n
    for ci in range((i - 1) >> 1, ((i + 1) >> 1) + 1):
        for cj in range((j - 1) >> 1, ((j + 1) >> 1) + 1):
            for n in range(cell_craters(seed, k, ci, cj, craters)):
                crater_add(&craters[n], east, north, sum)


cdef inline double beyond(double x, double low, double high) noexcept nogil:
    return low - x if x < low else (x - high if x > high else 0.0)


cdef void line_fill(CraterLine* line, uint64_t seed, int k, int64_t i, int64_t j) noexcept nogil:
    """The craters whose circle of influence meets quadrant (i, j), in the order of class_direct."""
    cdef double side = 2.0 * SIZE_M[k], dx, dy
    cdef Crater craters[CELL_MOST]
    cdef int64_t ci, cj
    cdef int n
    line.i, line.j, line.count = i, j, 0
    for ci in range((i - 1) >> 1, ((i + 1) >> 1) + 1):
        for cj in range((j - 1) >> 1, ((j + 1) >> 1) + 1):
            for n in range(cell_craters(seed, k, ci, cj, craters)):
                dx = beyond(craters[n].east_m, <double>i * side, <double>(i + 1) * side)
                dy = beyond(craters[n].north_m, <double>j * side, <double>(j + 1) * side)
                if (dx * dx + dy * dy) * craters[n].inverse_radius2 < 4.0001:      # a little more than is felt: no rounding decides
                    if line.count < HELD:
                        line.craters[line.count] = craters[n]
                    line.count += 1


cdef void noise_fill(NoiseLine* line, uint64_t seed, int octave, int64_t i, int64_t j) noexcept nogil:
    """The gradients at the four corners of a lattice square: (i, j), (i + 1, j), (i, j + 1), (i + 1, j + 1)."""
    cdef uint64_t key
    cdef int n
    line.i, line.j, line.filled = i, j, 1
    for n in range(4):
        key = place_key(seed, <uint64_t>(100 + octave), i + (n & 1), j + (n >> 1))
        line.gx[n] = 2.0 * low_uniform(key) - 1.0
        line.gy[n] = 2.0 * high_uniform(key) - 1.0


cdef inline void noise_add(NoiseLine* line, int octave, double u, double v, double weight, double* sum) noexcept nogil:
    """Gradient noise with quintic weights, twice differentiable, at (u, v) within a lattice square."""
    cdef double per_m = PER_LENGTH[octave], height = NOISE_HEIGHT_M[octave] * weight
    cdef double a = u * u * u * (u * (6.0 * u - 15.0) + 10.0), da = 30.0 * u * u * (u - 1.0) * (u - 1.0)
    cdef double b = v * v * v * (v * (6.0 * v - 15.0) + 10.0), db = 30.0 * v * v * (v - 1.0) * (v - 1.0)
    cdef double* gx = line.gx
    cdef double* gy = line.gy
    cdef double h0 = gx[0] * u + gy[0] * v, h1 = gx[1] * (u - 1.0) + gy[1] * v
    cdef double h2 = gx[2] * u + gy[2] * (v - 1.0), h3 = gx[3] * (u - 1.0) + gy[3] * (v - 1.0)
    cdef double low = h0 + a * (h1 - h0), high = h2 + a * (h3 - h2)
    sum[0] += height * (low + b * (high - low))
    height *= per_m
    sum[1] += height * ((1.0 - b) * (gx[0] + a * (gx[1] - gx[0]) + da * (h1 - h0)) + b * (gx[2] + a * (gx[3] - gx[2]) + da * (h3 - h2)))
    sum[2] += height * ((1.0 - b) * (gy[0] + a * (gy[1] - gy[0])) + b * (gy[2] + a * (gy[3] - gy[2])) + db * (high - low))


cdef inline double share_of(double size, double per_footprint) noexcept nogil:
    """How much of a detail of that size a footprint lets through."""
    cdef double w = size * per_footprint - 1.0
    return 1.0 if w > 1.0 else (0.0 if w < 0.0 else w)


cdef inline double surface_height(Surface* surface, bint cached, double east, double north, double footprint, double* gradient) noexcept nogil:
    cdef TerrainState* state = surface.state
    cdef double per_footprint = 1.0 / (footprint if footprint > 1e-6 else 1e-6), weight, x, y
    cdef double total[3]
    cdef double part[3]
    cdef CraterLine* line
    cdef NoiseLine* noise
    cdef NoiseLine fresh
    cdef int64_t i, j, n
    cdef int k
    east += state.origin_east_m
    north += state.origin_north_m
    total[0], total[1], total[2] = -state.datum_m, 0.0, 0.0
    for k in range(3):
        weight = share_of(NOISE_LENGTH_M[k], per_footprint)
        if weight > 0.0:
            x, y = east * PER_LENGTH[k], north * PER_LENGTH[k]
            i, j = whole(x), whole(y)
            noise = &surface.noise[k] if cached else &fresh
            if not cached or noise.i != i or noise.j != j or not noise.filled:
                noise_fill(noise, state.seed, k, i, j)
            noise_add(noise, k, x - <double>i, y - <double>j, weight, total)
    for k in range(CRATER_CLASSES - 1, -1, -1):
        weight = share_of(SIZE_M[k], per_footprint)
        if weight <= 0.0:
            break
        i, j = whole(east * PER_SIDE[k]), whole(north * PER_SIDE[k])
        part[0] = part[1] = part[2] = 0.0
        line = &surface.lines[LINES * k + 4 * (i & 3) + (j & 3)] if cached else NULL
        if line != NULL and (line.i != i or line.j != j or line.count < 0):
            line_fill(line, state.seed, k, i, j)
        if line == NULL or line.count > HELD:
            class_direct(state.seed, k, i, j, east, north, part)
        else:
            for n in range(line.count):
                crater_add(&line.craters[n], east, north, part)
        total[0] += weight * part[0]
        total[1] += weight * part[1]
        total[2] += weight * part[2]
    if gradient != NULL:
        gradient[0], gradient[1] = total[1], total[2]
    return total[0]


cdef void forget(Surface* surface) noexcept nogil:
    """Empty the cache: it was filled for another seed."""
    cdef int n
    for n in range(CRATER_CLASSES * LINES):
        surface.lines[n].count = -1
    for n in range(3):
        surface.noise[n].filled = 0
    surface.cached_seed = surface.state.seed


cdef double terrain_height(Surface* surface, double east, double north, double footprint, double* gradient) noexcept nogil:
    if surface.cached_seed != surface.state.seed:
        forget(surface)
    return surface_height(surface, True, east, north, footprint, gradient)


cdef double terrain_height_direct(Surface* surface, double east, double north, double footprint, double* gradient) noexcept nogil:
    return surface_height(surface, False, east, north, footprint, gradient)


cdef double gap(Surface* surface, const double* origin, const double* d, double s, double footprint, double* slope) noexcept nogil:
    """Height of the beam's point at range s above the ground, and how it changes with s."""
    cdef double p[3]
    cdef double g[2]
    cdef double east, north, height, sink
    p[0], p[1], p[2] = origin[0] + s * d[0], origin[1] + s * d[1], origin[2] + s * d[2]
    height = site_map(p, &east, &north)
    sink = (p[0] * d[0] + p[1] * d[1] + (p[2] + SITE_RADIUS) * d[2]) / (SITE_RADIUS + height)
    height -= terrain_height(surface, east, north, footprint, g)
    slope[0] = sink - g[0] * d[0] - g[1] * d[1]
    return height


cdef double march(Surface* surface, const double* origin, const double* d, double limit, double footprint) noexcept nogil:
    """To within 0.3 m above the first echo, by steps as long as the steepest slope allows, so that none is passed over; negative without
    one within the limit or within a hundred steps (a beam that grazes the ground)."""
    cdef double across = sqrt(d[0] * d[0] + d[1] * d[1])
    cdef double s = 0.0, above, slope
    cdef int n
    for n in range(100):
        above = gap(surface, origin, d, s, footprint, &slope)
        if above < 0.3:
            return s
        s += above / (fabs(d[2]) + STEEPEST * across)
        if s > limit:
            break
    return -1.0


cdef double newton(Surface* surface, const double* origin, const double* d, double s, double limit, double footprint) noexcept nogil:
    """The echo near range s; negative when there is none that a few steps reach. A step below 0.02 m is the last: what is left is its
    square times the curvature of the ground."""
    cdef double slope, step
    cdef int n
    for n in range(6):
        step = -gap(surface, origin, d, s, footprint, &slope)
        if slope > -0.05:
            break
        step /= slope
        s += step
        if s < 0.0 or s > limit:
            break
        if fabs(step) < 0.02:
            return s
    return -1.0


cdef double terrain_range(Surface* surface, const double* origin, const double* direction, double last, double limit) noexcept nogil:
    """Newton's method from the last range, one or two queries when the beam has moved little; when that fails, the march and Newton.

    The footprint is a beam of 1 mrad, 0.3 m at least. Beams within 6 degrees of the horizontal have no echo.
    """
    cdef double s = -1.0, footprint, near
    cdef double up = direction[0] * origin[0] + direction[1] * origin[1] + direction[2] * (origin[2] + SITE_RADIUS)
    if up > -0.1 * SITE_RADIUS:
        return -1.0
    if last >= 0.0:
        s = newton(surface, origin, direction, last, limit, fmax(0.3, 1e-3 * last))
    if s < 0.0:
        footprint = fmax(0.3, 1e-3 * origin[2])
        near = march(surface, origin, direction, limit, footprint)
        if near >= 0.0:
            s = newton(surface, origin, direction, near, limit, footprint)
            if s < 0.0 or fabs(s - near) > 10.0:
                s = near
    return s


cdef double steepest_about(Surface* surface, double enough) noexcept nogil:
    """The steepest slope (tangent) of 2 m footprints within 15 m of the site; gives up once one reaches `enough`."""
    cdef double worst = 0.0
    cdef double g[2]
    cdef int i, j
    for i in range(-3, 4):
        for j in range(-3, 4):
            if i * i + j * j <= 9 and worst < enough:
                terrain_height(surface, 5.0 * i, 5.0 * j, 2.0, g)
                worst = fmax(worst, sqrt(g[0] * g[0] + g[1] * g[1]))
    return worst


cdef void place_site(Surface* surface) noexcept nogil:
    """Move the site along a square spiral of 20 m steps to the first place without a slope above 8 degrees (the slope that the lander
    recognises as a hazard: facts, change4, "Hazard criteria"), or to the gentlest of 4000: landing sites are chosen."""
    cdef TerrainState* state = surface.state
    cdef double least = 1e9, worst, best_east = 0.0, best_north = 0.0
    cdef int n, left = 1, turn = 0
    cdef double de = 20.0, dn = 0.0
    for n in range(4000):
        worst = steepest_about(surface, least)
        if worst < least:
            least, best_east, best_north = worst, state.origin_east_m, state.origin_north_m
        if least < 0.1405:
            break
        state.origin_east_m += de
        state.origin_north_m += dn
        left -= 1
        if left == 0:
            de, dn = -dn, de
            turn += 1
            left = 1 + (turn >> 1)
    state.origin_east_m, state.origin_north_m = best_east, best_north


cdef class Terrain:
    """The ground of one world. `seed` lays it anew."""

    def __cinit__(self):
        self.surface.lines = <CraterLine*>calloc(CRATER_CLASSES * LINES, sizeof(CraterLine))
        if self.surface.lines == NULL:
            raise MemoryError("no room for the terrain's cache")

    def __dealloc__(self):
        free(self.surface.lines)

    def __init__(self, Arena arena not None):
        self.arena = arena
        self.surface.state = <TerrainState*>arena.take("terrain", sizeof(TerrainState))
        cdef TerrainState[::1] view = <TerrainState[:1]>self.surface.state
        arena.bind("terrain", np.asarray(view))

    def seed(self, unsigned long long seed):
        """Lay the ground of a run. The site comes where a landing would be planned, at height zero."""
        cdef TerrainState* state = self.surface.state
        memset(state, 0, sizeof(TerrainState))
        state.seed = mix(seed + <uint64_t>0x9E3779B97F4A7C15u) | 1
        place_site(&self.surface)
        state.datum_m = terrain_height(&self.surface, 0.0, 0.0, 1.0, NULL)

    def height(self, double east_m, double north_m, double footprint_m=1.0, bint cached=False) -> float:
        """Height (m above the site's sphere) at a map point."""
        if cached:
            return terrain_height(&self.surface, east_m, north_m, footprint_m, NULL)
        return terrain_height_direct(&self.surface, east_m, north_m, footprint_m, NULL)

    def gradient(self, double east_m, double north_m, double footprint_m=1.0) -> tuple:
        """Slope towards east and north (1) at a map point."""
        cdef double g[2]
        terrain_height_direct(&self.surface, east_m, north_m, footprint_m, g)
        return g[0], g[1]

    def range(self, tuple origin_m not None, tuple direction not None, double last_m=-1.0, double limit_m=60000.0) -> float:
        """Range (m) along a unit vector, site frame; negative without an echo."""
        cdef double o[3]
        cdef double d[3]
        o[0], o[1], o[2] = origin_m
        d[0], d[1], d[2] = direction
        return terrain_range(&self.surface, o, d, last_m, limit_m)
