# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Rocks: the seeded population on the soil, class by class and cell by cell: a pure function of (seed, place).

Of the ground, rocks wider than D cover the share k exp(-q D): the exponential law that the Chang'e-3 site follows (facts: change4,
source 28) with the k = 0.0021 of the Chang'e-4 site (source 24). q = 6.6 /m is our choice, that of a smooth plain at that abundance:
0.84 rocks above 20 cm on 100 m2, one above 1 m on 36 ha. Number: N(>D) = k q * integral of 4 exp(-q x) / (pi x^2) from D on, for
0.05 m to 1.6 m in five classes by doubling diameter.

A rock is an ellipsoid with its centre 0.3 of its upright half axis below the soil at its centre, so that it stands 0.35 to 0.65 of its
diameter above the soil (our choice), and its axes across differ by up to 3 : 2. It is full when its class's smallest is twice the
footprint, absent when it is the footprint or less, linear between, like craters.

Not modelled: angular shapes, rocks that lean or touch each other, clusters about fresh craters, fragments below 5 cm.
"""

from libc.math cimport cos, exp, floor, sin, sqrt
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

from hal.sim.craters cimport high_uniform, low_uniform, mix, place_key
from hal.sim.relief cimport PATCH, ROCK_CLASSES, ROCKS_MOST, RockLine, SmallCache, line_of, relief_height, relief_on_stack, share_of, whole

cdef enum:
    STEPS = 32

cdef double ABUNDANCE = 0.0021
cdef double DECAY_PER_M = 6.6
cdef double SUNK = 0.3
cdef double OUTLINE = 0.91                  # 1 - SUNK^2: squared radius of the outline on level soil
cdef double LAST = 0.998                    # squared radius up to which an ellipsoid counts: its edge is upright
cdef double SIZE_M[ROCK_CLASSES]            # smallest diameter of a class
cdef double SIDE_M[ROCK_CLASSES]            # of a cell
cdef double POISSON[ROCK_CLASSES][ROCKS_MOST]
cdef double DIAMETER_M[ROCK_CLASSES][STEPS + 1]     # by the share of the class's rocks that are smaller


def cumulative_number(diameter_m: float) -> float:
    """Rocks per square metre larger than a diameter: the population that is drawn from (trapezoids in log x; good to 1e-5)."""
    cdef double x = diameter_m, step = 1.0 + 1.0 / 512.0, sum = 0.0, last = exp(-DECAY_PER_M * x) / (x * x), value
    while DECAY_PER_M * x < 40.0:
        value = exp(-DECAY_PER_M * x * step) / (x * x * step * step)
        sum += 0.5 * (last + value) * x * (step - 1.0)
        x *= step
        last = value
    return ABUNDANCE * DECAY_PER_M * 4.0 / 3.141592653589793 * sum


cdef void quantiles(int k, double most, double least) noexcept:
    """Diameters of the class by the share of its rocks that are smaller: one pass over the density, in 4096 steps of equal ratio."""
    cdef double ratio = exp(0.6931471805599453 / 4096.0), x = SIZE_M[k], per = ABUNDANCE * DECAY_PER_M * 4.0 / 3.141592653589793
    cdef double last = exp(-DECAY_PER_M * x) / (x * x), value, sum = 0.0, part, wanted = (most - least) / STEPS
    cdef int n = 1
    DIAMETER_M[k][0] = x
    while n < STEPS:
        value = exp(-DECAY_PER_M * x * ratio) / (x * x * ratio * ratio)
        part = per * 0.5 * (last + value) * x * (ratio - 1.0)
        while n < STEPS and sum + part >= n * wanted:
            DIAMETER_M[k][n] = x * (1.0 + (ratio - 1.0) * (n * wanted - sum) / part)
            n += 1
        sum += part
        x *= ratio
        last = value
    DIAMETER_M[k][STEPS] = 2.0 * SIZE_M[k]


cdef _prepare():
    """The Poisson table of each class, and its quantiles."""
    cdef double term, total
    for k in range(ROCK_CLASSES):
        SIZE_M[k] = 0.05 * (1 << k)
        SIDE_M[k] = 40.0 * SIZE_M[k]
        most, least = cumulative_number(SIZE_M[k]), cumulative_number(2.0 * SIZE_M[k])
        mean = (most - least) * SIDE_M[k] ** 2
        term = exp(-mean)
        total = term
        for n in range(ROCKS_MOST):
            POISSON[k][n] = total
            term *= mean / (n + 1)
            total += term
        quantiles(k, most, least)

_prepare()


cdef int cell_rocks(uint64_t key, int k, int64_t i, int64_t j, Rock* out) noexcept nogil:
    """The rocks of one cell without their heights, at most ROCKS_MOST; returns how many."""
    cdef uint64_t bits
    cdef double side = SIDE_M[k], share, margin = 2.0 * SIZE_M[k], u, heading, stretch, diameter
    cdef int count = 0, n, step
    key = place_key(key, i, j)
    share = high_uniform(key)
    while count < ROCKS_MOST and share >= POISSON[k][count]:
        count += 1
    for n in range(count):
        bits = mix(key + <uint64_t>(3 * n + 1) * <uint64_t>0x9E3779B97F4A7C15u)
        out[n].east_m = <double>i * side + margin + low_uniform(bits) * (side - 2.0 * margin)
        out[n].north_m = <double>j * side + margin + high_uniform(bits) * (side - 2.0 * margin)
        bits = mix(key + <uint64_t>(3 * n + 2) * <uint64_t>0x9E3779B97F4A7C15u)
        u = low_uniform(bits) * STEPS
        step = <int>u
        diameter = DIAMETER_M[k][step] + (u - step) * (DIAMETER_M[k][step + 1] - DIAMETER_M[k][step])
        out[n].diameter_m = diameter
        out[n].semi_height_m = (0.35 + 0.3 * high_uniform(bits)) * diameter / (1.0 - SUNK)
        bits = mix(key + <uint64_t>(3 * n + 3) * <uint64_t>0x9E3779B97F4A7C15u)
        stretch = 0.2 * low_uniform(bits)
        out[n].semi_major_m = 0.5 * diameter * (1.0 + stretch) / sqrt(OUTLINE)
        out[n].semi_minor_m = 0.5 * diameter * (1.0 - stretch) / sqrt(OUTLINE)
        heading = high_uniform(bits) * 3.141592653589793
        out[n].cos_heading, out[n].sin_heading = cos(heading), sin(heading)
        out[n].centre_m = 0.0
    return count


cdef inline void set_down(Surface* surface, Rock* rock) noexcept nogil:
    """Sink a rock into the soil at its centre, seen with a footprint of half its diameter."""
    cdef double g[2]
    rock.centre_m = relief_height(surface, rock.east_m, rock.north_m, 0.5 * rock.diameter_m, g) - SUNK * rock.semi_height_m


cdef RockLine* rock_line(Surface* surface, int k, int64_t i, int64_t j) noexcept nogil:
    """The rocks of one cell, set down."""
    cdef RockLine* line = &surface.rocks[(<int64_t>k << (2 * surface.bits)) + line_of(surface.bits, i, j)]
    cdef int n
    if line.i != i or line.j != j or line.count < 0:
        line.i, line.j, line.count = i, j, cell_rocks(surface.rock_key[k], k, i, j, line.rocks)
        for n in range(<int>line.count):
            set_down(surface, &line.rocks[n])
    return line


cdef inline double squared_radius(const Rock* r, double dx, double dy) noexcept nogil:
    """Of an offset from a rock's centre, one on its widest outline."""
    cdef double u = (dx * r.cos_heading + dy * r.sin_heading) / r.semi_major_m
    cdef double v = (dy * r.cos_heading - dx * r.sin_heading) / r.semi_minor_m
    return u * u + v * v


