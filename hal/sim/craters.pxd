# cython: cdivision=True
"""Craters: the seeded population, class by class and cell by cell, and the shape of one crater."""

from libc.stdint cimport int64_t, uint64_t

cdef enum:
    CRATER_CLASSES = 17         # one for each doubling of the diameter, from 0.125 m to 16384 m
    CELL_MOST = 8               # craters in a cell; the Poisson law gives more once in a million cells


cdef struct Crater:
    double east_m
    double north_m
    double inverse_radius2      # 1/m2, radius of the rim crest
    double depth_m              # from the rim crest to the floor; as the crater was made, until its neighbours are asked
    double radius_m
    double steepest             # slope of the wall as the crater was made


cdef inline uint64_t mix(uint64_t x) noexcept nogil:
    """The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): a bijection."""
    x = (x ^ (x >> 30)) * <uint64_t>0xBF58476D1CE4E5B9u
    x = (x ^ (x >> 27)) * <uint64_t>0x94D049BB133111EBu
    return x ^ (x >> 31)


cdef inline uint64_t layer_key(uint64_t seed, uint64_t layer) noexcept nogil:
    return mix(seed + layer * <uint64_t>0x9E3779B97F4A7C15u)


cdef inline uint64_t place_key(uint64_t key, int64_t i, int64_t j) noexcept nogil:
    """The random bits of one cell of a layer."""
    return mix(mix(key ^ <uint64_t>i) + <uint64_t>j * <uint64_t>0xD1B54A32D192ED03u)


cdef inline double low_uniform(uint64_t bits) noexcept nogil:
    return <double>(bits & 0xFFFFFFFFu) * (1.0 / 4294967296.0)


cdef inline double high_uniform(uint64_t bits) noexcept nogil:
    return <double>(bits >> 32) * (1.0 / 4294967296.0)


cdef inline double class_size_m(int k) noexcept nogil:
    """The smallest diameter of a class. The largest is twice that, a cell's side four times."""
    return 0.125 * <double>(1 << k)


cdef inline void crater_add(const Crater* c, double east, double north, double* sum) noexcept nogil:
    """Add a crater's height and gradient at a point to sum[3]."""
    cdef double dx = east - c.east_m, dy = north - c.north_m
    cdef double s = (dx * dx + dy * dy) * c.inverse_radius2, t, e, g
    if s >= 4.0:
        return
    if s < 1.0:
        e = 1.0 - s
        sum[0] += c.depth_m * (0.17 - e * e)
        g = 4.0 * c.depth_m * e * c.inverse_radius2
    else:
        t = (s - 1.0) * (1.0 / 3.0)
        g = 1.0 - t * t
        e = g * g
        sum[0] += 0.17 * c.depth_m * e * e
        g = (-0.17 * 16.0 / 3.0) * c.depth_m * t * g * e * c.inverse_radius2
    sum[1] += g * dx
    sum[2] += g * dy


# The craters of one cell, at most CELL_MOST, from the key of the class's layer (number k + 1); returns how many.
cdef int cell_craters(uint64_t key, int k, int64_t i, int64_t j, Crater* out) noexcept nogil
# Those of them whose depth lies beyond the share `least` of its spread, and how far beyond, 0 to 1.
cdef int cell_fresh(uint64_t key, int k, int64_t i, int64_t j, double least, Crater* out, double* fresh) noexcept nogil
