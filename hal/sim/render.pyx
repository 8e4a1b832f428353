# cython: cdivision=True
"""Renderer: the memory and the kernels behind one camera's pictures; `hal.sim.picture` says in which order they run.

Methods with `part` and `parts` do one share of the work and let go of the GIL: what comes out does not depend on how it is shared out.
"""

from libc.math cimport floor
from libc.stdint cimport int32_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp

import numpy as np

from hal.sim.render_expose cimport Detector, expose
from hal.sim.render_field cimport (
    BLOCK, BLOCK_BITS, MOST_BLOCKS, BlockTag, Shade, block_copy, block_fill, block_forget, block_missing, bounds_of, needs, sweep,
)
from hal.sim.render_light cimport cast_light
from hal.sim.render_rays cimport ground_light, strips_of, trace_strip
from hal.sim.relief cimport TerrainState
from hal.sim.render_solids cimport raster, shade_solids
from hal.sim.render_view cimport CASTER_PX, CASTERS, PHASES, Caster
from hal.sim.site cimport SITE_RADIUS

cdef double TRACK_CELL_M = 0.07          # coarser grids do not see a rut
cdef int64_t MOST_HELD = 24 << 20        # cells kept from picture to picture, of 24 octets


cdef class Renderer:
    """For pictures of up to `width` x `height`. One picture at a time."""

    def __cinit__(self):
        cdef int k
        for k in range(LEVELS):
            self.levels[k].cell_m = 2.0 ** (k + FINEST)
            self.levels[k].per_m = 2.0 ** -(k + FINEST)

    def __init__(self, Terrain terrain not None, int width, int height):
        self.terrain = terrain
        self.radiance, self.depth = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
        cdef float[:, ::1] radiance = self.radiance
        cdef float[:, ::1] depth = self.depth
        self.view.radiance, self.view.depth_m = &radiance[0, 0], &depth[0, 0]
        self.view.width_px, self.view.height_px = width, height

    def __dealloc__(self):
        cdef int k
        for k in range(LEVELS):
            self.free_level(&self.levels[k])

    cdef void free_level(self, Level* l) noexcept:
        free(l.height)
        free(l.dark)
        free(l.shade)
        free(l.tags)
        l.height, l.dark, l.shade, l.tags = NULL, NULL, NULL, NULL

    cdef int resize(self, Level* l, int64_t width, int64_t height, int64_t i0, int64_t j0, int64_t i1, int64_t j1) except -1:
        """Other memory for a level, of width x height cells, with the blocks between (i0, j0) and (i1, j1) that it had."""
        cdef Level old = l[0]
        cdef size_t cells = <size_t>(width * height)
        l.height = <float*>malloc(cells * sizeof(float))
        l.dark = <float*>malloc(cells * sizeof(float))
        l.shade = <Shade*>malloc(cells * sizeof(Shade))
        l.tags = <BlockTag*>calloc(cells >> (2 * BLOCK_BITS), sizeof(BlockTag))
        if l.height == NULL or l.dark == NULL or l.shade == NULL or l.tags == NULL:
            self.free_level(l)
            self.free_level(&old)
            raise MemoryError(f"a height field of {width} x {height}")
        l.mask_i, l.mask_j, l.bits = width - 1, height - 1, int(width).bit_length() - 1
        if old.tags != NULL:
            for n in range(((old.mask_i + 1) * (old.mask_j + 1)) >> (2 * BLOCK_BITS)):
                if old.tags[n].filled and i0 <= old.tags[n].i << BLOCK_BITS < i1 and j0 <= old.tags[n].j << BLOCK_BITS < j1:
                    block_copy(&old, l, old.tags[n].i, old.tags[n].j)
            self.free_level(&old)
        return 0

    def forget(self):
        """Everything: the ground is another one."""
        cdef int k
        cdef int64_t n
        for k in range(LEVELS):
            if self.levels[k].tags != NULL:
                for n in range(((self.levels[k].mask_i + 1) >> BLOCK_BITS) * ((self.levels[k].mask_j + 1) >> BLOCK_BITS)):
                    self.levels[k].tags[n].filled = 0
        self.tracks_seen = 0

    def begin(self, bint turned, long long tracks):
        """A new picture: nothing is used yet; blocks with new ruts in them are forgotten. `turned`: the first axis of all that is said
        from here on is north, the second east (it must be so when the Sun stands nearer to east or west). The ground bears the first `tracks` impressions of the log."""
        cdef int k
        cdef TerrainState* ground = self.terrain.surface.state
        cdef int64_t held = 0
        for k in range(LEVELS):
            held += (self.levels[k].mask_i + 1) * (self.levels[k].mask_j + 1) if self.levels[k].tags != NULL else 0
        for k in range(LEVELS if held > MOST_HELD else 0):
            self.free_level(&self.levels[k])
        if turned != self.turned or memcmp(&self.ground, ground, sizeof(TerrainState)):
            self.turned, self.ground = turned, ground[0]
            self.forget()
        for k in range(LEVELS):
            self.levels[k].used, self.levels[k].turned, self.levels[k].tracks = 0, turned, tracks
        self.tracks_touch(tracks)

    cdef int tracks_touch(self, int64_t count) except -1:
        cdef int64_t n, bi, bj
        cdef const Impression* row
        cdef Level* l
        cdef int k
        cdef double reach, first, second
        if self.tracks_seen > count or (
            self.tracks_seen and memcmp(&self.terrain.tracks.book.log[self.tracks_seen - 1], &self.last_seen, sizeof(Impression))
        ):
            self.forget()
        for n in range(self.tracks_seen, count):
            row = &self.terrain.tracks.book.log[n]
            first, second = row.east_m, row.north_m
            if self.turned:
                first, second = second, first
            for k in range(LEVELS):
                l = &self.levels[k]
                if l.cell_m > TRACK_CELL_M or l.tags == NULL:
                    continue
                reach = 0.4 + 2.0 * l.cell_m                  # a rut and its rims, and the next cell's slope
                for bi in range(<int64_t>floor((first - reach) * l.per_m) >> BLOCK_BITS,
                                (<int64_t>floor((first + reach) * l.per_m) >> BLOCK_BITS) + 1):
                    for bj in range(<int64_t>floor((second - reach) * l.per_m) >> BLOCK_BITS,
                                    (<int64_t>floor((second + reach) * l.per_m) >> BLOCK_BITS) + 1):
                        block_forget(l, bi, bj)
        self.tracks_seen = count
        if count:
            self.last_seen = self.terrain.tracks.book.log[count - 1]
        return 0

    def window(self, int k, long long i0, long long j0, uint8_t[:, ::1] needed not None, double until):
        """Use level `k` (cells of 2^(k - 8) m) for depths up to `until`, from cell (i0, j0) on: multiples of 64. `needed` has a 1 for each
        block of 64 x 64 cells that is wanted, [j][i], at most 32 either way."""
        cdef Level* l = &self.levels[k]
        cdef int64_t width = 128, height = 128
        cdef long long i1 = i0 + BLOCK * needed.shape[1], j1 = j0 + BLOCK * needed.shape[0]
        cdef int i, j
        if (i0 | j0) & (BLOCK - 1) or not 0 < needed.shape[0] <= MOST_BLOCKS or not 0 < needed.shape[1] <= MOST_BLOCKS or not 0 <= k < LEVELS:
            raise ValueError(f"level {k}: a window of {i1 - i0} x {j1 - j0} cells at ({i0}, {j0})")
        while width < i1 - i0:
            width *= 2
        while height < j1 - j0:
            height *= 2
        if l.tags == NULL or width > l.mask_i + 1 or height > l.mask_j + 1 or 4 * width * height <= (l.mask_i + 1) * (l.mask_j + 1):
            self.resize(l, width, height, i0, j0, i1, j1)
        l.i0, l.j0, l.i1, l.j1, l.until, l.used = i0, j0, i1, j1, until, 1
        for j in range(<int>needed.shape[0]):
            for i in range(<int>needed.shape[1]):
                l.needed[MOST_BLOCKS * j + i] = needed[j, i] != 0

    def missing(self, int k) -> int:
        """How many of a level's blocks are still to be made."""
        cdef Level* l = &self.levels[k]
        cdef int64_t bi, bj
        cdef int n = 0
        for bj in range(l.j0 >> BLOCK_BITS, l.j1 >> BLOCK_BITS):
            for bi in range(l.i0 >> BLOCK_BITS, l.i1 >> BLOCK_BITS):
                n += needs(l, bi << BLOCK_BITS, bj << BLOCK_BITS) and block_missing(l, bi, bj)
        return n

    def fill(self, int k, int part, int parts) -> int:
        """Make this share of a level's missing blocks; returns how many."""
        cdef Level* l = &self.levels[k]
        cdef int64_t bi, bj
        cdef int n = 0, made = 0
        cdef float scratch[4 * (BLOCK + 2) * (BLOCK + 2)]
        with nogil:
            for bj in range(l.j0 >> BLOCK_BITS, l.j1 >> BLOCK_BITS):
                for bi in range(l.i0 >> BLOCK_BITS, l.i1 >> BLOCK_BITS):
                    n += 1
                    if n % parts == part and needs(l, bi << BLOCK_BITS, bj << BLOCK_BITS) and block_missing(l, bi, bj):
                        block_fill(l, &self.terrain.surface, bi, bj, scratch)
                        made += 1
        return made

    def bounds(self, int k) -> tuple:
        """The lowest and the highest cell (m) of a level's window."""
        bounds_of(&self.levels[k])
        return self.levels[k].low_m, self.levels[k].high_m

    def look(self, dict geometry not None):
        """Where the camera is and what it sees: the fields of `View` by name, vectors as sequences, all in SI units and pixels."""
        cdef View* v = &self.view
        cdef int k
        for k in range(3):
            v.right[k], v.down[k], v.ahead[k] = geometry["right"][k], geometry["down"][k], geometry["ahead"][k]
            v.sun[k] = v.sunlight[k] = geometry["sun"][k]
        for k in range(2):
            v.site_right[k], v.site_down[k] = geometry["site_right"][k], geometry["site_down"][k]
            v.site_ahead[k] = geometry["site_ahead"][k]
        v.altitude_m, v.site_x_m, v.site_y_m = geometry["altitude_m"], geometry["site_x_m"], geometry["site_y_m"]
        v.bend, v.casting = 1.0 / SITE_RADIUS, 0
        v.hardness = max(2.0, abs(v.sun[1]) / max(v.sun[2], 0.01))
        v.per_focal, v.centre_x_px, v.centre_y_px = 1.0 / geometry["focal_px"], geometry["centre_x_px"], geometry["centre_y_px"]
        v.near_m, v.far_m, v.high_m, v.mean_m = geometry["near_m"], geometry["far_m"], geometry["high_m"], geometry["mean_m"]
        v.far_map, v.scan = geometry["far_map"], geometry["scan"]
        self.here_i, self.here_j = geometry["here_i_m"], geometry["here_j_m"]
        v.levels = 0
        for k in range(LEVELS):
            if self.levels[k].used:
                v.level[v.levels] = &self.levels[k]
                v.levels += 1
            else:
                self.free_level(&self.levels[k])
        if not v.levels:
            raise ValueError("a picture without a window of the ground")

    def phases(self, seeliger, lambert):
        """The weights of the two laws of reflection by the cosine of the phase angle, from -1 to 1 in 257 steps."""
        cdef int k
        for k in range(PHASES + 1):
            self.view.seeliger[k], self.view.lambert[k] = seeliger[k], lambert[k]

    def shadows(self):
        """Lay the shadows of this picture, from the coarsest level to the finest."""
        cdef View* v = &self.view
        cdef float* rows = <float*>malloc(4120 * sizeof(float))
        cdef int k
        if rows == NULL:
            raise MemoryError("rows")
        with nogil:
            for k in range(v.levels - 1, -1, -1):
                sweep(v.level, k, v.levels, v.sun, self.here_i, self.here_j, rows)
        free(rows)

    def trace(self, int part, int parts):
        """Radiance and depth of this share of the pixels."""
        cdef View* v = &self.view
        cdef int strip = part
        with nogil:
            while strip < strips_of(v):
                trace_strip(v, strip)
                strip += parts

    def expose(self, uint8_t[:, ::1] counts not None, double electrons_per_light, double electrons_per_count, double read_noise_electrons,
               uint64_t key, int part, int parts):
        """The detector's counts of this share of the pixels: see `hal.sim.render_expose`."""
        cdef Detector d = Detector(electrons_per_light, electrons_per_count, read_noise_electrons, key)
        cdef int64_t pixels = <int64_t>self.view.width_px * self.view.height_px
        if counts.shape[0] != self.view.height_px or counts.shape[1] != self.view.width_px:
            raise ValueError("counts of another size than the picture")
        with nogil:
            expose(&d, self.view.radiance, &counts[0, 0], pixels * part // parts, pixels * (part + 1) // parts)

    def cast(self, dict caster not None):
        """Add the shadow of a vehicle: fields of `Caster`; its depths [512, 512] must stay where they are until the picture is done."""
        cdef float[:, ::1] depth = caster["depth_m"]
        cdef Caster* c
        cdef int k
        if self.view.casting == CASTERS or depth.shape[0] != CASTER_PX or depth.shape[1] != CASTER_PX:
            raise ValueError(f"at most {CASTERS} vehicles cast shadows, with pictures of {CASTER_PX} x {CASTER_PX} pixels")
        c = &self.view.casters[self.view.casting]
        for k in range(3):
            c.centre_m[k], c.toward[k] = caster["centre_m"][k], self.view.sun[k]
            c.right[k], c.down[k] = caster["right"][k], caster["down"][k]
        c.reach_m, c.depth_m = caster["reach_m"], &depth[0, 0]
        self.view.casting += 1

    def stand(self, double[:, :, ::1] corners not None, float[::1] sunlit not None, float[::1] shaded not None):
        """Put triangles into the traced picture: corners [n, 3] as (x px, y px, one over the depth), and the light of each."""
        cdef View* v = &self.view
        cdef int64_t count = corners.shape[0]
        if corners.shape[1] != 3 or corners.shape[2] != 3 or sunlit.shape[0] != count or shaded.shape[0] != count:
            raise ValueError("triangles have three corners of three numbers, and two lights")
        if not count:
            return
        lines = np.asarray(corners)[:, :, 1]
        cdef int64_t top = <int64_t>min(max(lines.min(), 0.0), v.height_px), end = <int64_t>min(max(lines.max() + 1.0, 0.0), v.height_px)
        if top >= end:
            return
        moved = np.array(corners)
        moved[:, :, 1] -= top
        cdef double[:, :, ::1] places = moved
        depth = self.depth[top:end]
        nearness = np.where(depth > 0.0, 1.0 / np.maximum(depth, 1e-3), 0.0).astype(np.float32)
        whose = np.full(depth.shape, -1, np.int32)
        cdef float[:, ::1] near = nearness
        cdef int32_t[:, ::1] who = whose
        with nogil:
            raster(&places[0, 0, 0], count, &near[0, 0], &who[0, 0], v.width_px, end - top)
            shade_solids(v, &near[0, 0], &who[0, 0], &sunlit[0], &shaded[0], top, end)

    def lit(self, double x, double y, double z) -> float:
        """Whether sunlight reaches a point past ground and vehicles, 0 to 1: metres from the camera, in the tangent frame, east first."""
        cdef float light
        cdef int n
        if self.turned:
            x, y = y, x
        light = ground_light(&self.view, x, y, z)
        for n in range(self.view.casting):
            light *= cast_light(&self.view.casters[n], x, y, z)
        return light


def sun_picture(double[:, :, ::1] corners not None) -> np.ndarray:
    """A vehicle's depths as the Sun sees it, [512, 512]: corners [n, 3] as (x px, y px, metres towards the Sun)."""
    depth = np.full((CASTER_PX, CASTER_PX), -1e9, np.float32)
    whose = np.empty((CASTER_PX, CASTER_PX), np.int32)
    cdef float[:, ::1] near = depth
    cdef int32_t[:, ::1] who = whose
    if corners.shape[1] != 3 or corners.shape[2] != 3:
        raise ValueError("triangles have three corners of three numbers")
    if corners.shape[0]:
        raster(&corners[0, 0, 0], corners.shape[0], &near[0, 0], &who[0, 0], CASTER_PX, CASTER_PX)
    return depth
