# distutils: extra_compile_args = -O3 -fno-trapping-math -fno-math-errno
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: the hot loop of a picture; every index is held in its grid's window. Without traps, either side of a choice may be
# computed: the values are the same.)
"""Render flat: a line of pixels that look at the ground from any angle.

Every fourth ray is followed: from its neighbour's depth in the line below where it falls steeply; else from the nearest of the
neighbours there, whose rays met the ground no farther away. The three between lie where one over the depth, which is even along a plane, says, as
long as it bends by less than the next line's distance; where it bends more (stones, edges, skylines) they are followed too.
"""

from libc.math cimport fabs
from libc.stdint cimport int64_t

from hal.sim.render_field cimport Level
from hal.sim.render_grid cimport Grid, covered, directions, shade_grid
from hal.sim.render_light cimport BORDER, shade_line
from hal.sim.render_march cimport march, settle
from hal.sim.render_ray cimport aim, level_at
from hal.sim.site cimport SITE_RADIUS

cdef enum:
    APART = 4                              # pixels from one ray that is followed to the next
    NODES = STRIP // APART + 1

STEEP2 = 1.7
cdef double SKY = 1e18
cdef double BENT = 0.01                    # of the depth: more is never even

cdef struct Lane:                          # a line of rays and their hits
    double dx[STRIP]
    double dy[STRIP]
    double dz[STRIP]
    double sx[STRIP]
    double sy[STRIP]
    double dd[STRIP]
    double t[STRIP]                        # depth of the hit; 1e18 for the sky
    double i_m[STRIP]
    double j_m[STRIP]
    double above[STRIP]                    # height over the sphere


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
        e = (s.t[n] * (s.t[n] * s.dd[n] + 2.0 * from_centre * s.dz[n]) + level) * (1.0 / (SITE_RADIUS * SITE_RADIUS))
        w = e * (0.5 + e * (-0.125 + e * (0.0625 - e * 0.0390625)))
        shrink = 1.0 - w * (1.0 - w * (1.0 - w * (1.0 - w)))
        x, y = v.site_x_m + s.t[n] * s.sx[n], v.site_y_m + s.t[n] * s.sy[n]
        q = (x * x + y * y) * shrink * shrink * (1.0 / (SITE_RADIUS * SITE_RADIUS))
        stretch = 1.0 + q * (1.0 / 6.0 + q * (3.0 / 40.0))
        if far:
            stretch += q * q * q * (15.0 / 336.0 + q * (105.0 / 3456.0 + q * (945.0 / 42240.0 + q * (
                10395.0 / 599040.0 + q * (135135.0 / 9676800.0 + q * 0.0115518)))))
        stretch *= shrink
        s.i_m[n] = x * stretch
        s.j_m[n] = y * stretch
        s.above[n] = w * SITE_RADIUS


cdef inline double nearest_before(const double* before, int n) noexcept nogil:
    """Of three pixels of the line below."""
    cdef double t = before[n] if n > 0 else before[n + 1]
    t = before[n + 1] if before[n + 1] < t else t
    return t if n == STRIP or t < before[n + 2] else before[n + 2]


cdef double hit(const View* v, double x, double y, double below, double least, bint first) noexcept nogil:
    """The depth of one ray's hit, from the depth below it and the least about there."""
    cdef Ray r
    cdef double t = -1.0, start, i_m, j_m
    aim(v, x, y, &r)
    if falls_steeply(&r):
        start = below if not first and below < 1e15 else (v.altitude_m - v.mean_m) / -r.dz
        t = settle(v, &r, start, level_at(v, start), &i_m, &j_m)
    if t < 0.0 and least < 1e15:
        start = least if first else 0.998 * least
        t = march(v, &r, start if start > v.near_m else v.near_m)
    return t if t > 0.0 else SKY


