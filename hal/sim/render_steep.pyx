# distutils: extra_compile_args = -O3 -fno-trapping-math -fno-math-errno
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: the hot loop of a picture; every index is held in its grid's window. Without traps, either side of a choice may be
# computed: the values are the same.)
"""Render steep: a line of pixels that look down steeply, all at once.

Where the rays of a line cross one height, and how they move on with height, is exact for three of them and even between (a parabola: a
hundredth of a pixel off at most); all else happens on the grid, in its cells, in single precision. A ray's height is first taken from the
line before; one step, as if the ground were level, brings it to the ground, as in `hal.sim.render_rays`. Whoever is off by more than most
of a cell then is left to the slow way.
"""

from hal.sim.render_field cimport Level
from hal.sim.render_grid cimport Grid, bounds, covered, directions, heights, locate, shade_grid
from hal.sim.render_ray cimport Ray, aim, level_at, place
from hal.sim.site cimport SITE_RADIUS

cdef struct Node:                          # one ray at one height
    double i_m
    double j_m
    double t
    double per_i                           # what they grow by for each metre lower
    double per_j
    double per_t


cdef bint node(const View* v, double x, double y, double height, Node* out) noexcept nogil:
    cdef Ray r
    cdef double t, gap, step, i_m, j_m, above
    aim(v, x, y, &r)
    t = (v.altitude_m - height) / -r.dz
    gap = place(v, &r, t, &i_m, &j_m) - height
    t -= gap / (r.dz + t * r.dd / SITE_RADIUS)
    gap = place(v, &r, t, &out.i_m, &out.j_m) - height
    step = 0.01 * t
    above = place(v, &r, t + step, &i_m, &j_m) - height - gap
    if t <= 0.0 or above >= 0.0:
        return False
    out.per_i, out.per_j, out.per_t = (i_m - out.i_m) / -above, (j_m - out.j_m) / -above, step / -above
    out.i_m += gap * out.per_i
    out.j_m += gap * out.per_j
    out.t = t + gap * out.per_t
    return True


cdef inline void parabola(double first, double middle, double last, float* c) noexcept nogil:
    """Its coefficients over the pixels of a strip: 0, STRIP / 2, STRIP."""
    c[0] = <float>first
    c[1] = <float>((4.0 * middle - 3.0 * first - last) * (1.0 / STRIP))
    c[2] = <float>((first - 2.0 * middle + last) * (2.0 / (STRIP * STRIP)))


cdef void along(const float* c, float* out) noexcept nogil:
    cdef int n
    cdef float f
    for n in range(STRIP):
        f = <float>n
        out[n] = c[0] + f * (c[1] + f * c[2])


cdef void settle_line(const float* from_x, const float* from_y, const float* slide_x, const float* slide_y, const float* height, float middle,
                      Grid* g) noexcept nogil:
    """Where the rays are at these heights."""
    cdef int n
    for n in range(STRIP):
        g.x[n] = from_x[n] + (middle - height[n]) * slide_x[n]
        g.y[n] = from_y[n] + (middle - height[n]) * slide_y[n]


cdef bint far_off(const float* height, const float* ground, float most) noexcept nogil:
    cdef int n, off = 0
    for n in range(STRIP):
        off |= height[n] - ground[n] > most
        off |= ground[n] - height[n] > most
    return off != 0


cdef bint steep_line(const View* v, double x, double y, double step_x, double step_y, Steep* s, Line* line) noexcept nogil:
    cdef Node nodes[3]
    cdef Grid g
    cdef float from_x[STRIP]
    cdef float from_y[STRIP]
    cdef float slide_x[STRIP]
    cdef float slide_y[STRIP]
    cdef float slide_t[STRIP]
    cdef float ground[STRIP]
    cdef float taken[STRIP]                # heights of the turn before
    cdef float c[3]
    cdef float least, most, middle, cell, nearest
    cdef const Level* l
    cdef int k, n, turn
    bounds(s.height, &least, &most)
    middle = <float>0.5 * (least + most)
    for n in range(3):
        if not node(v, x + n * (STRIP // 2) * step_x, y + n * (STRIP // 2) * step_y, middle, &nodes[n]):
            return False
    nearest = <float>(min(nodes[0].t, nodes[1].t, nodes[2].t) - (most - middle) * nodes[1].per_t)
    k = level_at(v, nearest)
    l = v.level[k]
    cell = <float>l.cell_m
    parabola(nodes[0].i_m * l.per_m - <double>l.i0, nodes[1].i_m * l.per_m - <double>l.i0, nodes[2].i_m * l.per_m - <double>l.i0, c)
    along(c, from_x)
    parabola(nodes[0].j_m * l.per_m - <double>l.j0, nodes[1].j_m * l.per_m - <double>l.j0, nodes[2].j_m * l.per_m - <double>l.j0, c)
    along(c, from_y)
    parabola(nodes[0].per_i * l.per_m, nodes[1].per_i * l.per_m, nodes[2].per_i * l.per_m, c)
    along(c, slide_x)
    parabola(nodes[0].per_j * l.per_m, nodes[1].per_j * l.per_m, nodes[2].per_j * l.per_m, c)
    along(c, slide_y)
    settle_line(from_x, from_y, slide_x, slide_y, s.height, middle, &g)
    if not covered(l, &g, 2):
        return False
    locate(l, &g)
    heights(l, &g, ground)
    for n in range(STRIP):
        taken[n] = s.height[n]
    for turn in range(3):
        if not far_off(taken, ground, <float>0.7 * cell):
            break
        for n in range(STRIP):
            taken[n] = ground[n]
        settle_line(from_x, from_y, slide_x, slide_y, ground, middle, &g)
        if not covered(l, &g, 2):
            return False
        locate(l, &g)
        heights(l, &g, ground)
    else:
        return False
    settle_line(from_x, from_y, slide_x, slide_y, ground, middle, &g)
    if turn and not covered(l, &g, 1):
        return False
    for n in range(STRIP):
        s.height[n] = ground[n]
    parabola(nodes[0].t, nodes[1].t, nodes[2].t, c)
    along(c, line.t)
    parabola(nodes[0].per_t, nodes[1].per_t, nodes[2].per_t, c)
    along(c, slide_t)
    for n in range(STRIP):
        line.t[n] += (middle - ground[n]) * slide_t[n]
    directions(v, x, y, step_x, step_y, line)
    shade_grid(v, k, &g, line)
    return True
