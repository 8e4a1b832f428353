# distutils: extra_compile_args = -O3 -fno-trapping-math -fno-math-errno
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: the hot loop of a picture; every index is held in its grid's window. Without traps, either side of a choice may be
# computed: the values are the same.)
"""Render grid: a line of pixels on one level of the ground: what the grid says of all their places at once."""

from libc.stdint cimport int32_t, int64_t

from hal.sim.render_field cimport BLOCK, BLOCK_BITS, MOST_BLOCKS, Shade
from hal.sim.render_light cimport BORDER, cast_light, lit_share
from hal.sim.render_view cimport CASTER_PX, Caster

cdef enum:
    QUARTER = 16                           # of a strip


cdef void bounds(const float* values, float* least, float* most) noexcept nogil:
    cdef float low[QUARTER]
    cdef float high[QUARTER]
    cdef float a, b, c, d
    cdef int n
    for n in range(QUARTER):
        a, b, c, d = values[n], values[n + QUARTER], values[n + 2 * QUARTER], values[n + 3 * QUARTER]
        low[n], high[n] = a if a < b else b, a if a > b else b
        a, b = c if c < d else d, c if c > d else d
        low[n] = low[n] if low[n] < a else a
        high[n] = high[n] if high[n] > b else b
    least[0], most[0] = low[0], high[0]
    for n in range(1, QUARTER):
        least[0] = low[n] if low[n] < least[0] else least[0]
        most[0] = high[n] if high[n] > most[0] else most[0]


cdef bint covered(const Level* l, const Grid* g, float margin) noexcept nogil:
    """Whether the picture uses every cell that the line may touch."""
    cdef float x0, x1, y0, y1
    cdef int64_t bi, bj
    bounds(g.x, &x0, &x1)
    bounds(g.y, &y0, &y1)
    x0, y0, x1, y1 = x0 - margin, y0 - margin, x1 + margin + 1, y1 + margin + 1
    if not (x0 >= 0 and y0 >= 0 and x1 < <float>(l.i1 - l.i0) and y1 < <float>(l.j1 - l.j0)):
        return False
    for bj in range(<int64_t>y0 >> BLOCK_BITS, (<int64_t>y1 >> BLOCK_BITS) + 1):
        for bi in range(<int64_t>x0 >> BLOCK_BITS, (<int64_t>x1 >> BLOCK_BITS) + 1):
            if not l.needed[MOST_BLOCKS * bj + bi]:
                return False
    return True


cdef void locate(const Level* l, Grid* g) noexcept nogil:
    cdef int32_t i0 = <int32_t>(l.i0 & l.mask_i), j0 = <int32_t>(l.j0 & l.mask_j), mask_i = <int32_t>l.mask_i, mask_j = <int32_t>l.mask_j, i, j, m
    cdef int bits = l.bits + BLOCK_BITS, n
    for n in range(STRIP):
        i, j = <int32_t>g.x[n], <int32_t>g.y[n]
        g.a[n], g.b[n] = g.x[n] - <float>i, g.y[n] - <float>j
        i, j = i + i0, j + j0
        m = i + 1
        g.left[n] = (((i & mask_i) >> BLOCK_BITS) << (2 * BLOCK_BITS)) | (i & (BLOCK - 1))
        g.right[n] = (((m & mask_i) >> BLOCK_BITS) << (2 * BLOCK_BITS)) | (m & (BLOCK - 1))
        m = j + 1
        g.low[n] = (((j & mask_j) >> BLOCK_BITS) << bits) | ((j & (BLOCK - 1)) << BLOCK_BITS)
        g.high[n] = (((m & mask_j) >> BLOCK_BITS) << bits) | ((m & (BLOCK - 1)) << BLOCK_BITS)


cdef void heights(const Level* l, const Grid* g, float* out) noexcept nogil:
    cdef const float* h = l.height
    cdef float p, q
    cdef int n
    for n in range(STRIP):
        p = h[g.low[n] | g.left[n]]
        p += g.a[n] * (h[g.low[n] | g.right[n]] - p)
        q = h[g.high[n] | g.left[n]]
        q += g.a[n] * (h[g.high[n] | g.right[n]] - q)
        out[n] = p + g.b[n] * (q - p)


cdef void shades(const Level* l, const Grid* g, Shade* out, float* dark) noexcept nogil:
    """Slopes and albedo, and how many cells deep in shadow."""
    cdef const Shade* p00
    cdef const Shade* p10
    cdef const Shade* p01
    cdef const Shade* p11
    cdef float one = 1, w00, w10, w01, w11, per = <float>l.per_m, s0, s1, s2, s3
    cdef int32_t at00, at10, at01, at11
    cdef int n
    for n in range(STRIP):
        at00, at10, at01, at11 = g.low[n] | g.left[n], g.low[n] | g.right[n], g.high[n] | g.left[n], g.high[n] | g.right[n]
        w11 = g.a[n] * g.b[n]
        w10, w01 = g.a[n] - w11, g.b[n] - w11
        w00 = one - g.a[n] - w01
        p00, p10, p01, p11 = &l.shade[at00], &l.shade[at10], &l.shade[at01], &l.shade[at11]
        s0 = w00 * p00.slope_i + w10 * p10.slope_i + w01 * p01.slope_i + w11 * p11.slope_i
        s1 = w00 * p00.slope_j + w10 * p10.slope_j + w01 * p01.slope_j + w11 * p11.slope_j
        s2 = w00 * p00.albedo + w10 * p10.albedo + w01 * p01.albedo + w11 * p11.albedo
        s3 = w00 * p00.pad + w10 * p10.pad + w01 * p01.pad + w11 * p11.pad
        out[n].slope_i, out[n].slope_j, out[n].albedo, out[n].pad = s0, s1, s2, s3
        dark[n] = (w00 * l.dark[at00] + w10 * l.dark[at10] + w01 * l.dark[at01] + w11 * l.dark[at11]) * per


