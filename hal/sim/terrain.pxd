"""Terrain: the seeded ground about the site: height and slope at a map point, range along a beam. Nothing is stored but the seed."""

from libc.stdint cimport int64_t, uint64_t

from hal.core.arena cimport Arena
from hal.sim.craters cimport CRATER_CLASSES, Crater

cdef enum:
    LINES = 16                  # cache lines a class: a square of 4 x 4 quadrants
    HELD = 6                    # craters that a line can hold


cdef struct TerrainState:       # record `terrain`
    uint64_t seed
    double origin_east_m        # where the site lies on the generator's plane
    double origin_north_m
    double datum_m              # the generator's height at the site, taken off every height

cdef struct CraterLine:         # the craters that can be felt in one quadrant of one class
    int64_t i
    int64_t j
    int64_t count               # more than HELD: they did not fit, evaluate directly
    Crater craters[HELD]

cdef struct NoiseLine:          # the lattice square of one octave of undulation that was asked last
    int64_t i
    int64_t j
    int64_t filled
    double gx[4]
    double gy[4]

cdef struct Surface:            # the wiring: the record, and a cache of what follows from it
    TerrainState* state
    CraterLine* lines
    NoiseLine noise[3]
    uint64_t cached_seed        # the seed for which the lines hold; 0 is none


# Height (m above the site's sphere) at a map point with detail down to a footprint (m); `gradient` (east, north) may be NULL.
cdef double terrain_height(Surface* surface, double east, double north, double footprint, double* gradient) noexcept nogil
# The same bits without the cache, many times slower: touches nothing but the record.
cdef double terrain_height_direct(Surface* surface, double east, double north, double footprint, double* gradient) noexcept nogil
# Range (m) from a point along a unit vector, both in the site frame, sought from the `last` range (negative: none); negative for no echo.
cdef double terrain_range(Surface* surface, const double* origin, const double* direction, double last, double limit) noexcept nogil


cdef class Terrain:
    cdef readonly Arena arena
    cdef Surface surface
