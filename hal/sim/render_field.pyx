# distutils: extra_compile_args = -O3
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: millions of cells a picture, and every index is masked to its grid.)
"""Render field: the ground as pictures see it: nested square grids, each cell twice the next finer one's, filled by blocks when needed.

A cell holds height, slopes, normal albedo, and how far below the upper edge of the nearest shadow it lies. Heights are the terrain's, with
the cell as footprint. The albedo is a choice of ours of the right size: 0.09 for a mare, with mottling of a few hundredths, and bright
walls, halos and rays about the freshest craters. Slopes carry unresolved relief: two octaves of a few cells and white noise, chosen to look well.

The shadow is a sweep: row by row away from the Sun, the upper edge of shadow falls with the Sun's elevation and is
lifted by the ground; a grid's sunward edges take it from the next coarser grid, so that a far peak shades a near stone.

What this does not model: overhangs, penumbrae (the Sun is a point; edges are a cell wide), light from lit ground.
"""

from libc.math cimport fabs, floor, sqrt, sqrtf
from libc.stdint cimport uint64_t
from libc.string cimport memcpy, memset

from hal.sim.craters cimport CELL_MOST, CRATER_CLASSES, Crater, cell_fresh, class_size_m, layer_key, mix
from hal.sim.site cimport SITE_RADIUS
from hal.sim.terrain cimport terrain_fill
from hal.sim.tracks cimport tracks_fill

cdef enum:
    NODES = 40                          # of a lattice of mottling along a block, at most

cdef float BASE_ALBEDO = 0.09
cdef double DETAIL = 0.7                # footprint over cell
cdef double HUMMOCK = 0.03              # height over wavelength of the two octaves of unresolved relief
cdef float GRAIN = 0.03                 # of slopes, half width of white noise
cdef double FRESH_FROM = 0.88           # of the spread of depths: deeper craters are fresh enough to be bright, one of sixteen
cdef float BRIGHTEST = 0.035            # albedo that the freshest crater's wall has more
cdef float HALO = 3.5                   # radii out to which its rays reach
cdef float NO_SHADOW = -1e9


cdef bint block_missing(const Level* l, int64_t bi, int64_t bj) noexcept nogil:
    cdef const BlockTag* tag = tag_of(l, bi, bj)
    return not (tag.filled and tag.i == bi and tag.j == bj)


cdef inline BlockTag* tag_of(const Level* l, int64_t bi, int64_t bj) noexcept nogil:
    return &l.tags[((bj & (l.mask_j >> BLOCK_BITS)) << (l.bits - BLOCK_BITS)) | (bi & (l.mask_i >> BLOCK_BITS))]


cdef void block_forget(Level* l, int64_t bi, int64_t bj) noexcept nogil:
    cdef BlockTag* tag = tag_of(l, bi, bj)
    if tag.i == bi and tag.j == bj:
        tag.filled = 0


cdef void block_copy(const Level* old, Level* l, int64_t bi, int64_t bj) noexcept nogil:
    cdef int64_t there = place_of(old, bi << BLOCK_BITS, bj << BLOCK_BITS), here = place_of(l, bi << BLOCK_BITS, bj << BLOCK_BITS)
    memcpy(l.height + here, old.height + there, BLOCK * BLOCK * sizeof(float))
    memcpy(l.shade + here, old.shade + there, BLOCK * BLOCK * sizeof(Shade))
    tag_of(l, bi, bj)[0] = tag_of(old, bi, bj)[0]


cdef void bounds_of(Level* l) noexcept nogil:
    cdef int64_t bi, bj
    cdef BlockTag* tag
    l.low_m, l.high_m = 1e9, -1e9
    for bj in range(l.j0 >> BLOCK_BITS, l.j1 >> BLOCK_BITS):
        for bi in range(l.i0 >> BLOCK_BITS, l.i1 >> BLOCK_BITS):
            if not needs(l, bi << BLOCK_BITS, bj << BLOCK_BITS):
                continue
            tag = tag_of(l, bi, bj)
            l.low_m = tag.low_m if tag.low_m < l.low_m else l.low_m
            l.high_m = tag.high_m if tag.high_m > l.high_m else l.high_m


