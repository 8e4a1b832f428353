"""Wheel tracks: the ordered log of impressions that wheels made in the soil, and the map of ruts that follows from it.

The log lies outside the arena; its length and running hash lie in record `tracks`, so that a digest sees any change of it. Places are
map coordinates (m), depths are below the undisturbed soil (m).
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint64_t

from hal.core.arena cimport Arena

cdef enum:
    LOG_MOST = 65536            # impressions: 330 m for six wheels
    TILES_MOST = 2048           # squares of 1.28 m with a rut in them
    TILE_CELLS = 64             # cells along a tile's side, of 2 cm
    TABLE_SLOTS = 8192


cdef struct Impression:         # a row of the log
    double east_m               # of the middle of the contact patch
    double north_m
    float heading_rad           # of travel, from east towards north
    float width_m
    float depth_m               # below the undisturbed soil
    int32_t wheel

cdef struct TrackState:         # record `tracks`
    int64_t count               # impressions in the log
    uint64_t hash               # over all of them, in order
    int64_t dropped             # impressions that came when the log or the map was full
    double last_east_m[6]       # where each wheel pressed last
    double last_north_m[6]
    double last_depth_m[6]
    uint8_t pressed[6]          # 1: it has pressed at all
    uint8_t pad[2]

cdef struct TrackBook:          # the wiring: record, log, and the map as a cache of the log
    TrackState* state
    Impression* log
    uint16_t* cells             # TILES_MOST tiles of TILE_CELLS^2, in 0.1 mm
    int32_t* table              # slot -> tile, -1 empty
    int64_t* tile_i
    int64_t* tile_j
    int64_t tiles
    int64_t mapped              # impressions that the map shows,
    uint64_t mapped_hash        # and the hash of the log up to there


# A wheel (0..5) stands here and has pressed the soil down to a depth. Call it every tick: it logs one impression every 3 cm of travel,
# or where the wheel has sunk 1 mm deeper.
cdef void track_press(
    TrackBook* book, int wheel, double east, double north, double heading, double width, double depth
) noexcept nogil
# Depth (m) of the rut at a place, 0 where none is.
cdef double rut(TrackBook* book, double east, double north) noexcept nogil
# Deepen out[ny][nx] (m, positive down, the caller clears it) by the first `count` impressions of the log, at (east0 + i spacing,
# north0 + j spacing). Touches nothing but those rows of the log, which never change: for any thread.
cdef void tracks_fill(
    const TrackBook* book, int64_t count, double east0, double north0, double spacing, int nx, int ny, float* out
) noexcept nogil


cdef class Tracks:
    cdef readonly Arena arena
    cdef object rows                     # the log's memory
    cdef TrackBook book
