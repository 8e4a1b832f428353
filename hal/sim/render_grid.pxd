"""Render grid: a line of pixels on one level of the ground: what the grid says of all their places at once."""

from libc.stdint cimport int32_t

from hal.sim.render_field cimport Level
from hal.sim.render_light cimport Line
from hal.sim.render_view cimport STRIP, View


cdef struct Grid:                          # where a line is on a level: cells from the window's corner
    float x[STRIP]
    float y[STRIP]
    int32_t low[STRIP]                     # places in the level's memory: of the cell's row, the next row,
    int32_t high[STRIP]
    int32_t left[STRIP]                    # the cell's column, the next column
    int32_t right[STRIP]
    float a[STRIP]                         # shares of the way to the next column and row
    float b[STRIP]


cdef void bounds(const float* values, float* least, float* most) noexcept nogil
# Whether the picture uses every cell that the line may touch, its places moved by up to a margin (cells).
cdef bint covered(const Level* l, const Grid* g, float margin) noexcept nogil
cdef void locate(const Level* l, Grid* g) noexcept nogil                     # from x and y all the rest
cdef void heights(const Level* l, const Grid* g, float* out) noexcept nogil
# Directions of the rays of pixels from (x, y) on, in steps of (step_x, step_y), into a line.
cdef void directions(const View* v, double x, double y, double step_x, double step_y, Line* line) noexcept nogil
# What the ground at x and y in level k, faded into the next one beyond its border, and the vehicles' shadows make of the light: into a
# line that has depths and directions.
cdef void shade_grid(const View* v, int k, Grid* g, Line* line) noexcept nogil