cdef double rocks_lift(
    Surface* surface, double east, double north, double footprint, double height, double* gradient, int* rock
) noexcept nogil:
    cdef double per_footprint = 1.0 / (footprint if footprint > 1e-6 else 1e-6), weight, dx, dy, u, v, s, root, top, slope
    cdef double top_east = 0.0, top_north = 0.0, soil = height, highest = height
    cdef RockLine* line
    cdef Rock* r
    cdef int64_t i, j
    cdef int k, n
    rock[0] = 0
    for k in range(ROCK_CLASSES - 1, -1, -1):
        weight = share_of(SIZE_M[k], per_footprint)
        if weight <= 0.0:
            break
        i, j = whole(east * (1.0 / SIDE_M[k])), whole(north * (1.0 / SIDE_M[k]))
        line = rock_line(surface, k, i, j)
        for n in range(<int>line.count):
            r = &line.rocks[n]
            dx, dy = east - r.east_m, north - r.north_m
            if dx * dx + dy * dy >= r.semi_major_m * r.semi_major_m:
                continue
            s = squared_radius(r, dx, dy)
            if s >= LAST:
                continue
            root = sqrt(1.0 - s)
            top = soil + weight * (r.centre_m + r.semi_height_m * root - soil)
            if top > highest:
                highest, rock[0] = top, 1
                slope = -weight * r.semi_height_m / root
                u = (dx * r.cos_heading + dy * r.sin_heading) / (r.semi_major_m * r.semi_major_m)
                v = (dy * r.cos_heading - dx * r.sin_heading) / (r.semi_minor_m * r.semi_minor_m)
                top_east = (1.0 - weight) * gradient[0] + slope * (u * r.cos_heading - v * r.sin_heading)
                top_north = (1.0 - weight) * gradient[1] + slope * (u * r.sin_heading + v * r.cos_heading)
    if rock[0]:
        gradient[0], gradient[1] = top_east, top_north
    return highest


