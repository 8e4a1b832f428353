# distutils: extra_compile_args = -O3 -fno-math-errno
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: the hot loop of a picture; every index is held in its grid's window. Without errno, roots are one instruction.)
"""Render light: what the ground sends to the camera, for a line of pixels at once.

The Lunar-Lambert function, I/F = A f(a) (2 L(a) mu0 / (mu0 + mu) + (1 - L(a)) mu0), with L of A. S. McEwen, "A precise lunar photometric
function", LPSC XXVII (1996): L = 1 - 0.019 a + 2.42e-4 a^2 - 1.46e-6 a^3, a in degrees; f so that a sphere of it has the Moon's
integral phase curve of C. W. Allen, "Astrophysical Quantities" (0.026 a + 4e-9 a^4 magnitudes). Both vary slowly: they are looked up every
sixteen pixels. Shadows are black but for a hundredth: light from lit ground, chosen.
"""

from libc.math cimport sqrtf
from libc.stdint cimport int64_t

from hal.sim.render_field cimport Level, column_of, needs_square, row_of
from hal.sim.render_view cimport CASTER_PX, PHASES

cdef float SKYLESS = 0.0065                # light in shadow
BORDER = 0.92                              # of a level's depths: from there on it fades into the next


cdef inline int64_t whole(double x) noexcept nogil:
    cdef int64_t i = <int64_t>x
    return i - (x < <double>i)


cdef bint shade_of(const View* v, int k, double i_m, double j_m, Shade* out, float* dark) noexcept nogil:
    cdef const Level* l
    cdef const Shade* s00
    cdef const Shade* s10
    cdef const Shade* s01
    cdef const Shade* s11
    cdef double a, b
    cdef int64_t i, j, next_i, low, high
    cdef float x, y, w00, w10, w01, w11
    for k in range(k, v.levels):
        l = v.level[k]
        a, b = i_m * l.per_m, j_m * l.per_m
        i, j = whole(a), whole(b)
        if not needs_square(l, i, j):
            continue
        x, y = <float>(a - <double>i), <float>(b - <double>j)
        low, high = row_of(l, j), row_of(l, j + 1)
        i, next_i = column_of(l, i), column_of(l, i + 1)
        s00, s10 = &l.shade[low | i], &l.shade[low | next_i]
        s01, s11 = &l.shade[high | i], &l.shade[high | next_i]
        w11 = x * y
        w10, w01 = x - w11, y - w11
        w00 = 1 - x - w01
        out.slope_i = w00 * s00.slope_i + w10 * s10.slope_i + w01 * s01.slope_i + w11 * s11.slope_i
        out.slope_j = w00 * s00.slope_j + w10 * s10.slope_j + w01 * s01.slope_j + w11 * s11.slope_j
        out.albedo = w00 * s00.albedo + w10 * s10.albedo + w01 * s01.albedo + w11 * s11.albedo
        dark[0] = (w00 * l.dark[low | i] + w10 * l.dark[low | next_i] + w01 * l.dark[high | i] + w11 * l.dark[high | next_i]) * <float>l.per_m
        return True
    return False


cdef float cast_light(const Caster* c, double x, double y, double z) noexcept nogil:
    cdef double rx = x - c.centre_m[0], ry = y - c.centre_m[1], rz = z - c.centre_m[2]
    cdef double per = 0.5 * CASTER_PX / c.reach_m
    cdef double u = 0.5 * CASTER_PX + per * (rx * c.right[0] + ry * c.right[1] + rz * c.right[2]) - 0.5
    cdef double w = 0.5 * CASTER_PX + per * (rx * c.down[0] + ry * c.down[1] + rz * c.down[2]) - 0.5
    cdef int64_t i, j
    cdef float a, b, near, low, high
    cdef const float* d
    if not (0.0 <= u < CASTER_PX - 1.0 and 0.0 <= w < CASTER_PX - 1.0):
        return 1
    i, j = <int64_t>u, <int64_t>w
    a, b = <float>(u - <double>i), <float>(w - <double>j)
    near = <float>(rx * c.toward[0] + ry * c.toward[1] + rz * c.toward[2] + 0.03)
    d = c.depth_m + j * CASTER_PX + i
    low = (1 - a if d[0] < near else 0) + (a if d[1] < near else 0)
    high = (1 - a if d[CASTER_PX] < near else 0) + (a if d[CASTER_PX + 1] < near else 0)
    return low + b * (high - low)


