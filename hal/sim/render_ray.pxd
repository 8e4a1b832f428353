# cython: cdivision=True
"""Render ray: one pixel's ray, and where it is at a depth."""

from libc.stdint cimport int64_t

from hal.sim.render_view cimport View
from hal.sim.site cimport SITE_RADIUS


cdef struct Ray:
    double dd                              # squared length of the direction whose part along the axis is 1
    double dx                              # tangent frame: along i, j and up
    double dy
    double dz
    double sx                              # site frame
    double sy


cdef inline int64_t whole(double x) noexcept nogil:
    cdef int64_t i = <int64_t>x
    return i - (x < <double>i)


cdef inline void aim(const View* v, double px, double py, Ray* r) noexcept nogil:
    cdef double a = (px - v.centre_x_px) * v.per_focal, b = (py - v.centre_y_px) * v.per_focal
    r.dx = v.ahead[0] + a * v.right[0] + b * v.down[0]
    r.dy = v.ahead[1] + a * v.right[1] + b * v.down[1]
    r.dz = v.ahead[2] + a * v.right[2] + b * v.down[2]
    r.sx = v.site_ahead[0] + a * v.site_right[0] + b * v.site_down[0]
    r.sy = v.site_ahead[1] + a * v.site_right[1] + b * v.site_down[1]
    r.dd = 1.0 + a * a + b * b


cdef inline double place(const View* v, const Ray* r, double t, double* i_m, double* j_m) noexcept nogil:
    """Height above the sphere and map coordinates at depth t."""
    cdef double from_centre = SITE_RADIUS + v.altitude_m
    cdef double e = (t * (t * r.dd + 2.0 * from_centre * r.dz) + v.altitude_m * (SITE_RADIUS + from_centre)) * (1.0 / (SITE_RADIUS * SITE_RADIUS))
    cdef double w = e * (0.5 + e * (-0.125 + e * (0.0625 - e * 0.0390625)))
    cdef double shrink = 1.0 - w * (1.0 - w * (1.0 - w * (1.0 - w))), x = v.site_x_m + t * r.sx, y = v.site_y_m + t * r.sy
    cdef double s = (x * x + y * y) * shrink * shrink * (1.0 / (SITE_RADIUS * SITE_RADIUS))
    cdef double stretch = 1.0 + s * (1.0 / 6.0 + s * (3.0 / 40.0))
    if v.far_map:
        stretch += s * s * s * (15.0 / 336.0 + s * (105.0 / 3456.0 + s * (945.0 / 42240.0 + s * (
            10395.0 / 599040.0 + s * (135135.0 / 9676800.0 + s * 0.0115518)))))
    stretch *= shrink
    i_m[0] = x * stretch
    j_m[0] = y * stretch
    return w * SITE_RADIUS


cdef inline int level_at(const View* v, double t) noexcept nogil:
    cdef int k = 0
    while k < v.levels - 1 and t > v.level[k].until:
        k += 1
    return k