cdef void mix_border(const Level* l, const Level* next, const Grid* g, const float* t, Shade* shade, float* dark) noexcept nogil:
    """Fade into the next coarser level beyond the border."""
    cdef Grid coarse
    cdef Shade far[STRIP]
    cdef float far_dark[STRIP]
    cdef float* near
    cdef float* other
    cdef float w, per = <float>(1.0 / (l.until * (1.0 - BORDER)))
    cdef double share = l.cell_m * next.per_m
    cdef float k = <float>share, x0 = <float>(share * <double>l.i0 - <double>next.i0), y0 = <float>(share * <double>l.j0 - <double>next.j0)
    cdef int n, c
    for n in range(STRIP):
        coarse.x[n], coarse.y[n] = g.x[n] * k + x0, g.y[n] * k + y0
    if not covered(next, &coarse, 1):
        return
    locate(next, &coarse)
    shades(next, &coarse, far, far_dark)
    for n in range(STRIP):
        w = (t[n] - <float>(BORDER * l.until)) * per
        w = 0 if w < 0 else (1 if w > 1 else w)
        near, other = <float*>&shade[n], <float*>&far[n]
        for c in range(4):
            near[c] += w * (other[c] - near[c])
        dark[n] += w * (far_dark[n] - dark[n])


cdef void shade_vehicle(const Caster* c, Line* line) noexcept nogil:
    """Let a vehicle's shadow fall on a line: most are far from it, which is seen for all pixels at once."""
    cdef float u[STRIP]
    cdef float w[STRIP]
    cdef float per = <float>(0.5 * CASTER_PX / c.reach_m), size = CASTER_PX
    cdef float r0 = <float>c.right[0], r1 = <float>c.right[1], r2 = <float>c.right[2], d0 = <float>c.down[0], d1 = <float>c.down[1], d2 = <float>c.down[2]
    cdef float first = <float>(0.5 * CASTER_PX - (c.centre_m[0] * c.right[0] + c.centre_m[1] * c.right[1] + c.centre_m[2] * c.right[2]) * per)
    cdef float second = <float>(0.5 * CASTER_PX - (c.centre_m[0] * c.down[0] + c.centre_m[1] * c.down[1] + c.centre_m[2] * c.down[2]) * per)
    cdef int n
    for n in range(STRIP):
        u[n] = first + per * line.t[n] * (line.dx[n] * r0 + line.dy[n] * r1 + line.dz[n] * r2)
        w[n] = second + per * line.t[n] * (line.dx[n] * d0 + line.dy[n] * d1 + line.dz[n] * d2)
    for n in range(STRIP):
        if u[n] > 0 and w[n] > 0 and u[n] < size and w[n] < size and line.lit[n] > 0:
            line.lit[n] *= cast_light(c, line.t[n] * line.dx[n], line.t[n] * line.dy[n], line.t[n] * line.dz[n])


cdef void directions(const View* v, double x, double y, double step_x, double step_y, Line* line) noexcept nogil:
    cdef float a0 = <float>((x - v.centre_x_px) * v.per_focal), b0 = <float>((y - v.centre_y_px) * v.per_focal), a, b, f
    cdef float step_a = <float>(step_x * v.per_focal), step_b = <float>(step_y * v.per_focal)
    cdef float ahead0 = <float>v.ahead[0], ahead1 = <float>v.ahead[1], ahead2 = <float>v.ahead[2]
    cdef float right0 = <float>v.right[0], right1 = <float>v.right[1], right2 = <float>v.right[2]
    cdef float down0 = <float>v.down[0], down1 = <float>v.down[1], down2 = <float>v.down[2]
    cdef int n
    for n in range(STRIP):
        f = <float>n
        a, b = a0 + f * step_a, b0 + f * step_b
        line.dx[n] = ahead0 + a * right0 + b * down0
        line.dy[n] = ahead1 + a * right1 + b * down1
        line.dz[n] = ahead2 + a * right2 + b * down2
        line.dd[n] = 1 + a * a + b * b


cdef void shade_grid(const View* v, int k, Grid* g, Line* line) noexcept nogil:
    cdef const Level* l = v.level[k]
    cdef Shade shade[STRIP]
    cdef float dark[STRIP]
    cdef float nearest, farthest
    cdef int n
    locate(l, g)
    shades(l, g, shade, dark)
    bounds(line.t, &nearest, &farthest)
    if farthest > BORDER * l.until and k + 1 < v.levels:
        mix_border(l, v.level[k + 1], g, line.t, shade, dark)
    for n in range(STRIP):
        line.slope_i[n], line.slope_j[n], line.albedo[n] = shade[n].slope_i, shade[n].slope_j, shade[n].albedo
        line.lit[n] = lit_share(v, dark[n])
    for n in range(v.casting):
        shade_vehicle(&v.casters[n], line)
