"""Render light: what the ground sends to the camera, for a line of pixels at once."""

from hal.sim.render_field cimport Shade
from hal.sim.render_view cimport STRIP, Caster, View


cdef float BORDER                        # of a level's depths: from there on it fades into the next

cdef struct Line:
    float t[STRIP]                       # depth of the hit; -1 for the sky
    float dx[STRIP]                      # of the ray, tangent frame, a depth of 1
    float dy[STRIP]
    float dz[STRIP]
    float dd[STRIP]
    float slope_i[STRIP]                 # of the ground there
    float slope_j[STRIP]
    float albedo[STRIP]
    float lit[STRIP]                     # share of sunlight that shadows let through
    float radiance[STRIP]


# Slopes and albedo at a place of the map in level k, or the next coarser one that the picture uses there, and how many cells deep in shadow.
cdef bint shade_of(const View* v, int k, double i_m, double j_m, Shade* out, float* dark) noexcept nogil
# The same into pixel n of a line, with shadows of vehicles, and across the border of two levels; k is -1 for the sky.
cdef void shade_line(const View* v, int k, double t, double i_m, double j_m, Line* line, int n) noexcept nogil
cdef void light_line(const View* v, Line* line) noexcept nogil


cdef inline float lit_share(const View* v, float dark) noexcept nogil:
    """How much of a cell is in sunlight; `dark` in cells below the shadow's edge: on level ground minus the tangent of the elevation."""
    cdef float s = <float>0.5 - v.hardness * dark
    return 0 if s < 0 else (1 if s > 1 else s)


cdef float cast_light(const Caster* c, double x, double y, double z) noexcept nogil       # 0 in its shadow, 1 outside
