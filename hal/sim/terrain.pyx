# cython: cdivision=True
"""Terrain: the ground of one world: the seeded ground about the site, with a place for the lander chosen on it.

The model is in hal.sim.craters (population), hal.sim.relief (soil), hal.sim.rocks and hal.sim.tracks; docs/terrain.md tells it on a page.
"""

from libc.math cimport atan2, fmax, sqrt
from libc.stdint cimport uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

import numpy as np

from hal.sim.craters cimport CRATER_CLASSES, mix
from hal.sim.relief cimport LARGE_BITS, ROCK_CLASSES, SWELLS, CraterLine, Rock, RockLine, SwellLine
from hal.sim.rocks cimport rocks_in
from hal.sim.surface cimport GROUND_ROCK, SurfacePoint, surface_query

cdef enum:
    LINES = 1 << (2 * LARGE_BITS)


cdef double steepest_about(Surface* surface, double enough) noexcept nogil:
    """The steepest slope (tangent) of 2 m footprints within 15 m of the site; gives up once one reaches `enough`."""
    cdef double worst = 0.0
    cdef double g[2]
    cdef int i, j
    for i in range(-3, 4):
        for j in range(-3, 4):
            if i * i + j * j <= 9 and worst < enough:
                terrain_height(surface, 5.0 * i, 5.0 * j, 2.0, g)
                worst = fmax(worst, sqrt(g[0] * g[0] + g[1] * g[1]))
    return worst


cdef bint rocky(const Surface* surface) noexcept nogil:
    """A rock that counts as an obstacle (0.2 m: facts, change4, "Hazard criteria") stands within 4 m of the site."""
    cdef Rock first
    return rocks_in(surface, 0.0, 0.0, 4.0, 0.2, &first, 0) > 0


cdef void place_site(Surface* surface) noexcept nogil:
    """Move the site along a square spiral, of steps that grow from 20 m, to the first place without a slope above 8 degrees (the slope
    that the lander recognises as a hazard: facts, change4, "Hazard criteria") within 15 m and without a rock under it, or to the
    gentlest of 4000: landing sites are chosen."""
    cdef TerrainState* state = surface.state
    cdef double least = 1e9, worst, best_east = 0.0, best_north = 0.0, step = 20.0
    cdef int n, left = 1, turn = 0
    cdef double de = 1.0, dn = 0.0
    for n in range(4000):
        worst = steepest_about(surface, least)
        if worst < least and not rocky(surface):
            least, best_east, best_north = worst, state.origin_east_m, state.origin_north_m
        if least < 0.1405:
            break
        state.origin_east_m += step * de
        state.origin_north_m += step * dn
        left -= 1
        if left == 0:
            de, dn = -dn, de
            turn += 1
            left = 1 + (turn >> 1)
            step = 20.0 + turn
    state.origin_east_m, state.origin_north_m = best_east, best_north


