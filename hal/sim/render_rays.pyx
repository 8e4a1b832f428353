# distutils: extra_compile_args = -O3
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: the hot loop of a picture; every index is held in its grid's window.)
"""Render rays: one picture's geometry, and the light of the ground that each of its pixels sees.

A ray is a point that moves with the depth t along the camera's axis. Its height above the sphere follows from t by the cosine law, its
place on the azimuthal-equidistant map by a series of the arcsine. Steep rays meet the ground once (no slope is steeper than 40 degrees
but on stones): steps from the neighbour's depth, as if the ground
were level. Others march from the nearest of the three neighbours below them in the
picture, whose rays met the ground no farther away, with steps that the ground's slope allows but no shorter than half a cell.

A line of 64 pixels is worked on at once; when all of its rays are steep, one step from the line below is enough for most of them.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t

from hal.sim.render_field cimport Level, Shade, needs_square
from hal.sim.render_light cimport Line, light_line, lit_share, shade_line, shade_of
from hal.sim.render_view cimport STRIP
from hal.sim.site cimport SITE_RADIUS

cdef double STEEP2 = 1.7                   # squared tangent of a ray's descent beyond which it is steep
cdef double PER_RADIUS2 = 1.0 / (SITE_RADIUS * SITE_RADIUS)

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
    cdef double e = (t * (t * r.dd + 2.0 * from_centre * r.dz) + v.altitude_m * (SITE_RADIUS + from_centre)) * PER_RADIUS2
    cdef double w = e * (0.5 + e * (-0.125 + e * (0.0625 - e * 0.0390625)))
    cdef double shrink = 1.0 - w * (1.0 - w * (1.0 - w * (1.0 - w))), x = v.site_x_m + t * r.sx, y = v.site_y_m + t * r.sy
    cdef double s = (x * x + y * y) * shrink * shrink * PER_RADIUS2
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


cdef inline double ground(const View* v, int k, double i_m, double j_m) noexcept nogil:
    """Height of the ground in level k, or the next coarser one that reaches so far."""
    cdef const Level* l
    cdef double a, b
    cdef int64_t i, j, low, high
    cdef float x, y, p, q
    for k in range(k, v.levels):
        l = v.level[k]
        a, b = i_m * l.per_m, j_m * l.per_m
        i, j = whole(a), whole(b)
        if not needs_square(l, i, j):
            continue
        x, y = <float>(a - <double>i), <float>(b - <double>j)
        low, high = (j & l.mask_j) << l.bits, ((j + 1) & l.mask_j) << l.bits
        p = l.height[low | (i & l.mask_i)]
        p += x * (l.height[low | ((i + 1) & l.mask_i)] - p)
        q = l.height[high | (i & l.mask_i)]
        q += x * (l.height[high | ((i + 1) & l.mask_i)] - q)
        return p + y * (q - p)
    return -1e9


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


cdef inline double settle(const View* v, const Ray* r, double t, int k, double* i_m, double* j_m) noexcept nogil:
    """The depth of a steep ray's hit from a guess; negative when it does not settle. Each step takes the ground for level: the rest of
    the gap is at most 0.84 times the tangent of the ray's lean of it, and mostly a tenth."""
    cdef double per_fall = -1.0 / (r.dz + t * r.dd / SITE_RADIUS), gap, enough = 0.15 * v.level[k].cell_m
    cdef int n
    for n in range(12):
        gap = place(v, r, t, i_m, j_m)
        gap -= ground(v, k, i_m[0], j_m[0])
        t += gap * per_fall
        if gap < enough and gap > -enough:
            return t
        if not 0.0 < t < 1e7:
            break
    return -1.0