cdef void rocks_patch(
    Surface* surface, const double* east, const double* north, int nx, int ny, double footprint, double* heights
) noexcept nogil:
    cdef double per_footprint = 1.0 / (footprint if footprint > 1e-6 else 1e-6), weight, dx, dy, s, top
    cdef double soil[PATCH * PATCH]
    cdef bint copied = False
    cdef Rock* r
    cdef int64_t i, j
    cdef int k, n, x, y
    for k in range(ROCK_CLASSES - 1, -1, -1):
        weight = share_of(SIZE_M[k], per_footprint)
        if weight <= 0.0:
            break
        for i in range(whole(east[0] * (1.0 / SIDE_M[k])), whole(east[nx - 1] * (1.0 / SIDE_M[k])) + 1):
            for j in range(whole(north[0] * (1.0 / SIDE_M[k])), whole(north[ny - 1] * (1.0 / SIDE_M[k])) + 1):
                for n in range(<int>rock_line(surface, k, i, j).count):
                    r = &rock_line(surface, k, i, j).rocks[n]
                    if not copied:
                        copied = True
                        memcpy(soil, heights, nx * ny * sizeof(double))
                    for y in range(ny):
                        dy = north[y] - r.north_m
                        if dy * dy >= r.semi_major_m * r.semi_major_m:
                            continue
                        for x in range(nx):
                            dx = east[x] - r.east_m
                            if dx * dx + dy * dy >= r.semi_major_m * r.semi_major_m:
                                continue
                            s = squared_radius(r, dx, dy)
                            if s < LAST:
                                top = soil[y * nx + x]
                                top += weight * (r.centre_m + r.semi_height_m * sqrt(1.0 - s) - top)
                                if top > heights[y * nx + x]:
                                    heights[y * nx + x] = top


cdef int rocks_in(
    const Surface* surface, double east, double north, double half_side, double least_diameter, Rock* out, int most
) noexcept nogil:
    cdef SmallCache cache
    cdef Surface local
    cdef Rock rocks[ROCKS_MOST]
    cdef int64_t i, j
    cdef int k, n, found = 0
    relief_on_stack(&local, surface, &cache)
    east += surface.state.origin_east_m
    north += surface.state.origin_north_m
    for k in range(ROCK_CLASSES - 1, -1, -1):
        if 2.0 * SIZE_M[k] < least_diameter:
            break
        for i in range(<int64_t>floor((east - half_side) / SIDE_M[k]), <int64_t>floor((east + half_side) / SIDE_M[k]) + 1):
            for j in range(<int64_t>floor((north - half_side) / SIDE_M[k]), <int64_t>floor((north + half_side) / SIDE_M[k]) + 1):
                for n in range(cell_rocks(local.rock_key[k], k, i, j, rocks)):
                    if (
                        rocks[n].diameter_m < least_diameter
                        or not -half_side <= rocks[n].east_m - east <= half_side
                        or not -half_side <= rocks[n].north_m - north <= half_side
                    ):
                        continue
                    if found < most:
                        set_down(&local, &rocks[n])
                        out[found] = rocks[n]
                        out[found].east_m -= surface.state.origin_east_m
                        out[found].north_m -= surface.state.origin_north_m
                        out[found].centre_m -= surface.state.datum_m
                    found += 1
    return found
