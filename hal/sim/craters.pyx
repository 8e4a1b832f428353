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


cdef int cell_craters(uint64_t key, int k, int64_t i, int64_t j, Crater* out) noexcept nogil:
    """The craters of one cell, at most CELL_MOST; returns how many."""
    cdef double smallest = class_size_m(k), side = 4.0 * smallest, diameter, u, share, ratio
    cdef uint64_t bits
    cdef int count = 0, n
    key = place_key(key, i, j)
    share = high_uniform(key)
    while count < CELL_MOST and share >= POISSON[k][count]:
        count += 1
    for n in range(count):
        bits = mix(key + <uint64_t>(2 * n + 1) * <uint64_t>0x9E3779B97F4A7C15u)
        out[n].east_m = (<double>i + low_uniform(bits)) * side
        out[n].north_m = (<double>j + high_uniform(bits)) * side
        bits = mix(key + <uint64_t>(2 * n + 2) * <uint64_t>0x9E3779B97F4A7C15u)
        u = low_uniform(bits)
        diameter = smallest / (cbrt(1.0 - 0.875 * u) if STEEP[k] else sqrt(1.0 - 0.75 * u))
        u = high_uniform(bits)
        ratio = WORN[k] + FRESH[k] * u * u
        out[n].radius_m = 0.5 * diameter
        out[n].inverse_radius2 = 4.0 / (diameter * diameter)
        out[n].depth_m = ratio * diameter
        out[n].steepest = 3.0792 * ratio
    return count


def craters_in_cell(unsigned long long seed, int size_class, long long i, long long j) -> list:
    """The craters of one cell as (east, north, diameter, depth), all in metres, on the generator's plane, before neighbours are asked."""
    if not 0 <= size_class < CRATER_CLASSES:
        raise ValueError(f"crater class {size_class} is not in 0..{CRATER_CLASSES - 1}")
    cdef Crater craters[CELL_MOST]
    cdef int n, count = cell_craters(layer_key(seed, <uint64_t>size_class + 1), size_class, i, j, craters)
    return [(craters[n].east_m, craters[n].north_m, 2.0 * craters[n].radius_m, craters[n].depth_m) for n in range(count)]