cdef inline uint32_t hash32(uint32_t x) noexcept nogil:
    """Integer hash with good avalanche ("lowbias32" class of multiply-xorshift functions)."""
    x ^= x >> 16
    x *= 0x7FEB352Du
    x ^= x >> 15
    x *= 0x846CA68Bu
    return x ^ (x >> 16)


cdef inline float lattice(uint32_t key, int64_t i, int64_t j) noexcept nogil:
    """A number between -1 and 1 for each place of a square lattice."""
    return <float>(hash32(key ^ hash32(<uint32_t>i * 0x9E3779B1u + <uint32_t>j * 0x85EBCA77u)) >> 8) * <float>(1.0 / 8388608.0) - 1


cdef inline float smooth(float x) noexcept nogil:
    return x * x * (3 - 2 * x)


cdef inline float mottle(uint32_t key, float u, float v) noexcept nogil:
    """Value noise, -1 to 1, smooth."""
    cdef int64_t i = <int64_t>floor(u), j = <int64_t>floor(v)
    cdef float a = smooth(u - <float>i), b = smooth(v - <float>j), low, high
    low = lattice(key, i, j)
    low += a * (lattice(key, i + 1, j) - low)
    high = lattice(key, i, j + 1)
    high += a * (lattice(key, i + 1, j + 1) - high)
    return low + b * (high - low)


cdef void mottle_row(const float* nodes, const int* place, const float* weight, int64_t side, float* out) noexcept nogil:
    """A row of nodes at the columns of a block."""
    cdef int64_t i
    for i in range(side):
        out[i] = nodes[place[i]] + weight[i] * (nodes[place[i] + 1] - nodes[place[i]])


cdef void mottle_mix(const float* low, const float* high, float b, int64_t side, float* row) noexcept nogil:
    cdef int64_t i
    for i in range(side):
        row[i] += low[i] * (1 - b) + high[i] * b


cdef void mottle_add(uint32_t key, double u0, double v0, double step, float amplitude, int64_t side, float* out) noexcept nogil:
    """Add value noise to out[side][side], at (u0 + i step, v0 + j step); step at most a half."""
    cdef float nodes[NODES * NODES]
    cdef float rows[2][BLOCK + 2]
    cdef int place[BLOCK + 2]
    cdef float weight[BLOCK + 2]
    cdef int64_t first_i = <int64_t>floor(u0), first_j = <int64_t>floor(v0), i, j, now, last = -1
    cdef int64_t wide = <int64_t>(step * <double>side) + 3
    cdef double at
    for j in range(wide):
        for i in range(wide):
            nodes[j * NODES + i] = amplitude * lattice(key, first_i + i, first_j + j)
    for i in range(side):
        at = u0 - <double>first_i + <double>i * step
        place[i] = <int>at
        weight[i] = smooth(<float>(at - <double>place[i]))
    for j in range(side):
        at = v0 - <double>first_j + <double>j * step
        now = <int64_t>at
        if now != last:
            last = now
            mottle_row(nodes + NODES * now, place, weight, side, rows[0])
            mottle_row(nodes + NODES * now + NODES, place, weight, side, rows[1])
        mottle_mix(rows[0], rows[1], smooth(<float>(at - <double>now)), side, out + j * side)


