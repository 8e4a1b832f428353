"""Attitude: unit quaternions (w, x, y, z), scalar first; q turns body vectors into site vectors: v_site = q * v_body * conj(q)."""

from libc.math cimport sqrt


cdef inline void cross(const double* a, const double* b, double* out) noexcept nogil:
    """a x b; `out` is neither of them."""
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


cdef inline double dot(const double* a, const double* b) noexcept nogil:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


cdef inline void rotate(const double* q, const double* v, double* out) noexcept nogil:
    """Body to site; `out` is not `v`. With t = 2 u x v: v + w t + u x t."""
    cdef double t[3]
    t[0] = 2.0 * (q[2] * v[2] - q[3] * v[1])
    t[1] = 2.0 * (q[3] * v[0] - q[1] * v[2])
    t[2] = 2.0 * (q[1] * v[1] - q[2] * v[0])
    out[0] = v[0] + q[0] * t[0] + q[2] * t[2] - q[3] * t[1]
    out[1] = v[1] + q[0] * t[1] + q[3] * t[0] - q[1] * t[2]
    out[2] = v[2] + q[0] * t[2] + q[1] * t[1] - q[2] * t[0]


cdef inline void rotate_back(const double* q, const double* v, double* out) noexcept nogil:
    """Site to body; `out` is not `v`."""
    cdef double c[4]
    c[0], c[1], c[2], c[3] = q[0], -q[1], -q[2], -q[3]
    rotate(c, v, out)


cdef inline void multiply(const double* a, const double* b, double* out) noexcept nogil:
    """The Hamilton product a * b; `out` is neither of them."""
    out[0] = a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3]
    out[1] = a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2]
    out[2] = a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1]
    out[3] = a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0]


cdef inline void normalise(double* q) noexcept nogil:
    """Back to unit length; a quaternion that has lost its length becomes the identity."""
    cdef double n = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]
    if not (n > 1e-12):
        q[0], q[1], q[2], q[3] = 1.0, 0.0, 0.0, 0.0
        return
    n = 1.0 / sqrt(n)
    q[0] *= n
    q[1] *= n
    q[2] *= n
    q[3] *= n


cdef inline void turn(double* q, const double* angle_rad) noexcept nogil:
    """Turn q by a small rotation vector given in the body frame: series of cos and sin to the third order, then unit length."""
    cdef double square = dot(angle_rad, angle_rad)
    cdef double half = 0.5 - square / 48.0
    cdef double step[4]
    cdef double turned[4]
    step[0] = 1.0 - square / 8.0
    step[1], step[2], step[3] = half * angle_rad[0], half * angle_rad[1], half * angle_rad[2]
    multiply(q, step, turned)
    q[0], q[1], q[2], q[3] = turned[0], turned[1], turned[2], turned[3]
    normalise(q)
