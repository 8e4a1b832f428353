# distutils: extra_compile_args = -O3 -fno-math-errno
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: the hot loop of a picture; every index is held in its grid's window.)
"""Render march: where one ray meets the ground.

Steep rays meet the ground once (no slope is steeper than 40 degrees but on stones): steps from a guess, as if the ground were level.
Others march with steps that the ground's slope allows but no shorter than half a cell. For a twentieth of its depth a ray is taken for a
straight line on the map, whose height over the sphere follows a parabola: a hundredth of a cell off at most.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t

from hal.sim.render_field cimport Level, column_of, needs_square, row_of
from hal.sim.render_ray cimport level_at, place, whole
from hal.sim.site cimport SITE_RADIUS

cdef double STRAIGHT = 0.05                # of the depth

cdef struct Path:                          # a ray from a depth on
    double t
    double end                             # as far as it holds
    double above                           # height over the sphere, how it changes with depth, and half of how that does
    double rise
    double bend
    double i_m
    double j_m
    double per_i                           # with each metre of depth
    double per_j


cdef inline double height_at(const View* v, int k, double i_m, double j_m) noexcept nogil:
    """Height of the ground in level k, or the next coarser one that reaches so far."""
    cdef const Level* l
    cdef double a, b
    cdef int64_t i, j, low, high, right
    cdef float x, y, p, q
    for k in range(k, v.levels):
        l = v.level[k]
        a, b = i_m * l.per_m, j_m * l.per_m
        i, j = whole(a), whole(b)
        if not needs_square(l, i, j):
            continue
        x, y = <float>(a - <double>i), <float>(b - <double>j)
        low, high = row_of(l, j), row_of(l, j + 1)
        i, right = column_of(l, i), column_of(l, i + 1)
        p = l.height[low | i]
        p += x * (l.height[low | right] - p)
        q = l.height[high | i]
        q += x * (l.height[high | right] - q)
        return p + y * (q - p)
    return -1e9


cdef double ground(const View* v, int k, double i_m, double j_m) noexcept nogil:
    return height_at(v, k, i_m, j_m)


cdef double settle(const View* v, const Ray* r, double t, int k, double* i_m, double* j_m) noexcept nogil:
    """The depth of a steep ray's hit from a guess; negative when it does not settle. Each step takes the ground for level: the rest of
    the gap is at most 0.84 times the tangent of the ray's lean of it, and mostly a tenth."""
    cdef double per_fall = -1.0 / (r.dz + t * r.dd / SITE_RADIUS), gap, enough = 0.15 * v.level[k].cell_m
    cdef int n
    for n in range(12):
        gap = place(v, r, t, i_m, j_m)
        gap -= height_at(v, k, i_m[0], j_m[0])
        t += gap * per_fall
        if gap < enough and gap > -enough:
            return t
        if not 0.0 < t < 1e7:
            break
    return -1.0


cdef inline void set_out(const View* v, const Ray* r, double t, Path* p) noexcept nogil:
    cdef double from_centre, i_m, j_m, length = STRAIGHT * t + 1e-3
    p.above = place(v, r, t, &p.i_m, &p.j_m)
    place(v, r, t + length, &i_m, &j_m)
    from_centre = 1.0 / (SITE_RADIUS + p.above)
    p.rise = (t * r.dd + (SITE_RADIUS + v.altitude_m) * r.dz) * from_centre
    p.bend = 0.5 * (r.dd - p.rise * p.rise) * from_centre
    p.per_i, p.per_j = (i_m - p.i_m) / length, (j_m - p.j_m) / length
    p.t, p.end = t, t + length


cdef inline double over(const View* v, const Path* p, double t, int k, double* rise) noexcept nogil:
    """Height over the ground, and how fast the ray gains on the sphere."""
    cdef double d = t - p.t
    rise[0] = p.rise + 2.0 * d * p.bend
    return p.above + d * (p.rise + d * p.bend) - height_at(v, k, p.i_m + d * p.per_i, p.j_m + d * p.per_j)


cdef double march(const View* v, const Ray* r, double t) noexcept nogil:
    cdef double gap = 0.0, last_gap = 0.0, last = t, step, rise, least, mid = t, across = sqrt(r.dx * r.dx + r.dy * r.dy)
    cdef double shortest = 0.6 / (across if across > 0.05 else 0.05), between
    cdef int k = level_at(v, t), n
    cdef bint began = False
    cdef Path p
    set_out(v, r, t, &p)
    for n in range(60000):
        if t > p.end:
            set_out(v, r, t, &p)
        gap = over(v, &p, t, k, &rise)
        if rise > 0.0 and p.above + (t - p.t) * (p.rise + (t - p.t) * p.bend) > v.high_m:
            return -1.0
        if gap <= 0.0:
            if not began:
                return t                                  # it begins in the ground
            break
        began = True
        last, last_gap = t, gap
        # No stone that rises above the ray ahead is so short as to be stepped over: they are as wide as high.
        step = gap / (0.6 * across - rise) if 0.6 * across > rise else 1e9
        least = shortest * v.level[k].cell_m
        t += step if step > least else least
        if t > v.far_m:
            return -1.0
        while k < v.levels - 1 and t > v.level[k].until:
            k += 1
    else:
        return -1.0
    for n in range(2):                                    # false position between the last point above and the first below
        mid = last + (t - last) * last_gap / (last_gap - gap)
        between = over(v, &p, mid, k, &rise)
        if between > 0.0:
            last, last_gap = mid, between
        else:
            t, gap = mid, between
        if fabs(between) < 0.05 * v.level[k].cell_m:
            return mid
    return last + (t - last) * last_gap / (last_gap - gap)
