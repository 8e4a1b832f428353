# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Craters: the seeded population, class by class and cell by cell, and the shape of one crater.

Seventeen classes by doubling diameter, 0.125 m to 16 km. Cumulative number: N(>D) = 0.079 D^-2 per m2 with D in metres (Trask's
equilibrium, facts: change4, "Site terrain"), above 128 m falling as D^-3 (our choice, towards the production function: it gives 0.01
craters above 1 km per km2, a mare of 3.6 Ga). Depth over diameter: below 64 m 0.031 + 0.09 u^2 with u uniform, mean 0.061 as measured
for the small ones (source 24), 0.121 for the freshest; from 64 m on 0.04 + 0.12 u^2, mean 0.08 (our choice: the larger ones are less
worn). The shape is ours, with s the squared distance in radii: depth (1 - s)^2 below the crest inside the rim, 0.17 of the depth above
the plain at the crest, falling as (1 - (s - 1)^2 / 9)^4 outside, out to two radii; the steepest wall is then 3.08 depth/diameter.

Where craters lie on craters, hal.sim.relief makes the younger (smaller) ones shallower, so that no slope exceeds 40 degrees.

What this does not model: rays and blocks of ejecta, central peaks and flat floors, erasure of old craters by new ones (heights add),
clustering of secondaries.
"""

from libc.math cimport cbrt, exp, sqrt

cdef double POISSON[CRATER_CLASSES][CELL_MOST]     # cumulative probability of at most n craters in a cell
cdef bint STEEP[CRATER_CLASSES]                    # the class follows D^-3
cdef double WORN[CRATER_CLASSES]                   # depth/diameter of the oldest
cdef double FRESH[CRATER_CLASSES]                  # what the freshest have more


def cumulative_number(diameter_m: float) -> float:
    """Craters per square metre larger than a diameter: the population that is drawn from."""
    return 0.079 * diameter_m**-2 if diameter_m <= 128.0 else 0.079 * 128.0 * diameter_m**-3


cdef _prepare():
    """The Poisson table of each class."""
    cdef double term, total, mean
    for k in range(CRATER_CLASSES):
        diameter = class_size_m(k)
        mean = (cumulative_number(diameter) - cumulative_number(2.0 * diameter)) * (4.0 * diameter) ** 2
        STEEP[k] = diameter >= 128.0
        WORN[k], FRESH[k] = (0.04, 0.12) if diameter >= 64.0 else (0.031, 0.09)
        term = exp(-mean)
        total = term
        for n in range(CELL_MOST):
            POISSON[k][n] = total
            term *= mean / (n + 1)
            total += term

_prepare()


cdef inline int cell_count(uint64_t* key, int k, int64_t i, int64_t j) noexcept nogil:
    """How many craters a cell has; the key becomes the cell's."""
    cdef double share
    cdef int count = 0
    key[0] = place_key(key[0], i, j)
    share = high_uniform(key[0])
    while count < CELL_MOST and share >= POISSON[k][count]:
        count += 1
    return count


cdef inline uint64_t crater_bits(uint64_t key, int n, int which) noexcept nogil:
    return mix(key + <uint64_t>(2 * n + which) * <uint64_t>0x9E3779B97F4A7C15u)


cdef inline void make_crater(uint64_t place, uint64_t shape, int k, int64_t i, int64_t j, Crater* out) noexcept nogil:
    cdef double smallest = class_size_m(k), side = 4.0 * smallest, diameter, u, ratio
    out.east_m = (<double>i + low_uniform(place)) * side
    out.north_m = (<double>j + high_uniform(place)) * side
    u = low_uniform(shape)
    diameter = smallest / (cbrt(1.0 - 0.875 * u) if STEEP[k] else sqrt(1.0 - 0.75 * u))
    u = high_uniform(shape)
    ratio = WORN[k] + FRESH[k] * u * u
    out.radius_m = 0.5 * diameter
    out.inverse_radius2 = 4.0 / (diameter * diameter)
    out.depth_m = ratio * diameter
    out.steepest = 3.0792 * ratio


cdef int cell_craters(uint64_t key, int k, int64_t i, int64_t j, Crater* out) noexcept nogil:
    cdef int n, count = cell_count(&key, k, i, j)
    for n in range(count):
        make_crater(crater_bits(key, n, 1), crater_bits(key, n, 2), k, i, j, &out[n])
    return count


cdef int cell_fresh(uint64_t key, int k, int64_t i, int64_t j, double least, Crater* out, double* fresh) noexcept nogil:
    cdef int n, found = 0, count = cell_count(&key, k, i, j)
    cdef uint64_t shape
    cdef double u
    for n in range(count):
        shape = crater_bits(key, n, 2)
        u = high_uniform(shape)
        if u * u > least:
            make_crater(crater_bits(key, n, 1), shape, k, i, j, &out[found])
            fresh[found] = (u * u - least) / (1.0 - least)
            found += 1
    return found


def craters_in_cell(unsigned long long seed, int size_class, long long i, long long j) -> list:
    """The craters of one cell as (east, north, diameter, depth), all in metres, on the generator's plane, before neighbours are asked."""
    if not 0 <= size_class < CRATER_CLASSES:
        raise ValueError(f"crater class {size_class} is not in 0..{CRATER_CLASSES - 1}")
    cdef Crater craters[CELL_MOST]
    cdef int n, count = cell_craters(layer_key(seed, <uint64_t>size_class + 1), size_class, i, j, craters)
    return [(craters[n].east_m, craters[n].north_m, 2.0 * craters[n].radius_m, craters[n].depth_m) for n in range(count)]