cdef double march(const View* v, const Ray* r, double t, double* i_m, double* j_m) noexcept nogil:
    """The depth of the first hit at or beyond t; negative for the sky."""
    cdef double gap, last_gap = 0.0, last = t, step, rise, mid = t, across = sqrt(r.dx * r.dx + r.dy * r.dy)
    cdef int k = level_at(v, t), n
    cdef bint began = False
    for n in range(60000):
        gap = place(v, r, t, i_m, j_m)
        rise = r.dz + t * r.dd / SITE_RADIUS
        if gap > v.high_m and rise > 0.0:
            return -1.0
        gap -= ground(v, k, i_m[0], j_m[0])
        if gap <= 0.0:
            if not began:
                return t                                  # it begins in the ground
            break
        began = True
        last, last_gap = t, gap
        # No stone that rises above the ray ahead is so short as to be stepped over: they are as wide as high.
        step = gap / (0.6 * across - rise) if 0.6 * across > rise else 1e9
        step = step if step * across > 0.6 * v.level[k].cell_m else 0.6 * v.level[k].cell_m / (across if across > 0.05 else 0.05)
        t += step
        if t > v.far_m:
            return -1.0
        while k < v.levels - 1 and t > v.level[k].until:
            k += 1
    else:
        return -1.0
    for n in range(3):                                    # false position between the last point above and the first below
        mid = last + (t - last) * last_gap / (last_gap - gap)
        rise = place(v, r, mid, i_m, j_m)
        rise -= ground(v, k, i_m[0], j_m[0])
        if rise > 0.0:
            last, last_gap = mid, rise
        else:
            t, gap = mid, rise
        if fabs(rise) < 0.05 * v.level[k].cell_m:
            break
    return mid


cdef int strips_of(const View* v) noexcept nogil:
    return ((v.width_px if v.scan < 2 else v.height_px) + STRIP - 1) // STRIP


cdef struct Lane:                          # a line of rays and their hits; the last ones of a narrow strip repeat its last pixel
    double dx[STRIP]
    double dy[STRIP]
    double dz[STRIP]
    double sx[STRIP]
    double sy[STRIP]
    double dd[STRIP]
    double t[STRIP]                        # depth of the hit; 1e18 for the sky
    double i_m[STRIP]
    double j_m[STRIP]
    double above[STRIP]


cdef void aim_line(const View* v, double x, double y, double step_x, double step_y, Lane* s) noexcept nogil:
    cdef double a, b
    cdef int n
    for n in range(STRIP):
        a, b = (x + n * step_x - v.centre_x_px) * v.per_focal, (y + n * step_y - v.centre_y_px) * v.per_focal
        s.dx[n] = v.ahead[0] + a * v.right[0] + b * v.down[0]
        s.dy[n] = v.ahead[1] + a * v.right[1] + b * v.down[1]
        s.dz[n] = v.ahead[2] + a * v.right[2] + b * v.down[2]
        s.sx[n] = v.site_ahead[0] + a * v.site_right[0] + b * v.site_down[0]
        s.sy[n] = v.site_ahead[1] + a * v.site_right[1] + b * v.site_down[1]
        s.dd[n] = 1.0 + a * a + b * b


cdef void place_line(const View* v, Lane* s) noexcept nogil:
    """What `place` does, for a line."""
    cdef double from_centre = SITE_RADIUS + v.altitude_m, level = v.altitude_m * (SITE_RADIUS + from_centre), e, w, shrink, x, y, q, stretch
    cdef bint far = v.far_map
    cdef int n
    for n in range(STRIP):
        e = (s.t[n] * (s.t[n] * s.dd[n] + 2.0 * from_centre * s.dz[n]) + level) * PER_RADIUS2
        w = e * (0.5 + e * (-0.125 + e * (0.0625 - e * 0.0390625)))
        shrink = 1.0 - w * (1.0 - w * (1.0 - w * (1.0 - w)))
        x, y = v.site_x_m + s.t[n] * s.sx[n], v.site_y_m + s.t[n] * s.sy[n]
        q = (x * x + y * y) * shrink * shrink * PER_RADIUS2
        stretch = 1.0 + q * (1.0 / 6.0 + q * (3.0 / 40.0))
        if far:
            stretch += q * q * q * (15.0 / 336.0 + q * (105.0 / 3456.0 + q * (945.0 / 42240.0 + q * (
                10395.0 / 599040.0 + q * (135135.0 / 9676800.0 + q * 0.0115518)))))
        stretch *= shrink
        s.i_m[n] = x * stretch
        s.j_m[n] = y * stretch
        s.above[n] = w * SITE_RADIUS


cdef inline bint is_steep(const Lane* s, int n) noexcept nogil:
    return s.dz[n] < 0.0 and s.dz[n] * s.dz[n] > STEEP2 * (s.dx[n] * s.dx[n] + s.dy[n] * s.dy[n])


cdef inline void one_of(const Lane* s, int n, Ray* r) noexcept nogil:
    r.dx, r.dy, r.dz, r.sx, r.sy, r.dd = s.dx[n], s.dy[n], s.dz[n], s.sx[n], s.sy[n], s.dd[n]


