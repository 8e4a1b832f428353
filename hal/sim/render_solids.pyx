# distutils: extra_compile_args = -O3
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: every index is clipped to the picture.)
"""Render solids: triangles over a picture that has depths already.

Nearness is what is linear across the picture: one over the depth for a camera, the distance towards the Sun for a picture from there.
Edges are sampled at the middle of pixels. What this does not model: mirror-like reflection, light from one vehicle on another.
"""

from libc.math cimport ceil

from hal.sim.render_light cimport cast_light
from hal.sim.render_rays cimport ground_light


cdef inline void narrow(double e, double slope, int64_t* i0, int64_t* i1) noexcept nogil:
    """Keep of the pixels i0 <= i < i1 those where e + slope i is not negative, and one more at either end for rounding."""
    cdef double at
    if slope > 1e-12:
        at = -e / slope - 1.0
        i0[0] = <int64_t>at if at > <double>i0[0] and at < <double>i1[0] else (i0[0] if at <= <double>i0[0] else i1[0])
    elif slope < -1e-12:
        at = -e / slope + 2.0
        i1[0] = <int64_t>at if at < <double>i1[0] and at > <double>i0[0] else (i1[0] if at >= <double>i1[0] else i0[0])


cdef void raster(const double* corners, int64_t count, float* nearness, int32_t* whose, int64_t width, int64_t height) noexcept nogil:
    cdef const double* c
    cdef double x0, y0, x1, y1, x2, y2, area, per, low, high, q0, dqx, dqy, e0, e1, e2, px, py
    cdef int64_t n, i, j, i0, i1, j0, j1, first, end
    cdef float q
    for n in range(count):
        c = corners + 9 * n
        x0, y0, x1, y1, x2, y2 = c[0], c[1], c[3], c[4], c[6], c[7]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if -1e-9 < area < 1e-9:
            continue
        per = 1.0 / area
        dqx = ((c[5] - c[2]) * (y2 - y0) - (c[8] - c[2]) * (y1 - y0)) * per
        dqy = ((c[8] - c[2]) * (x1 - x0) - (c[5] - c[2]) * (x2 - x0)) * per
        q0 = c[2]
        low, high = min(x0, x1, x2), max(x0, x1, x2)
        i0, i1 = <int64_t>ceil(max(low - 0.5, 0.0)), <int64_t>ceil(min(high - 0.5, <double>width))
        low, high = min(y0, y1, y2), max(y0, y1, y2)
        j0, j1 = <int64_t>ceil(max(low - 0.5, 0.0)), <int64_t>ceil(min(high - 0.5, <double>height))
        for j in range(j0, j1):
            py = <double>j + 0.5
            first, end = i0, i1
            narrow(((x1 - x0) * (py - y0) - (y1 - y0) * (0.5 - x0)) * per, (y0 - y1) * per, &first, &end)
            narrow(((x2 - x1) * (py - y1) - (y2 - y1) * (0.5 - x1)) * per, (y1 - y2) * per, &first, &end)
            narrow(((x0 - x2) * (py - y2) - (y0 - y2) * (0.5 - x2)) * per, (y2 - y0) * per, &first, &end)
            for i in range(first, end):
                px = <double>i + 0.5
                e0 = ((x1 - x0) * (py - y0) - (y1 - y0) * (px - x0)) * per
                e1 = ((x2 - x1) * (py - y1) - (y2 - y1) * (px - x1)) * per
                e2 = ((x0 - x2) * (py - y2) - (y0 - y2) * (px - x2)) * per
                if e0 < 0.0 or e1 < 0.0 or e2 < 0.0:
                    continue
                q = <float>(q0 + dqx * (px - x0) + dqy * (py - y0))
                if q > nearness[j * width + i]:
                    nearness[j * width + i] = q
                    whose[j * width + i] = <int32_t>n


cdef void shade_solids(
    const View* v, const float* nearness, const int32_t* whose, const float* sunlit, const float* shaded, int64_t first_row, int64_t end_row
) noexcept nogil:
    cdef int64_t j, i, p, at, k
    cdef double a, b, depth, x, y, z
    cdef float light, radiance
    cdef int n
    for j in range(first_row, end_row):
        b = (<double>j + 0.5 - v.centre_y_px) * v.per_focal
        for i in range(v.width_px):
            at = (j - first_row) * v.width_px + i
            if whose[at] < 0:
                continue
            p, k = j * v.width_px + i, whose[at]
            depth = 1.0 / nearness[at]
            v.depth_m[p] = <float>depth
            radiance = shaded[k]
            if sunlit[k] > 0:
                a = (<double>i + 0.5 - v.centre_x_px) * v.per_focal
                x = depth * (v.ahead[0] + a * v.right[0] + b * v.down[0])
                y = depth * (v.ahead[1] + a * v.right[1] + b * v.down[1])
                z = depth * (v.ahead[2] + a * v.right[2] + b * v.down[2])
                light = ground_light(v, x, y, z)
                for n in range(v.casting):
                    light *= cast_light(&v.casters[n], x, y, z)
                radiance += light * sunlit[k]
            v.radiance[p] = radiance
