# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Relief: the soil's undisturbed shape on the generator's plane, endless and without a stored map: a pure function of (seed, place,
footprint).

Craters (hal.sim.craters) and nine octaves of gradient noise from 48 km to 0.5 m, a choice of ours for the swells of a basin floor
and the unevenness of its soil. Heights add.

No slope exceeds 40 degrees. A crater that lies on the walls of larger ones, or overlaps others of its class, is made shallower: its
depth is multiplied by min(1, room / own), where `own` adds the steepest walls of the crater and of those of its class whose rims
reach within its rim, and `room` is what tan 40 degrees leaves when the swells (0.14: 0.128 was the most in four million draws),
the outer slopes of rims (0.09 kept for them) and the steepest walls of all larger craters reaching within its rim are taken off. At any point the walls of one class then
add up to no more than the room there. On the Moon it is mass wasting that does it: steep walls keep few craters.

A class is full when its smallest crater is twice the footprint, absent when it is the footprint or less, linear between.

Speed: what can be felt in one quadrant (its side is the class's largest diameter) is kept in a cache. It follows from the seed alone,
so it is no state: it lies outside the arena, and changes no bit of any answer.
"""

from libc.string cimport memset

from hal.sim.craters cimport CELL_MOST, cell_craters, class_size_m, crater_add, high_uniform, layer_key, low_uniform, place_key

cdef enum:
    CROWD = 4 * CELL_MOST

ROOM = 0.61                                 # tan 40 deg, less 0.14 for swells and 0.09 for rims
cdef double PER_LENGTH[SWELLS]
cdef double SIZE_M[CRATER_CLASSES]          # smallest diameter of a class
cdef double PER_SIDE[CRATER_CLASSES]        # one over the side of a quadrant, which is its largest diameter


cdef _prepare():
    swells = [(48e3, 600.0), (15e3, 220.0), (5e3, 90.0), (1600.0, 32.0), (500.0, 10.0), (160.0, 3.0), (30.0, 0.4), (4.0, 0.05), (0.5, 0.006)]
    for k, (length, height) in enumerate(swells):
        LENGTH_M[k], HEIGHT_M[k], PER_LENGTH[k] = length, height, 1.0 / length
    for k in range(CRATER_CLASSES):
        SIZE_M[k] = class_size_m(k)
        PER_SIDE[k] = 0.5 / SIZE_M[k]

_prepare()


cdef double steepness_above(Surface* surface, int k, const Crater* c) noexcept nogil:
    """The steepest walls of all craters of larger classes whose rims meet a crater's. Their circle of influence then holds its centre,
    since they are no smaller: one quadrant a class is enough."""
    cdef CraterLine* line
    cdef Crater crowd[CROWD]
    cdef Crater* craters
    cdef int64_t i, j
    cdef double sum = 0.0
    cdef int n
    for k in range(k + 1, CRATER_CLASSES):
        i, j = whole(c.east_m * PER_SIDE[k]), whole(c.north_m * PER_SIDE[k])
        line = crater_line(surface, k, i, j)
        craters = line.craters
        if line.count > HELD:
            quadrant_craters(surface, k, i, j, crowd, CROWD)
            craters = crowd
        for n in range(<int>line.count):
            if rims_meet(&craters[n], c):
                sum += craters[n].steepest
    return sum


cdef double depth_kept(Surface* surface, int k, const Crater* c) noexcept nogil:
    """The share of its depth that a crater keeps among its neighbours."""
    cdef double room = ROOM - steepness_above(surface, k, c), own = 0.0
    cdef int64_t i = whole(c.east_m * PER_SIDE[k]), j = whole(c.north_m * PER_SIDE[k]), ci, cj
    cdef Crater craters[CELL_MOST]
    cdef int n
    if room <= 0.0:
        return 0.0
    for ci in range((i - 1) >> 1, ((i + 1) >> 1) + 1):
        for cj in range((j - 1) >> 1, ((j + 1) >> 1) + 1):
            for n in range(cell_craters(surface.crater_key[k], k, ci, cj, craters)):
                if rims_meet(&craters[n], c):                     # itself among them
                    own += craters[n].steepest
    return 1.0 if own <= room else room / own


cdef int quadrant_craters(Surface* surface, int k, int64_t i, int64_t j, Crater* out, int most) noexcept nogil:
    """The craters whose circle of influence meets quadrant (i, j), as they were made, in the order of their cells; returns how many there
    are, of which `most` at most are written."""
    cdef double side = 2.0 * SIZE_M[k], dx, dy
    cdef Crater craters[CELL_MOST]
    cdef int64_t ci, cj
    cdef int n, found = 0
    for ci in range((i - 1) >> 1, ((i + 1) >> 1) + 1):
        for cj in range((j - 1) >> 1, ((j + 1) >> 1) + 1):
            for n in range(cell_craters(surface.crater_key[k], k, ci, cj, craters)):
                dx = beyond(craters[n].east_m, <double>i * side, <double>(i + 1) * side)
                dy = beyond(craters[n].north_m, <double>j * side, <double>(j + 1) * side)
                if (dx * dx + dy * dy) * craters[n].inverse_radius2 < 4.0001:     # a little more than is felt: no rounding decides
                    if found < most:
                        out[found] = craters[n]
                    found += 1
    return found


cdef CraterLine* crater_line(Surface* surface, int k, int64_t i, int64_t j) noexcept nogil:
    cdef CraterLine* line = &surface.craters[(<int64_t>k << (2 * surface.bits)) + line_of(surface.bits, i, j)]
    cdef int n
    if line.i != i or line.j != j or line.count < 0:
        line.i, line.j = i, j
        line.count = quadrant_craters(surface, k, i, j, line.craters, HELD)
        for n in range(HELD):
            line.kept[n] = -1.0
    return line


cdef void felt_add(Surface* surface, int k, CraterLine* line, double east, double north, double* sum) noexcept nogil:
    """Add the craters of a line. A crater's neighbours are asked when it is felt first: most of a line's never are."""
    cdef double dx, dy
    cdef Crater* c
    cdef Crater shallow
    cdef int n
    for n in range(<int>line.count):
        c = &line.craters[n]
        dx, dy = east - c.east_m, north - c.north_m
        if (dx * dx + dy * dy) * c.inverse_radius2 < 4.0:
            if line.kept[n] < 0.0:
                line.kept[n] = depth_kept(surface, k, c)
            if line.kept[n] == 1.0:
                crater_add(c, east, north, sum)
            else:
                shallow = c[0]
                shallow.depth_m *= line.kept[n]
                crater_add(&shallow, east, north, sum)


cdef void crowd_add(Surface* surface, int k, int64_t i, int64_t j, double east, double north, double* sum) noexcept nogil:
    """A quadrant with more craters than a line holds, one of a hundred thousand."""
    cdef Crater crowd[CROWD]
    cdef int n
    for n in range(quadrant_craters(surface, k, i, j, crowd, CROWD)):
        crowd[n].depth_m *= depth_kept(surface, k, &crowd[n])
        crater_add(&crowd[n], east, north, sum)


cdef SwellLine* swell_line(Surface* surface, int octave, int64_t i, int64_t j) noexcept nogil:
    """The gradients at the four corners of a lattice square: (i, j), (i + 1, j), (i, j + 1), (i + 1, j + 1)."""
    cdef SwellLine* line = &surface.swells[(<int64_t>octave << (2 * surface.bits)) + line_of(surface.bits, i, j)]
    cdef uint64_t key
    cdef int n
    if line.i != i or line.j != j or not line.filled:
        line.i, line.j, line.filled = i, j, 1
        for n in range(4):
            key = place_key(surface.swell_key[octave], i + (n & 1), j + (n >> 1))
            line.gx[n] = 2.0 * low_uniform(key) - 1.0
            line.gy[n] = 2.0 * high_uniform(key) - 1.0
    return line


cdef inline void swell_add(SwellLine* line, int octave, double u, double v, double weight, double* sum) noexcept nogil:
    """Gradient noise with quintic weights, twice differentiable, at (u, v) within a lattice square."""
    cdef double height = HEIGHT_M[octave] * weight
    cdef double a = u * u * u * (u * (6.0 * u - 15.0) + 10.0), da = 30.0 * u * u * (u - 1.0) * (u - 1.0)
    cdef double b = v * v * v * (v * (6.0 * v - 15.0) + 10.0), db = 30.0 * v * v * (v - 1.0) * (v - 1.0)
    cdef double* gx = line.gx
    cdef double* gy = line.gy
    cdef double h0 = gx[0] * u + gy[0] * v, h1 = gx[1] * (u - 1.0) + gy[1] * v
    cdef double h2 = gx[2] * u + gy[2] * (v - 1.0), h3 = gx[3] * (u - 1.0) + gy[3] * (v - 1.0)
    cdef double low = h0 + a * (h1 - h0), high = h2 + a * (h3 - h2)
    sum[0] += height * (low + b * (high - low))
    height *= PER_LENGTH[octave]
    sum[1] += height * ((1.0 - b) * (gx[0] + a * (gx[1] - gx[0]) + da * (h1 - h0)) + b * (gx[2] + a * (gx[3] - gx[2]) + da * (h3 - h2)))
    sum[2] += height * ((1.0 - b) * (gy[0] + a * (gy[1] - gy[0])) + b * (gy[2] + a * (gy[3] - gy[2])) + db * (high - low))


cdef double relief_height(Surface* surface, double east, double north, double footprint, double* gradient) noexcept nogil:
    cdef double per_footprint = 1.0 / (footprint if footprint > 1e-6 else 1e-6), weight, x, y
    cdef double total[3]
    cdef double part[3]
    cdef CraterLine* line
    cdef int64_t i, j
    cdef int k
    if surface.cached_seed != surface.state.seed:
        relief_forget(surface)
    total[0] = total[1] = total[2] = 0.0
    for k in range(SWELLS):
        weight = share_of(LENGTH_M[k], per_footprint)
        if weight <= 0.0:
            break
        x, y = east * PER_LENGTH[k], north * PER_LENGTH[k]
        i, j = whole(x), whole(y)
        swell_add(swell_line(surface, k, i, j), k, x - <double>i, y - <double>j, weight, total)
    for k in range(CRATER_CLASSES - 1, -1, -1):
        weight = share_of(SIZE_M[k], per_footprint)
        if weight <= 0.0:
            break
        i, j = whole(east * PER_SIDE[k]), whole(north * PER_SIDE[k])
        line = crater_line(surface, k, i, j)
        part[0] = part[1] = part[2] = 0.0
        if line.count > HELD:
            crowd_add(surface, k, i, j, east, north, part)
        else:
            felt_add(surface, k, line, east, north, part)
        total[0] += weight * part[0]
        total[1] += weight * part[1]
        total[2] += weight * part[2]
    gradient[0], gradient[1] = total[1], total[2]
    return total[0]


cdef void relief_forget(Surface* surface) noexcept nogil:
    cdef int64_t n, lines = 1 << (2 * surface.bits)
    cdef int k
    for n in range(CRATER_CLASSES * lines):
        surface.craters[n].count = -1
    for n in range(SWELLS * lines):
        surface.swells[n].filled = 0
    for n in range(ROCK_CLASSES * lines):
        surface.rocks[n].count = -1
    for k in range(CRATER_CLASSES):
        surface.crater_key[k] = layer_key(surface.state.seed, <uint64_t>(k + 1))
    for k in range(SWELLS):
        surface.swell_key[k] = layer_key(surface.state.seed, <uint64_t>(100 + k))
    for k in range(ROCK_CLASSES):
        surface.rock_key[k] = layer_key(surface.state.seed, <uint64_t>(200 + k))
    surface.cached_seed = surface.state.seed


cdef void relief_on_stack(Surface* surface, const Surface* other, SmallCache* cache) noexcept nogil:
    memset(surface, 0, sizeof(Surface))
    surface.state, surface.tracks, surface.bits = other.state, other.tracks, SMALL_BITS
    surface.craters, surface.swells, surface.rocks = cache.craters, cache.swells, cache.rocks
    relief_forget(surface)
