# distutils: extra_compile_args = -O3
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: the hot loop of a picture; every index is held in its grid's window.)
"""Render rays: one picture's geometry, and the light of the ground that each of its pixels sees.

A ray is a point that moves with the depth t along the camera's axis. Its height above the sphere follows from t by the cosine law, its
place on the azimuthal-equidistant map by a series of the arcsine. Steep rays meet the ground once (no slope is steeper than 40 degrees
but on stones): steps from the neighbour's depth, as if the ground
were level. Others march from the nearest of the three neighbours below them in the
picture, whose rays met the ground no farther away, with steps that the ground's slope allows but no shorter than half a cell.

Light: the Lunar-Lambert function, I/F = A f(a) (2 L(a) mu0 / (mu0 + mu) + (1 - L(a)) mu0), with L of A. S. McEwen, "A precise lunar
photometric function", LPSC XXVII (1996): L = 1 - 0.019 a + 2.42e-4 a^2 - 1.46e-6 a^3, a in degrees; f so that a sphere of it has the
Moon's integral phase curve of C. W. Allen, "Astrophysical Quantities" (0.026 a + 4e-9 a^4 magnitudes). Shadows are black but for a
thousandth: light from lit ground, chosen.
"""

from libc.math cimport fabs, sqrt, sqrtf
from libc.stdint cimport int64_t

from hal.sim.render_field cimport Shade, needs_square
from hal.sim.site cimport SITE_RADIUS

cdef double STEEP2 = 1.7                   # squared tangent of a ray's descent beyond which it is steep
cdef float SKYLESS = 0.0006                # light in shadow, for the mean albedo
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


cdef inline bint shade_of(const View* v, int k, double i_m, double j_m, Shade* out, float* dark) noexcept nogil:
    """Slopes and albedo, and how many cells deep in shadow."""
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
        low, high = (j & l.mask_j) << l.bits, ((j + 1) & l.mask_j) << l.bits
        next_i = (i + 1) & l.mask_i
        i &= l.mask_i
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


cdef inline float lit_share(const View* v, float dark) noexcept nogil:
    """How much of a cell is in sunlight; `dark` in cells below the shadow's edge: on level ground minus the tangent of the elevation."""
    cdef float s = <float>0.5 - v.hardness * dark
    return 0 if s < 0 else (1 if s > 1 else s)


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


cdef inline float light(const View* v, const Ray* r, double t, double i_m, double j_m, int k) noexcept nogil:
    """What the ground at depth t sends to the camera."""
    cdef Shade s
    cdef Shade far
    cdef const Level* l = v.level[k]
    cdef float w, nx, ny, mu0, mu, size, lit, cosine, share, a, b, dark, far_dark
    cdef float dx = <float>r.dx, dy = <float>r.dy, dz = <float>r.dz
    cdef int place
    if not shade_of(v, k, i_m, j_m, &s, &dark):
        return 0
    if t > 0.85 * l.until and k + 1 < v.levels:
        w = <float>((t / l.until - 0.85) * (1.0 / 0.15))
        if shade_of(v, k + 1, i_m, j_m, &far, &far_dark):
            w = 1 if w > 1 else w
            s.slope_i += w * (far.slope_i - s.slope_i)
            s.slope_j += w * (far.slope_j - s.slope_j)
            s.albedo += w * (far.albedo - s.albedo)
            dark += w * (far_dark - dark)
    # The ground falls away from the tangent plane as the sphere does.
    nx, ny = <float>t * dx * v.bend - s.slope_i, <float>t * dy * v.bend - s.slope_j
    mu0 = nx * v.sunlight[0] + ny * v.sunlight[1] + v.sunlight[2]
    lit = 0
    if mu0 > 0:
        lit = lit_share(v, dark)
        if lit > 0:
            for place in range(v.casting):
                lit *= cast_light(&v.casters[place], t * r.dx, t * r.dy, t * r.dz)
            size = 1 / sqrtf(<float>r.dd)
            a = 1 / sqrtf(1 + nx * nx + ny * ny)
            mu0 *= a
            mu = -(nx * dx + ny * dy + dz) * a * size
            mu = <float>0.02 if mu < <float>0.02 else mu
            cosine = -(dx * v.sunlight[0] + dy * v.sunlight[1] + dz * v.sunlight[2]) * size
            share = (cosine + 1) * <float>(0.5 * PHASES)
            place = <int>share
            place = PHASES - 1 if place >= PHASES else place
            share -= <float>place
            a = v.seeliger[place] + share * (v.seeliger[place + 1] - v.seeliger[place])
            b = v.lambert[place] + share * (v.lambert[place + 1] - v.lambert[place])
            lit *= mu0 * (a / (mu0 + mu) + b)
    return s.albedo * (lit + SKYLESS * (1 + nx * <float>0.3))


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
        step = gap / (across - rise) if across > rise else 1e9
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


cdef void trace_strip(const View* v, int strip) noexcept nogil:
    """One strip, line by line upwards in the picture."""
    cdef double before[STRIP + 2]
    cdef double now[STRIP + 2]
    cdef double before_fall[STRIP + 2]
    cdef Ray r
    cdef int across = v.width_px if v.scan < 2 else v.height_px, along = v.height_px if v.scan < 2 else v.width_px
    cdef int first = strip * STRIP, width = STRIP if first + STRIP <= across else across - first, a, b, x, y, k
    cdef int64_t pixel
    cdef double t, start, i_m = 0.0, j_m = 0.0, guess, falls
    for b in range(STRIP + 2):
        before[b], before_fall[b] = v.near_m, 0.0
    for a in range(along):
        for b in range(width):
            x = first + b if v.scan < 2 else (along - 1 - a if v.scan == 2 else a)
            y = first + b if v.scan >= 2 else (along - 1 - a if v.scan == 0 else a)
            aim(v, <double>x + 0.5, <double>y + 0.5, &r)
            pixel = <int64_t>y * v.width_px + x
            t = -1.0
            if r.dz < 0.0 and r.dz * r.dz > STEEP2 * (r.dx * r.dx + r.dy * r.dy):
                # From the line below, not from the pixel beside: pixels of a line then do not wait for each other.
                falls = -r.dz
                guess = before[b + 1] * before_fall[b + 1] / falls if a and before[b + 1] < 1e15 else (v.altitude_m - v.mean_m) / falls
                t = settle(v, &r, guess, level_at(v, guess), &i_m, &j_m)
                before_fall[b + 1] = falls
            if t < 0.0:
                start = before[b + 1]
                start = before[b] if b and before[b] < start else start
                start = before[b + 2] if b + 1 < width and before[b + 2] < start else start
                start = start if a == 0 else 0.995 * start
                start = v.near_m if start < v.near_m else start
                t = march(v, &r, start, &i_m, &j_m) if start < 1e15 else -1.0
                before_fall[b + 1] = -r.dz
            if t < 0.0:
                now[b + 1] = 1e18
                v.radiance[pixel], v.depth_m[pixel] = 0, -1
                continue
            now[b + 1] = t
            v.depth_m[pixel] = <float>t
            k = level_at(v, t)
            v.radiance[pixel] = light(v, &r, t, i_m, j_m, k)
        for b in range(1, width + 1):
            before[b] = now[b]