cdef bint even(const View* v, const double* t, double below) noexcept nogil:
    """Whether one over the depth goes on evenly over three nodes."""
    cdef double bend, most = t[1] - below, cell
    if t[0] > 1e15 or t[1] > 1e15 or t[2] > 1e15:
        return False
    cell = v.level[level_at(v, t[1])].cell_m
    most = most if most > cell else cell
    most = most if most < BENT * t[1] else BENT * t[1]
    bend = (1.0 / t[0] - 2.0 / t[1] + 1.0 / t[2]) * t[1] * t[1]
    return fabs(bend) < most


cdef void hit_line(const View* v, double x, double y, double step_x, double step_y, double* before, bint first, double* t) noexcept nogil:
    """The depths of a line, and of the pixel after its last one."""
    cdef double nodes[NODES]
    cdef bint smooth[NODES]
    cdef double a, b, least
    cdef int m, n
    for m in range(NODES):
        n = APART * m
        least = nearest_before(before, n)
        nodes[m] = hit(v, x + n * step_x, y + n * step_y, before[n + 1], least, first)
    for m in range(1, NODES - 1):
        smooth[m] = even(v, &nodes[m - 1], before[APART * m + 1])
    smooth[0], smooth[NODES - 1] = smooth[1], smooth[NODES - 2]
    for m in range(NODES - 1):
        a, b = nodes[m], nodes[m + 1]
        t[APART * m] = a
        if smooth[m] and smooth[m + 1]:
            for n in range(1, APART):
                t[APART * m + n] = a * b / (b + (a - b) * (<double>n / APART))
        elif a > 1e15 and b > 1e15:
            for n in range(1, APART):
                t[APART * m + n] = SKY
        else:
            for n in range(APART * m + 1, APART * m + APART):
                least = nearest_before(before, n)
                t[n] = hit(v, x + n * step_x, y + n * step_y, before[n + 1], least, first)
    t[STRIP] = nodes[NODES - 1]


cdef bint shade_evenly(const View* v, const Lane* s, double least, double most, Line* line) noexcept nogil:
    """By the grid of the nearest pixel's level, where that holds for all of them."""
    cdef const Level* l
    cdef Grid g
    cdef int k = level_at(v, least), n
    l = v.level[k]
    if k + 2 < v.levels and most > BORDER * v.level[k + 1].until:
        return False
    for n in range(STRIP):
        g.x[n], g.y[n] = <float>(s.i_m[n] * l.per_m - <double>l.i0), <float>(s.j_m[n] * l.per_m - <double>l.j0)
    if not covered(l, &g, 0):
        return False
    shade_grid(v, k, &g, line)
    return True


cdef void no_light(Line* line, int n) noexcept nogil:
    line.slope_i[n] = line.slope_j[n] = line.albedo[n] = line.lit[n] = 0


cdef bint flat_line(
    const View* v, double x, double y, double step_x, double step_y, double* before, bint first, Steep* heights, Line* line
) noexcept nogil:
    cdef Lane s
    cdef double t[STRIP + 1]
    cdef double least = SKY, most = 0.0
    cdef int n, hits = 0
    hit_line(v, x, y, step_x, step_y, before, first, t)
    for n in range(STRIP):
        if t[n] < 1e15:
            hits += 1
            least, most = t[n] if t[n] < least else least, t[n] if t[n] > most else most
    directions(v, x, y, step_x, step_y, line)
    aim_line(v, x, y, step_x, step_y, &s)
    for n in range(STRIP):
        s.t[n] = t[n] if t[n] < 1e15 else least
    if hits:
        place_line(v, &s)
    for n in range(STRIP):
        line.t[n] = <float>s.t[n]
    if not hits or not shade_evenly(v, &s, least, most, line):
        for n in range(STRIP):
            shade_line(v, level_at(v, s.t[n]) if hits else -1, s.t[n], s.i_m[n], s.j_m[n], line, n)
    for n in range(STRIP):
        heights.height[n] = <float>s.above[n]
        if t[n] > 1e15:
            no_light(line, n)
            line.t[n] = -1
    for n in range(STRIP + 1):
        before[n + 1] = t[n]
    before[0] = before[1]
    return hits == STRIP