cdef void shade_line(const View* v, int k, double t, double i_m, double j_m, Line* line, int n) noexcept nogil:
    cdef Shade s
    cdef Shade far
    cdef float w, dark, far_dark
    if k < 0 or not shade_of(v, k, i_m, j_m, &s, &dark):
        line.slope_i[n] = line.slope_j[n] = line.albedo[n] = line.lit[n] = 0
        return
    if t > BORDER * v.level[k].until and k + 1 < v.levels and shade_of(v, k + 1, i_m, j_m, &far, &far_dark):
        w = <float>((t / v.level[k].until - BORDER) / (1 - BORDER))
        w = 1 if w > 1 else w
        s.slope_i += w * (far.slope_i - s.slope_i)
        s.slope_j += w * (far.slope_j - s.slope_j)
        s.albedo += w * (far.albedo - s.albedo)
        dark += w * (far_dark - dark)
    line.slope_i[n], line.slope_j[n], line.albedo[n], line.lit[n] = s.slope_i, s.slope_j, s.albedo, lit_share(v, dark)
    if v.casting and line.lit[n] > 0:
        for k in range(v.casting):
            line.lit[n] *= cast_light(&v.casters[k], t * line.dx[n], t * line.dy[n], t * line.dz[n])


cdef void light_line(const View* v, Line* line) noexcept nogil:
    cdef float seeliger[STRIP + 1]
    cdef float lambert[STRIP + 1]
    cdef float sun0 = v.sunlight[0], sun1 = v.sunlight[1], sun2 = v.sunlight[2], bend = v.bend
    cdef float nx, ny, mu0, mu, size, a, share, low, high
    cdef int n, m, place
    for m in range(0, STRIP + 1, 16):
        n = m if m < STRIP else STRIP - 1
        a = -(line.dx[n] * sun0 + line.dy[n] * sun1 + line.dz[n] * sun2) / sqrtf(line.dd[n])
        share = (a + 1) * <float>(0.5 * PHASES)
        place = <int>share
        place = PHASES - 1 if place >= PHASES else place
        share -= <float>place
        seeliger[m] = v.seeliger[place] + share * (v.seeliger[place + 1] - v.seeliger[place])
        lambert[m] = v.lambert[place] + share * (v.lambert[place + 1] - v.lambert[place])
    for m in range(0, STRIP, 16):
        low, high = (seeliger[m + 16] - seeliger[m]) * <float>0.0625, (lambert[m + 16] - lambert[m]) * <float>0.0625
        for n in range(1, 16):
            seeliger[m + n] = seeliger[m] + <float>n * low
            lambert[m + n] = lambert[m] + <float>n * high
    for n in range(STRIP):
        # The ground falls away from the tangent plane as the sphere does.
        nx = line.t[n] * line.dx[n] * bend - line.slope_i[n]
        ny = line.t[n] * line.dy[n] * bend - line.slope_j[n]
        a = 1 / sqrtf(1 + nx * nx + ny * ny)
        size = 1 / sqrtf(line.dd[n])
        mu0 = (nx * sun0 + ny * sun1 + sun2) * a
        mu0 = mu0 if mu0 > 0 else 0
        mu = -(nx * line.dx[n] + ny * line.dy[n] + line.dz[n]) * a * size
        mu = mu if mu > <float>0.02 else <float>0.02
        line.radiance[n] = line.albedo[n] * (
            line.lit[n] * mu0 * (seeliger[n] / (mu0 + mu) + lambert[n]) + SKYLESS * (1 + nx * <float>0.3))