cdef void fresh_crater(float* albedo, double cell, const Crater* c, double east0, double north0, float strength, uint32_t key) noexcept nogil:
    """The bright wall, halo and rays of one crater on a block whose first cell lies at (east0, north0) of the generator's plane."""
    cdef double reach = HALO * c.radius_m
    cdef int64_t i_low = <int64_t>floor((c.east_m - reach - east0) / cell), i_high = <int64_t>floor((c.east_m + reach - east0) / cell) + 1
    cdef int64_t j_low = <int64_t>floor((c.north_m - reach - north0) / cell), j_high = <int64_t>floor((c.north_m + reach - north0) / cell) + 1
    cdef int64_t i, j
    cdef float x, y, s, ray, glow
    cdef float per_radius = <float>(1.0 / c.radius_m)
    for j in range(j_low if j_low > 0 else 0, j_high if j_high < BLOCK else BLOCK):
        y = <float>(north0 + <double>j * cell - c.north_m) * per_radius
        for i in range(i_low if i_low > 0 else 0, i_high if i_high < BLOCK else BLOCK):
            x = <float>(east0 + <double>i * cell - c.east_m) * per_radius
            s = x * x + y * y
            if s >= HALO * HALO:
                continue
            if s < 1:
                glow = <float>0.5 + <float>0.5 * s
            else:
                s = sqrtf(s)
                glow = (HALO - s) * <float>0.4
                glow *= glow * (<float>0.8 + <float>1.3 * mottle(key, 3 * x / s, 3 * y / s) * (s - 1))
                glow = 0 if glow < 0 else glow
            albedo[j * BLOCK + i] += strength * glow


cdef void fresh_craters(float* albedo, double cell, const Surface* surface, double east0, double north0) noexcept nogil:
    """All craters that brighten a block, of the classes that its cells can show."""
    cdef double side, reach, width = BLOCK * cell
    cdef double fresh[CELL_MOST]
    cdef Crater craters[CELL_MOST]
    cdef int64_t ci, cj
    cdef uint64_t key
    cdef int k, n
    for k in range(CRATER_CLASSES):
        if class_size_m(k) < 2.0 * cell:
            continue
        side = 4.0 * class_size_m(k)
        reach = HALO * class_size_m(k)
        key = layer_key(surface.state.seed, <uint64_t>(k + 1))
        for ci in range(<int64_t>floor((east0 - reach) / side), <int64_t>floor((east0 + width + reach) / side) + 1):
            for cj in range(<int64_t>floor((north0 - reach) / side), <int64_t>floor((north0 + width + reach) / side) + 1):
                for n in range(cell_fresh(key, k, ci, cj, FRESH_FROM, craters, fresh)):
                    fresh_crater(albedo, cell, &craters[n], east0, north0, BRIGHTEST * <float>fresh[n],
                                 hash32(<uint32_t>(ci * 8 + n) ^ hash32(<uint32_t>cj)))


cdef void block_albedo(double cell, const Surface* surface, double east0, double north0, float* albedo) noexcept nogil:
    """Mottling in octaves of four from 4 km down to three cells, and fresh craters: albedo[north][east]."""
    cdef double length = 4096.0
    cdef uint32_t key = <uint32_t>mix(surface.state.seed ^ <uint64_t>0xA1BED0)
    cdef int64_t n
    east0 += surface.state.origin_east_m
    north0 += surface.state.origin_north_m
    for n in range(BLOCK * BLOCK):
        albedo[n] = BASE_ALBEDO
    while length > 3.0 * cell and length > 0.01:
        if length < 4096.0 * cell:                             # longer ones are as good as constant over any picture of such cells
            mottle_add(key, east0 / length, north0 / length, cell / length, <float>0.0045 if length > 100.0 else <float>0.003, BLOCK, albedo)
        length *= 0.25
        key += 0x3C6EF372u
    fresh_craters(albedo, cell, surface, east0, north0)


cdef void transpose(float* square, int64_t side) noexcept nogil:
    cdef int64_t i, j
    cdef float h
    for j in range(1, side):
        for i in range(j):
            h = square[j * side + i]
            square[j * side + i] = square[i * side + j]
            square[i * side + j] = h


cdef inline void low_high(const float* row, float* low, float* high) noexcept nogil:
    cdef int64_t i
    for i in range(BLOCK):
        low[0] = row[i] if row[i] < low[0] else low[0]
        high[0] = row[i] if row[i] > high[0] else high[0]


