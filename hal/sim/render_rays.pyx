# distutils: extra_compile_args = -O3 -fno-math-errno
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: the hot loop of a picture; every index is held in its grid's window.)
"""Render rays: one picture's geometry, and the light of the ground that each of its pixels sees.

A ray is a point that moves with the depth t along the camera's axis. Its height above the sphere follows from t by the cosine law, its
place on the azimuthal-equidistant map by a series of the arcsine (`hal.sim.render_ray`). The picture is cut into strips of 64 pixels
across, and these are gone through line by line, upwards in the picture, a line at once: by `hal.sim.render_steep` where all of its rays
fall steeply, else by `hal.sim.render_flat`.
"""

from libc.math cimport fabs
from libc.stdint cimport int64_t

from hal.sim.render_field cimport Shade
from hal.sim.render_flat cimport falls_steeply, flat_line
from hal.sim.render_light cimport Line, light_line, lit_share, shade_of
from hal.sim.render_march cimport ground
from hal.sim.render_ray cimport Ray, aim, level_at, place
from hal.sim.render_steep cimport Steep, steep_line
from hal.sim.render_view cimport STRIP


cdef float ground_light(const View* v, double x, double y, double z) noexcept nogil:
    cdef Ray r
    cdef Shade s
    cdef float dark
    cdef double i_m, j_m, above
    cdef int k
    # As a ray of depth 1: its site components follow from the same turn as the camera's axes do.
    cdef double a = x * v.right[0] + y * v.right[1] + z * v.right[2], b = x * v.down[0] + y * v.down[1] + z * v.down[2]
    cdef double c = x * v.ahead[0] + y * v.ahead[1] + z * v.ahead[2]
    r.dx, r.dy, r.dz, r.dd = x, y, z, x * x + y * y + z * z
    r.sx = a * v.site_right[0] + b * v.site_down[0] + c * v.site_ahead[0]
    r.sy = a * v.site_right[1] + b * v.site_down[1] + c * v.site_ahead[1]
    above = place(v, &r, 1.0, &i_m, &j_m)
    k = level_at(v, fabs(c))
    above -= ground(v, k, i_m, j_m)
    if not shade_of(v, k, i_m, j_m, &s, &dark):
        return 1
    return lit_share(v, dark - <float>(above * v.level[k].per_m))


cdef int strips_of(const View* v) noexcept nogil:
    return ((v.width_px if v.scan < 2 else v.height_px) + STRIP - 1) // STRIP


cdef bint is_steep(const View* v, double x, double y) noexcept nogil:
    """Whether the ray of that point of the picture falls steeply."""
    cdef Ray r
    aim(v, x, y, &r)
    return falls_steeply(&r)


cdef void trace_strip(const View* v, int strip) noexcept nogil:
    """One strip, line by line upwards in the picture."""
    cdef double before[STRIP + 2]
    cdef Line line
    cdef Steep heights
    cdef bint upright = v.scan < 2, steep_before = False, steep
    cdef int across = v.width_px if upright else v.height_px, along = v.height_px if upright else v.width_px
    cdef int first = strip * STRIP, width = STRIP if first + STRIP <= across else across - first, a, n, at
    cdef int64_t pixel, step = 1 if upright else v.width_px
    cdef double x, y, step_x = 1.0 if upright else 0.0, step_y = 0.0 if upright else 1.0
    for n in range(STRIP + 2):
        before[n] = v.near_m
    for a in range(along):
        at = a if v.scan == 1 or v.scan == 3 else along - 1 - a
        x, y = (first if upright else at) + 0.5, (at if upright else first) + 0.5
        steep = is_steep(v, x, y) and is_steep(v, x + (STRIP - 1) * step_x, y + (STRIP - 1) * step_y)   # then all between are: they make a cone
        if steep and steep_before and steep_line(v, x, y, step_x, step_y, &heights, &line):
            for n in range(STRIP):
                before[n + 1] = line.t[n]
            before[0], before[STRIP + 1] = before[1], before[STRIP]
        else:
            steep_before = flat_line(v, x, y, step_x, step_y, before, a == 0, &heights, &line) and steep
        light_line(v, &line)
        pixel = <int64_t>at * v.width_px + first if upright else <int64_t>first * v.width_px + at
        for n in range(width):
            v.radiance[pixel + n * step] = line.radiance[n]
            v.depth_m[pixel + n * step] = line.t[n]
