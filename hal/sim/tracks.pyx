# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Wheel tracks: the ordered log of impressions, and the map of ruts that follows from it.

An impression is a strip 6 cm along the way of travel, as wide as the wheel and as deep as said, its edges falling over 2 cm; where
several lie on each other the deepest counts. The map has cells of 2 cm in tiles that are taken when a wheel first comes there, all from
memory that was reserved before the loop. It shows a log that it recognises by its hash, and is made again from the log when the record
has been put back to another run or another time.

What this does not model: soil pushed up beside the wheel, the marks of lugs, ruts that fill again, the lander's footprints.
"""

from libc.math cimport cos, fabs, floor, sin, sqrt
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

import numpy as np

from hal.sim.craters cimport mix

cdef double CELL_M = 0.02
cdef double STEP_M = 0.03                   # travel between impressions
cdef double DEEPER_M = 0.001
cdef double HALF_LENGTH_M = 0.03
cdef double EDGE_M = 0.02                   # over which a rut's side falls
cdef double PER_UNIT = 1e4                  # cells count 0.1 mm

LOG_TYPE = np.dtype(
    [
        ("east_m", "f8"),
        ("north_m", "f8"),
        ("heading_rad", "f4"),
        ("width_m", "f4"),
        ("depth_m", "f4"),
        ("wheel", "i4"),
    ]
)


cdef uint64_t hash_on(uint64_t hash, const Impression* entry) noexcept nogil:
    cdef uint64_t words[4]
    cdef int n
    memcpy(words, entry, sizeof(words))
    for n in range(4):
        hash = mix((hash ^ words[n]) + <uint64_t>0x9E3779B97F4A7C15u)
    return hash


cdef double pressed_at(const Impression* m, double c, double s, double dx, double dy) noexcept nogil:
    """Depth of an impression at an offset from its middle; c and s are of its heading."""
    cdef double along = dx * c + dy * s, across = fabs(dy * c - dx * s), half = 0.5 * m.width_m + 0.5 * EDGE_M
    if fabs(along) > HALF_LENGTH_M or across >= half:
        return 0.0
    return m.depth_m * ((half - across) / EDGE_M if across > half - EDGE_M else 1.0)


cdef inline int64_t slot_of(int64_t i, int64_t j) noexcept nogil:
    return <int64_t>(mix(<uint64_t>i * <uint64_t>0x9E3779B97F4A7C15u + <uint64_t>j) & (TABLE_SLOTS - 1))


cdef int64_t tile_at(const TrackBook* book, int64_t i, int64_t j, int64_t* slot) noexcept nogil:
    """The tile of that place, or -1 and the slot where it would be entered."""
    cdef int64_t tile
    slot[0] = slot_of(i, j)
    while True:
        tile = book.table[slot[0]]
        if tile < 0 or (book.tile_i[tile] == i and book.tile_j[tile] == j):
            return tile
        slot[0] = (slot[0] + 1) & (TABLE_SLOTS - 1)


cdef bint stamp(TrackBook* book, const Impression* m) noexcept nogil:
    """Deepen the map by one impression; 0 when there was no tile left for a part of it."""
    cdef double c = cos(m.heading_rad), s = sin(m.heading_rad), depth
    cdef double reach = sqrt(HALF_LENGTH_M * HALF_LENGTH_M + 0.25 * (m.width_m + EDGE_M) * (m.width_m + EDGE_M))
    cdef int64_t west = <int64_t>floor((m.east_m - reach) / CELL_M), east = <int64_t>floor((m.east_m + reach) / CELL_M)
    cdef int64_t south = <int64_t>floor((m.north_m - reach) / CELL_M), north = <int64_t>floor((m.north_m + reach) / CELL_M)
    cdef int64_t i, j, tile = -1, slot = 0, held_i = 0, held_j = 0
    cdef bint held = False, room = True
    cdef uint16_t units
    cdef uint16_t* cell
    for i in range(west, east + 1):
        for j in range(south, north + 1):
            depth = pressed_at(m, c, s, (<double>i + 0.5) * CELL_M - m.east_m, (<double>j + 0.5) * CELL_M - m.north_m)
            units = <uint16_t>(depth * PER_UNIT + 0.5)
            if units == 0:
                continue
            if not held or held_i != i >> 6 or held_j != j >> 6:
                held, held_i, held_j = True, i >> 6, j >> 6
                tile = tile_at(book, held_i, held_j, &slot)
                if tile < 0 and book.tiles < TILES_MOST:
                    tile = book.tiles
                    book.tiles += 1
                    book.table[slot] = <int32_t>tile
                    book.tile_i[tile], book.tile_j[tile] = held_i, held_j
                    memset(book.cells + tile * TILE_CELLS * TILE_CELLS, 0, TILE_CELLS * TILE_CELLS * sizeof(uint16_t))
            if tile < 0:
                room = False
                continue
            cell = book.cells + (tile * TILE_CELLS + (i & 63)) * TILE_CELLS + (j & 63)
            if units > cell[0]:
                cell[0] = units
    return room


cdef void map_again(TrackBook* book) noexcept nogil:
    """Bring the map to the log of the record. A log that is not the record's (its hash says so) shows no ruts."""
    cdef int64_t n
    cdef uint64_t hash = 0
    memset(book.table, 0xFF, TABLE_SLOTS * sizeof(int32_t))
    book.tiles = 0
    for n in range(book.state.count):
        hash = hash_on(hash, &book.log[n])
    if hash == book.state.hash:
        for n in range(book.state.count):
            stamp(book, &book.log[n])
    book.mapped, book.mapped_hash = book.state.count, book.state.hash