cdef void shade_row(const float* rough, int64_t pitch, float half, uint32_t key, int64_t i0, int64_t j0, const float* albedo,
                    Shade* shade) noexcept nogil:
    """Slopes, with their grain, and albedo of one row of a block."""
    cdef uint32_t noise[BLOCK]
    cdef int64_t i
    for i in range(BLOCK):
        noise[i] = hash32(key ^ hash32(<uint32_t>(i0 + i) * 0x9E3779B1u + <uint32_t>j0 * 0x85EBCA77u))
    for i in range(BLOCK):
        shade[i].slope_i = (rough[i + 1] - rough[i - 1]) * half + GRAIN * (
            <float><int32_t>(noise[i] & 0xFFFF) * <float>(1.0 / 32768.0) - 1)
        shade[i].slope_j = (rough[i + pitch] - rough[i - pitch]) * half + GRAIN * (
            <float><int32_t>(noise[i] >> 16) * <float>(1.0 / 32768.0) - 1)
        shade[i].albedo = albedo[i]
        shade[i].pad = 0


cdef void block_fill(Level* l, Surface* surface, int64_t bi, int64_t bj, float* scratch) noexcept nogil:
    """Height, slopes and albedo of one block. `scratch` holds 4 (BLOCK + 2)^2."""
    cdef int64_t first_i = bi << BLOCK_BITS, first_j = bj << BLOCK_BITS, base = place_of(l, first_i, first_j), i, j
    cdef int64_t pitch = BLOCK + 2, count = (BLOCK + 2) * (BLOCK + 2)
    cdef double east0 = <double>((first_j if l.turned else first_i) - 1) * l.cell_m
    cdef double north0 = <double>((first_i if l.turned else first_j) - 1) * l.cell_m
    cdef float half = <float>(0.5 * l.per_m), low = 1e9, high = -1e9, h
    cdef float* ruts = scratch + count
    cdef float* rough = scratch + 2 * count
    cdef float* albedo = scratch + 3 * count
    cdef BlockTag* tag = tag_of(l, bi, bj)
    cdef uint32_t key = <uint32_t>mix(surface.state.seed + <uint64_t>(1e3 * l.cell_m))
    cdef bint rutted = l.cell_m < 0.07 and surface.tracks != NULL and l.tracks > 0
    terrain_fill(surface, east0, north0, l.cell_m, DETAIL * l.cell_m, <int>pitch, <int>pitch, scratch)
    memset(rough, 0, <size_t>count * sizeof(float))
    if rutted:
        memset(ruts, 0, <size_t>count * sizeof(float))
        tracks_fill(surface.tracks, l.tracks, east0, north0, l.cell_m, <int>pitch, <int>pitch, ruts)
        for i in range(count):
            scratch[i] -= ruts[i]
    mottle_add(key, east0 * l.per_m / 3.1, north0 * l.per_m / 3.1, 1.0 / 3.1, <float>(HUMMOCK * 3.1 * l.cell_m), pitch, rough)
    mottle_add(~key, east0 * l.per_m / 8.3, north0 * l.per_m / 8.3, 1.0 / 8.3, <float>(HUMMOCK * 8.3 * l.cell_m), pitch, rough)
    block_albedo(l.cell_m, surface, east0 + l.cell_m, north0 + l.cell_m, albedo)
    for i in range(count):
        rough[i] += scratch[i]
    if l.turned:
        transpose(scratch, pitch)
        transpose(rough, pitch)
        transpose(albedo, BLOCK)
        if rutted:
            transpose(ruts, pitch)
    for j in range(BLOCK):
        low_high(scratch + (j + 1) * pitch + 1, &low, &high)
        memcpy(l.height + base + j * BLOCK, scratch + (j + 1) * pitch + 1, BLOCK * sizeof(float))
        shade_row(rough + (j + 1) * pitch + 1, pitch, half, key, first_i, first_j + j, albedo + j * BLOCK, l.shade + base + j * BLOCK)
        if rutted:
            for i in range(BLOCK):                             # pressed soil is darker: by a quarter, chosen
                h = ruts[(j + 1) * pitch + i + 1] * 250
                l.shade[base + j * BLOCK + i].albedo *= 1 - <float>0.25 * (1 if h > 1 else (0 if h < 0 else h))
    tag.i, tag.j, tag.low_m, tag.high_m, tag.filled = bi, bj, low, high, 1


