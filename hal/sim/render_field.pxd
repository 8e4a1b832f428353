"""Render field: the ground as pictures see it: nested square grids, each cell twice the next finer one's, filled by blocks when needed.

A block is a pure function of (seed, tracks, level, place): the grids are a cache, and hold no state. The axes i and j are the map's east
and north, or north and east where that lets shadows sweep from row to row (`turned`).
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

from hal.sim.relief cimport Surface

cdef enum:
    BLOCK = 64                       # cells along a block's side
    BLOCK_BITS = 6
    MOST_BLOCKS = 32                 # along a level's side: 2048 cells


cdef struct Shade:
    float slope_i
    float slope_j
    float albedo                     # normal albedo
    float pad

cdef struct BlockTag:                # what a place of the grid holds now
    int64_t i
    int64_t j
    uint32_t filled                  # 0: nothing
    uint32_t pad
    float low_m
    float high_m

cdef struct Level:
    double cell_m
    double per_m
    double until                     # depth along the camera's axis (m) up to which pixels use this level
    int64_t i0                       # cells that the picture uses: i0 <= i < i1; multiples of BLOCK
    int64_t j0
    int64_t i1
    int64_t j1
    int64_t mask_i                   # cells along a side, less one: the memory wraps around
    int64_t mask_j
    int32_t bits                     # of mask_i
    int32_t used                     # by this picture
    int32_t turned                   # i is north, j is east
    int32_t pad
    int64_t tracks                   # impressions of wheels that the ground bears
    float* height                    # m above the site's sphere
    float* dark                      # m below the upper edge of the shadow; negative in sunlight; of this picture
    Shade* shade
    BlockTag* tags
    double low_m                     # over the blocks that the picture uses
    double high_m
    uint8_t needed[1024]             # block (i, j) of the window at MOST_BLOCKS j + i: 1 where the picture uses it


# A block lies in one piece, row by row: rows far apart would share the same few places of the processor's caches.
cdef inline int64_t row_of(const Level* l, int64_t j) noexcept nogil:
    return (((j & l.mask_j) >> BLOCK_BITS) << (l.bits + BLOCK_BITS)) | ((j & (BLOCK - 1)) << BLOCK_BITS)


cdef inline int64_t column_of(const Level* l, int64_t i) noexcept nogil:
    return (((i & l.mask_i) >> BLOCK_BITS) << (2 * BLOCK_BITS)) | (i & (BLOCK - 1))


cdef inline int64_t place_of(const Level* l, int64_t i, int64_t j) noexcept nogil:
    return row_of(l, j) | column_of(l, i)


cdef inline bint needs(const Level* l, int64_t i, int64_t j) noexcept nogil:
    """Whether the picture uses the cell: it is in the window, and its block has been filled."""
    return i >= l.i0 and j >= l.j0 and i < l.i1 and j < l.j1 and l.needed[MOST_BLOCKS * ((j - l.j0) >> BLOCK_BITS) + ((i - l.i0) >> BLOCK_BITS)]


cdef inline bint needs_square(const Level* l, int64_t i, int64_t j) noexcept nogil:
    """The same for the four cells from (i, j) to (i + 1, j + 1)."""
    if not needs(l, i, j):
        return False
    if (i & (BLOCK - 1)) != BLOCK - 1 and (j & (BLOCK - 1)) != BLOCK - 1:
        return True
    return needs(l, i + 1, j) and needs(l, i, j + 1) and needs(l, i + 1, j + 1)


cdef bint block_missing(const Level* l, int64_t bi, int64_t bj) noexcept nogil
cdef void block_forget(Level* l, int64_t bi, int64_t bj) noexcept nogil
cdef void block_copy(const Level* old, Level* l, int64_t bi, int64_t bj) noexcept nogil   # into other memory of the same level
cdef void bounds_of(Level* l) noexcept nogil                  # sets low_m, high_m
cdef void block_fill(Level* l, Surface* surface, int64_t bi, int64_t bj, float* scratch) noexcept nogil
# Lay the shadows of level `k` of a picture's levels (finest first), whose coarser ones have theirs.
cdef void sweep(Level** levels, int k, int count, const double* sun, double i_m, double j_m, float* rows) noexcept nogil