cdef void hit_steeply(const View* v, Lane* s, const double* falls) noexcept nogil:
    """`falls` times over depth is the line below's drop, as a guess. One step; another search where it was a long one."""
    cdef double gap[STRIP]
    cdef double cell
    cdef Ray r
    cdef int n, k = 0
    for n in range(STRIP):
        s.t[n] = falls[n] / -s.dz[n]
    place_line(v, s)
    for n in range(STRIP):
        k = level_at(v, s.t[n])
        gap[n] = s.above[n] - ground(v, k, s.i_m[n], s.j_m[n])
    cell = 0.7 * v.level[k].cell_m
    for n in range(STRIP):
        s.above[n] = -gap[n] / (s.dz[n] + s.t[n] * s.dd[n] / SITE_RADIUS)
        s.t[n] += s.above[n]
        s.i_m[n] += s.above[n] * s.sx[n]
        s.j_m[n] += s.above[n] * s.sy[n]
    for n in range(STRIP):
        if not -cell < gap[n] < cell:
            one_of(s, n, &r)
            s.t[n] = settle(v, &r, s.t[n], level_at(v, s.t[n]), &s.i_m[n], &s.j_m[n])


cdef double hit_one(const View* v, Lane* s, int n, const double* before, bint first_line) noexcept nogil:
    """One ray: from the line below, or from the nearest of three pixels there. `before` is offset by one."""
    cdef Ray r
    cdef double t = -1.0, start
    one_of(s, n, &r)
    if is_steep(s, n):
        start = before[n + 1] if not first_line and before[n + 1] < 1e15 else (v.altitude_m - v.mean_m) / -r.dz
        t = settle(v, &r, start, level_at(v, start), &s.i_m[n], &s.j_m[n])
    if t < 0.0:
        start = min(before[n], before[n + 1], before[n + 2])
        start = start if first_line else 0.998 * start
        start = v.near_m if start < v.near_m else start
        t = march(v, &r, start, &s.i_m[n], &s.j_m[n]) if start < 1e15 else -1.0
    return t if t > 0.0 else 1e18


cdef void trace_strip(const View* v, int strip) noexcept nogil:
    """One strip, line by line upwards in the picture."""
    cdef double before[STRIP + 2]
    cdef double falls[STRIP]
    cdef Lane s
    cdef Line line
    cdef bint upright = v.scan < 2, steep_before = False, steep
    cdef int across = v.width_px if upright else v.height_px, along = v.height_px if upright else v.width_px
    cdef int first = strip * STRIP, width = STRIP if first + STRIP <= across else across - first, a, n, k, at
    cdef int64_t pixel, step = 1 if upright else v.width_px
    for n in range(STRIP + 2):
        before[n] = v.near_m
    for a in range(along):
        at = a if v.scan == 1 or v.scan == 3 else along - 1 - a
        aim_line(v, (first if upright else at) + 0.5, (at if upright else first) + 0.5, 1.0 if upright else 0.0, 0.0 if upright else 1.0, &s)
        steep = is_steep(&s, 0) and is_steep(&s, STRIP - 1)       # then all between are: the steep rays make a cone
        if steep and steep_before:
            hit_steeply(v, &s, falls)
        for n in range(STRIP):
            if not (steep and steep_before) or s.t[n] <= 0.0:
                s.t[n] = hit_one(v, &s, n, before, a == 0)
        steep_before = steep
        for n in range(STRIP):
            before[n + 1] = s.t[n]
            falls[n] = -s.t[n] * s.dz[n]
            steep_before = steep_before and s.t[n] < 1e15
            line.t[n] = <float>s.t[n] if s.t[n] < 1e15 else -1
            line.dx[n], line.dy[n], line.dz[n], line.dd[n] = <float>s.dx[n], <float>s.dy[n], <float>s.dz[n], <float>s.dd[n]
        before[0], before[STRIP + 1] = before[1], before[STRIP]
        for n in range(STRIP):
            k = level_at(v, s.t[n]) if s.t[n] < 1e15 else -1
            shade_line(v, k, s.t[n], s.i_m[n], s.j_m[n], &line, n)
        light_line(v, &line)
        pixel = <int64_t>at * v.width_px + first if upright else <int64_t>first * v.width_px + at
        for n in range(width):
            v.radiance[pixel + n * step] = line.radiance[n]
            v.depth_m[pixel + n * step] = line.t[n]