cdef inline float edge_above(Level** levels, int k, int count, double i_m, double j_m) noexcept nogil:
    """The shadow's upper edge (m above the sphere) in level k, or the next coarser one that the picture uses there; far below without any."""
    cdef const Level* l
    cdef int64_t i, j, p
    for k in range(k, count):
        l = levels[k]
        i, j = <int64_t>floor(i_m * l.per_m + 0.5), <int64_t>floor(j_m * l.per_m + 0.5)
        if needs(l, i, j):
            p = place_of(l, i, j)
            return l.height[p] + l.dark[p]
    return NO_SHADOW


cdef inline void sweep_cells(const float* height, float* dark, const float* before, const float* sunward, float* now, float share,
                             float drop) noexcept nogil:
    """One row of one block."""
    cdef int64_t k
    cdef float edge, h
    for k in range(BLOCK):
        edge = before[k] + share * (sunward[k] - before[k]) - drop
        h = height[k]
        dark[k] = edge - h
        now[k] = h if h > edge else edge


cdef void sweep(Level** levels, int k, int count, const double* sun, double i_m, double j_m, float* rows) noexcept nogil:
    """Row by row away from the Sun, which stands nearer to the j axis than to the i axis. Where a row enters the blocks that the picture
    uses, from outside or from blocks that it does not, the shadow's edge is the coarser grids'.

    `sun`: its direction along i, j and up in the tangent frame at the map point (i_m, j_m); elsewhere it stands higher or lower by the
    angle to there. `rows` holds 4112 floats.
    """
    cdef Level* l = levels[k]
    cdef double along = fabs(sun[1]), level = sqrt(sun[0] * sun[0] + sun[1] * sun[1]), elevation, ahead, last
    cdef int64_t side = 1 if sun[0] > 0.0 else -1, step = -1 if sun[1] > 0.0 else 1, blocks = (l.i1 - l.i0) >> BLOCK_BITS
    cdef int64_t j = l.j1 - 1 if sun[1] > 0.0 else l.j0, n, b, first, i, end
    cdef bint enters
    cdef float share, drop
    cdef const uint8_t* needed
    cdef float* before = rows + 4
    cdef float* now = rows + 2060
    cdef float* swap
    if along < 1e-6:
        return                                                # overhead: no shadows
    share = <float>(fabs(sun[0]) / along)
    for n in range(l.j1 - l.j0):
        # Towards the Sun the ground leans away from the tangent plane, to it: the Sun stands higher there.
        ahead = ((<double>j * l.cell_m - j_m) * sun[1] + (0.5 * <double>(l.i0 + l.i1) * l.cell_m - i_m) * sun[0]) / level
        elevation = sun[2] / level + ahead / SITE_RADIUS * (1.0 + (sun[2] / level) * (sun[2] / level))
        drop = <float>(l.cell_m * level / along * elevation)
        needed = l.needed + MOST_BLOCKS * ((j - l.j0) >> BLOCK_BITS)
        enters = (j & (BLOCK - 1)) == (0 if step > 0 else BLOCK - 1)
        last = <double>(j - step) * l.cell_m
        for b in range(blocks):
            first = b << BLOCK_BITS
            if not needed[b]:
                continue
            if enters and not needs(l, l.i0 + first, j - step):
                for i in range(first, first + BLOCK):
                    before[i] = edge_above(levels, k + 1, count, <double>(l.i0 + i) * l.cell_m, last)
            end = first + BLOCK if side > 0 else first - 1    # the neighbour beyond the block, towards the Sun
            if not needs(l, l.i0 + end, j - step):
                before[end] = edge_above(levels, k + 1, count, <double>(l.i0 + end) * l.cell_m, last)
        for b in range(blocks):
            if needed[b]:
                first = b << BLOCK_BITS
                i = place_of(l, l.i0 + first, j)
                sweep_cells(l.height + i, l.dark + i, before + first, before + first + side, now + first, share, drop)
        swap = before
        before = now
        now = swap
        j += step
