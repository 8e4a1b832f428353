"""Renderer: the memory and the kernels behind one camera's pictures; `hal.sim.picture` says in which order they run."""

from libc.stdint cimport int64_t

from hal.sim.relief cimport TerrainState
from hal.sim.render_field cimport Level
from hal.sim.render_view cimport View
from hal.sim.terrain cimport Terrain
from hal.sim.tracks cimport Impression

cdef enum:
    LEVELS = 20                          # cells of 2^-8 m (4 mm) to 2^11 m
    FINEST = -8


cdef class Renderer:
    cdef readonly Terrain terrain
    cdef readonly object radiance        # [height, width] float32
    cdef readonly object depth
    cdef Level levels[LEVELS]
    cdef View view
    cdef bint turned
    cdef TerrainState ground             # that the grids hold
    cdef double here_i
    cdef double here_j
    cdef int64_t tracks_seen
    cdef Impression last_seen

    cdef void free_level(self, Level* l) noexcept
    cdef int resize(self, Level* l, int64_t width, int64_t height, int64_t i0, int64_t j0, int64_t i1, int64_t j1) except -1
    cdef int tracks_touch(self, int64_t count) except -1