cdef class Terrain:
    """The ground of one world. `seed` lays it anew; `tracks` are what wheels have left on it."""

    def __cinit__(self):
        self.surface.bits = LARGE_BITS
        self.surface.craters = <CraterLine*>malloc(CRATER_CLASSES * LINES * sizeof(CraterLine))
        self.surface.swells = <SwellLine*>malloc(SWELLS * LINES * sizeof(SwellLine))
        self.surface.rocks = <RockLine*>malloc(ROCK_CLASSES * LINES * sizeof(RockLine))
        if self.surface.craters == NULL or self.surface.swells == NULL or self.surface.rocks == NULL:
            raise MemoryError("no room for the terrain's cache")

    def __dealloc__(self):
        free(self.surface.craters)
        free(self.surface.swells)
        free(self.surface.rocks)

    def __init__(self, Arena arena not None):
        self.arena = arena
        self.surface.state = <TerrainState*>arena.take("terrain", sizeof(TerrainState))
        cdef TerrainState[::1] view = <TerrainState[:1]>self.surface.state
        arena.bind("terrain", np.asarray(view))
        self.tracks = Tracks(arena)
        self.surface.tracks = &self.tracks.book

    def seed(self, unsigned long long seed):
        """Lay the ground of a run. The site comes where a landing would be planned, at height zero."""
        cdef TerrainState* state = self.surface.state
        memset(state, 0, sizeof(TerrainState))
        state.seed = mix(seed + <uint64_t>0x9E3779B97F4A7C15u) | 1
        place_site(&self.surface)
        state.datum_m = terrain_height(&self.surface, 0.0, 0.0, 1.0, NULL)

    def height(self, double east_m, double north_m, double footprint_m=1.0, bint cached=False) -> float:
        """Height (m above the site's sphere) at a map point."""
        if cached:
            return terrain_height(&self.surface, east_m, north_m, footprint_m, NULL)
        return terrain_height_direct(&self.surface, east_m, north_m, footprint_m, NULL)

    def gradient(self, double east_m, double north_m, double footprint_m=1.0) -> tuple:
        """Slope towards east and north (1) at a map point."""
        cdef double g[2]
        terrain_height_direct(&self.surface, east_m, north_m, footprint_m, g)
        return g[0], g[1]

    def heights(self, double east0_m, double north0_m, double spacing_m, int nx, int ny, double footprint_m=-1.0) -> np.ndarray:
        """Heights (m, float32, [ny, nx]) of a grid; the footprint is the spacing unless said."""
        if nx < 1 or ny < 1 or not spacing_m > 0.0:
            raise ValueError(f"a grid of {nx} x {ny} at {spacing_m} m is none")
        out = np.empty((ny, nx), np.float32)
        cdef float[:, ::1] cells = out
        terrain_fill(&self.surface, east0_m, north0_m, spacing_m, spacing_m if footprint_m < 0.0 else footprint_m, nx, ny, &cells[0, 0])
        return out

    def range(
        self, tuple origin_m not None, tuple direction not None, double last_m=-1.0, double limit_m=60000.0, double beam_rad=1e-3
    ) -> float:
        """Range (m) along a unit vector, site frame; negative without an echo."""
        cdef double o[3]
        cdef double d[3]
        o[0], o[1], o[2] = origin_m
        d[0], d[1], d[2] = direction
        return terrain_ray(&self.surface, o, d, beam_rad, last_m, limit_m)

    def point(self, double east_m, double north_m, double footprint_m=0.02) -> tuple:
        """Height (m), normal (site frame), whether it is rock, and depth of the rut (m) at a map point."""
        cdef SurfacePoint p
        surface_query(&self.surface, east_m, north_m, footprint_m, &p)
        return p.height_m, (p.normal[0], p.normal[1], p.normal[2]), p.kind == GROUND_ROCK, p.rut_m

    def rocks(self, double east_m, double north_m, double half_side_m, double least_diameter_m=0.2, int most=4096) -> list:
        """The rocks of a square of the map as (east, north, height of the centre, half axes: major, minor, upright, heading of the major
        axis from east towards north, diameter), largest classes first. Raises ValueError when there are more than `most`."""
        cdef Rock* found = <Rock*>malloc(max(most, 1) * sizeof(Rock))
        cdef Rock* r
        cdef int n, count
        if found == NULL:
            raise MemoryError(f"no room for {most} rocks")
        try:
            count = rocks_in(&self.surface, east_m, north_m, half_side_m, least_diameter_m, found, most)
            if count > most:
                raise ValueError(f"{count} rocks where {most} were asked for")
            rocks = []
            for n in range(count):
                r = &found[n]
                heading = atan2(r.sin_heading, r.cos_heading)
                axes = r.semi_major_m, r.semi_minor_m, r.semi_height_m
                rocks.append((r.east_m, r.north_m, r.centre_m, *axes, heading, r.diameter_m))
            return rocks
        finally:
            free(found)
