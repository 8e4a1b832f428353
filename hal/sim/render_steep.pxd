"""Render steep: a line of pixels that look down steeply, all at once."""

from hal.sim.render_light cimport Line
from hal.sim.render_view cimport STRIP, View


cdef struct Steep:
    float height[STRIP]                  # of the ground that the line before has met (m)


# Hits, slopes, albedo and light of the ground for the line of pixels from (x, y) on, in steps of (step_x, step_y), into `line`; `s` holds
# the line before's heights, and then this one's. Returns 0, and has changed nothing of `s`, where the line must be traced ray by ray.
cdef bint steep_line(const View* v, double x, double y, double step_x, double step_y, Steep* s, Line* line) noexcept nogil