cdef void track_press(
    TrackBook* book, int wheel, double east, double north, double heading, double width, double depth
) noexcept nogil:
    cdef TrackState* state = book.state
    cdef Impression* entry
    cdef double dx = east - state.last_east_m[wheel], dy = north - state.last_north_m[wheel]
    if not depth > 0.0:
        return
    if state.pressed[wheel] and dx * dx + dy * dy < STEP_M * STEP_M and depth < state.last_depth_m[wheel] + DEEPER_M:
        return
    state.last_east_m[wheel], state.last_north_m[wheel], state.last_depth_m[wheel] = east, north, depth
    state.pressed[wheel] = 1
    if state.count >= LOG_MOST:
        state.dropped += 1
        return
    if book.mapped != state.count or book.mapped_hash != state.hash:
        map_again(book)
    entry = &book.log[state.count]
    entry.east_m, entry.north_m, entry.wheel = east, north, wheel
    entry.heading_rad, entry.width_m, entry.depth_m = <float>heading, <float>width, <float>(depth if depth < 1.0 else 1.0)
    state.hash = hash_on(state.hash, entry)
    state.count += 1
    if not stamp(book, entry):
        state.dropped += 1
    book.mapped, book.mapped_hash = state.count, state.hash


cdef double cell_depth(const TrackBook* book, int64_t i, int64_t j) noexcept nogil:
    cdef int64_t slot, tile = tile_at(book, i >> 6, j >> 6, &slot)
    return 0.0 if tile < 0 else book.cells[(tile * TILE_CELLS + (i & 63)) * TILE_CELLS + (j & 63)] * (1.0 / PER_UNIT)


cdef double rut(TrackBook* book, double east, double north) noexcept nogil:
    """Linear between the middles of the cells."""
    cdef double x = east / CELL_M - 0.5, y = north / CELL_M - 0.5, low, high
    cdef int64_t i, j
    if book.mapped != book.state.count or book.mapped_hash != book.state.hash:
        map_again(book)
    if book.tiles == 0:
        return 0.0
    i, j = <int64_t>floor(x), <int64_t>floor(y)
    x -= <double>i
    y -= <double>j
    low = cell_depth(book, i, j) * (1.0 - y) + cell_depth(book, i, j + 1) * y
    high = cell_depth(book, i + 1, j) * (1.0 - y) + cell_depth(book, i + 1, j + 1) * y
    return low + x * (high - low)


cdef void tracks_fill(
    const TrackBook* book, int64_t count, double east0, double north0, double spacing, int nx, int ny, float* out
) noexcept nogil:
    cdef const Impression* m
    cdef double c, s, reach, per = 1.0 / spacing, x, y, depth
    cdef int64_t n
    cdef int i, j, west, east, south, north
    for n in range(count if count < LOG_MOST else LOG_MOST):
        m = &book.log[n]
        reach = HALF_LENGTH_M + 0.5 * (m.width_m + EDGE_M)
        x, y = m.east_m - east0, m.north_m - north0
        if x < -reach or y < -reach or x > (nx - 1) * spacing + reach or y > (ny - 1) * spacing + reach:
            continue
        west, east = <int>((x - reach) * per), <int>((x + reach) * per) + 1
        south, north = <int>((y - reach) * per), <int>((y + reach) * per) + 1
        c, s = cos(m.heading_rad), sin(m.heading_rad)
        for j in range(south if south > 0 else 0, (north if north < ny else ny - 1) + 1):
            for i in range(west if west > 0 else 0, (east if east < nx else nx - 1) + 1):
                depth = pressed_at(m, c, s, i * spacing - x, j * spacing - y)
                if depth > out[j * nx + i]:
                    out[j * nx + i] = <float>depth


