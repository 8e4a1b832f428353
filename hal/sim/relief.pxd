"""Relief: the soil's undisturbed shape on the generator's plane: swells and craters, with what was asked last held in a cache."""

from libc.stdint cimport int64_t, uint64_t

from hal.sim.craters cimport CRATER_CLASSES, Crater
from hal.sim.tracks cimport TrackBook

cdef enum:
    HELD = 8                    # craters that a line can hold
    SWELLS = 9                  # octaves of undulation
    ROCK_CLASSES = 5            # one for each doubling of the diameter, from 0.05 m to 1.6 m
    ROCKS_MOST = 6              # rocks in a cell
    PATCH = 66                  # nodes along a patch's side, at most: a block of a picture's grid and its rim
    SMALL_BITS = 2              # a small cache has a square of 4 x 4 lines for each class,
    LARGE_BITS = 3              # a large one 8 x 8


cdef struct TerrainState:       # record `terrain`
    uint64_t seed
    double origin_east_m        # where the site lies on the generator's plane
    double origin_north_m
    double datum_m              # the generator's height at the site, taken off every height

cdef struct CraterLine:         # the craters that can be felt in one quadrant of one class
    int64_t i
    int64_t j
    int64_t count               # more than HELD: they did not fit, evaluate directly; negative: empty line
    double kept[HELD]           # the share of its depth that each keeps; negative: its neighbours have not been asked
    Crater craters[HELD]

cdef struct SwellLine:          # one lattice square of one octave
    int64_t i
    int64_t j
    int64_t filled
    double gx[4]
    double gy[4]

cdef struct Rock:               # a half-sunk ellipsoid, rigid, one axis upright
    double east_m               # of its centre, on the generator's plane in a line, on the map from rocks_in
    double north_m
    double centre_m             # height of its centre, below the soil's
    double semi_major_m
    double semi_minor_m
    double semi_height_m
    double cos_heading          # of the major axis, from east towards north
    double sin_heading
    double diameter_m           # of its outline on level soil, mean of the axes

cdef struct RockLine:           # the rocks of one cell: none reaches out of it
    int64_t i
    int64_t j
    int64_t count               # negative: empty line
    Rock rocks[ROCKS_MOST]

cdef struct Surface:            # the wiring: the record, and a cache of what follows from it
    TerrainState* state
    CraterLine* craters         # 4^bits lines a class
    SwellLine* swells
    RockLine* rocks
    int64_t bits
    uint64_t cached_seed        # the seed for which the lines and keys hold; 0 is none
    uint64_t crater_key[CRATER_CLASSES]
    uint64_t swell_key[SWELLS]
    uint64_t rock_key[ROCK_CLASSES]
    TrackBook* tracks           # may be NULL

cdef struct SmallCache:         # enough for one task on its own stack (0.2 MB): see relief_on_stack
    CraterLine craters[CRATER_CLASSES * 16]
    SwellLine swells[SWELLS * 16]
    RockLine rocks[ROCK_CLASSES * 16]


cdef inline int64_t whole(double x) noexcept nogil:
    """The floor, without a call."""
    cdef int64_t i = <int64_t>x
    return i - (x < <double>i)


cdef inline double share_of(double size, double per_footprint) noexcept nogil:
    """How much of a detail of that size a footprint lets through: all when it is twice the footprint, nothing when it is no larger."""
    cdef double w = size * per_footprint - 1.0
    return 1.0 if w > 1.0 else (0.0 if w < 0.0 else w)


cdef inline int64_t line_of(int64_t bits, int64_t i, int64_t j) noexcept nogil:
    """Where a place's line is: squares of neighbours lie apart, and so do rows in any direction, which is where beams go."""
    return (i + 21 * j) & ((1 << (2 * bits)) - 1)


cdef inline bint rims_meet(const Crater* a, const Crater* b) noexcept nogil:
    cdef double dx = a.east_m - b.east_m, dy = a.north_m - b.north_m, reach = a.radius_m + b.radius_m
    return dx * dx + dy * dy < reach * reach


cdef inline double beyond(double x, double low, double high) noexcept nogil:
    """How far outside an interval."""
    return low - x if x < low else (x - high if x > high else 0.0)


cdef double ROOM                # slope that a crater and the larger ones about it share
cdef double LENGTH_M[SWELLS]    # of each octave
cdef double HEIGHT_M[SWELLS]

# The gradients at the corners of one lattice square of an octave, from the cache.
cdef SwellLine* swell_line(Surface* surface, int octave, int64_t i, int64_t j) noexcept nogil
# Height (m) of the soil at a point of the generator's plane, with detail down to a footprint (m); gradient[2] is set.
cdef double relief_height(Surface* surface, double east, double north, double footprint, double* gradient) noexcept nogil
# Empty the cache: it was filled for another seed.
cdef void relief_forget(Surface* surface) noexcept nogil
# A surface of the same ground that shares nothing with another but the seed, its cache in `cache`.
cdef void relief_on_stack(Surface* surface, const Surface* other, SmallCache* cache) noexcept nogil
