"""Render flat: a line of pixels that look at the ground from any angle."""

from hal.sim.render_light cimport Line
from hal.sim.render_ray cimport Ray
from hal.sim.render_steep cimport Steep
from hal.sim.render_view cimport STRIP, View

cdef double STEEP2                       # squared tangent of a ray's descent beyond which it is steep


cdef inline bint falls_steeply(const Ray* r) noexcept nogil:
    return r.dz < 0.0 and r.dz * r.dz > STEEP2 * (r.dx * r.dx + r.dy * r.dy)


# Hits, slopes, albedo and light of the ground for the line of pixels from (x, y) on, in steps of (step_x, step_y), into `line`; `before`
# has the depths of the line below, 1e18 for the sky, with one pixel more at either end, and then this one's. Returns whether all have
# met the ground; `heights` then has its heights there.
cdef bint flat_line(
    const View* v, double x, double y, double step_x, double step_y, double* before, bint first, Steep* heights, Line* line
) noexcept nogil