cdef class Tracks:
    """The wheel tracks of one world: record `tracks` and the log beside it."""

    def __cinit__(self):
        cdef TrackBook* book = &self.book
        book.cells = <uint16_t*>malloc(<size_t>TILES_MOST * TILE_CELLS * TILE_CELLS * sizeof(uint16_t))
        book.table = <int32_t*>malloc(TABLE_SLOTS * sizeof(int32_t))
        book.tile_i = <int64_t*>malloc(TILES_MOST * sizeof(int64_t))
        book.tile_j = <int64_t*>malloc(TILES_MOST * sizeof(int64_t))
        if book.cells == NULL or book.table == NULL or book.tile_i == NULL or book.tile_j == NULL:
            raise MemoryError("no room for wheel tracks")

    def __dealloc__(self):
        free(self.book.cells)
        free(self.book.table)
        free(self.book.tile_i)
        free(self.book.tile_j)

    def __init__(self, Arena arena not None):
        self.arena = arena
        self.book.state = <TrackState*>arena.take("tracks", sizeof(TrackState))
        self.rows = np.zeros(LOG_MOST, LOG_TYPE)
        cdef uint8_t[::1] octets = self.rows.view(np.uint8)
        self.book.log = <Impression*>&octets[0]
        cdef TrackState[::1] view = <TrackState[:1]>self.book.state
        arena.bind("tracks", np.asarray(view))
        map_again(&self.book)

    def press(self, int wheel, double east_m, double north_m, double heading_rad, double width_m, double depth_m):
        """A wheel stands here, as the loop says it. Raises ValueError for a wheel that does not exist."""
        if not 0 <= wheel < 6:
            raise ValueError(f"wheel {wheel} is not in 0..5")
        track_press(&self.book, wheel, east_m, north_m, heading_rad, width_m, depth_m)

    def rut(self, double east_m, double north_m) -> float:
        """Depth (m) of the rut at a map point."""
        return rut(&self.book, east_m, north_m)

    def log(self) -> np.ndarray:
        """The impressions so far (LOG_TYPE), read-only, in the log's own memory. Rows never change but by `load` or a new run."""
        rows = self.rows[: self.book.state.count]
        rows.flags.writeable = False
        return rows

    def fill(self, double east0_m, double north0_m, double spacing_m, int nx, int ny, long long count=-1) -> np.ndarray:
        """Depths of the ruts (m, float32, [ny, nx]) that the first `count` impressions made; all when it is negative."""
        if nx < 1 or ny < 1 or not spacing_m > 0.0:
            raise ValueError(f"a grid of {nx} x {ny} at {spacing_m} m is none")
        cdef int64_t known = self.book.state.count
        out = np.zeros((ny, nx), np.float32)
        cdef float[:, ::1] cells = out
        tracks_fill(&self.book, count if 0 <= count < known else known, east0_m, north0_m, spacing_m, nx, ny, &cells[0, 0])
        return out

    def save(self) -> bytes:
        """The log, for a snapshot."""
        return (<const char*>self.book.log)[: self.book.state.count * <int64_t>sizeof(Impression)]

    def load(self, bytes octets not None):
        """Put a log back behind the record, which was put back first. Raises ValueError when it is not the record's."""
        cdef int64_t n, count = len(octets) // <int64_t>sizeof(Impression)
        cdef const char* source = octets
        cdef uint64_t hash = 0
        if len(octets) != self.book.state.count * <int64_t>sizeof(Impression) or count > LOG_MOST:
            raise ValueError(f"a log of {count} impressions, where the record says {self.book.state.count}")
        for n in range(count):
            hash = hash_on(hash, <const Impression*>(source + n * sizeof(Impression)))
        if hash != self.book.state.hash:
            raise ValueError("the log of wheel tracks is not the one that the record was made with")
        memcpy(self.book.log, source, len(octets))
        map_again(&self.book)
