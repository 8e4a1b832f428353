# cython: cdivision=True
"""Site: the rotating Moon seen from the site frame: apparent gravity, and the map coordinates and height of a point."""

from libc.math cimport asin, sqrt

cdef extern from *:
    """
    #define MOON_GM 4.902800118e12              /* m3/s2: facts, change4, section 2 (DE421) */
    #define SITE_RADIUS 1731465.0               /* m: 1737.4 km less 5.935 km, facts, change4, section 2 */
    #define MOON_RATE_NORTH 1.8674445791676e-06 /* rad/s: 13.17635815 deg/d (IAU 2009) times cos and sin of the latitude -45.4446 deg */
    #define MOON_RATE_UP -1.8966535652304e-06
    """
    double MOON_GM
    double SITE_RADIUS
    double MOON_RATE_NORTH
    double MOON_RATE_UP


cdef inline void apparent_gravity(const double* position, const double* velocity, double* out) noexcept nogil:
    """Acceleration (m/s2) of a free body in the site frame: central gravity, Coriolis and centrifugal acceleration, none left out."""
    cdef double x = position[0], y = position[1], z = position[2] + SITE_RADIUS
    cdef double square = x * x + y * y + z * z
    cdef double k = -MOON_GM / (square * sqrt(square))
    cdef double n = MOON_RATE_NORTH, u = MOON_RATE_UP
    cdef double along = n * y + u * z                     # rate . r: centrifugal = rate^2 r - (rate . r) rate
    cdef double rate2 = n * n + u * u
    out[0] = (k + rate2) * x - 2.0 * (n * velocity[2] - u * velocity[1])
    out[1] = (k + rate2) * y - along * n - 2.0 * u * velocity[0]
    out[2] = (k + rate2) * z - along * u + 2.0 * n * velocity[0]


cdef inline double site_map(const double* position, double* east, double* north) noexcept nogil:
    """Azimuthal-equidistant coordinates (m) about the site of the point below a position; returns its height above the site's sphere (m)."""
    cdef double x = position[0], y = position[1], z = position[2] + SITE_RADIUS
    cdef double across2 = x * x + y * y
    cdef double radius = sqrt(across2 + z * z)
    cdef double s2 = across2 / (radius * radius), s, stretch
    if s2 < 1e-4:                                         # within 17 km: arcsine as a series, good to the last bit or two
        stretch = 1.0 + s2 * (1.0 / 6.0 + s2 * (3.0 / 40.0 + s2 * (15.0 / 336.0 + s2 * (105.0 / 3456.0))))
    else:
        s = sqrt(s2)
        stretch = asin(s if s < 1.0 else 1.0) / s         # the near hemisphere
    stretch *= SITE_RADIUS / radius
    east[0] = x * stretch
    north[0] = y * stretch
    return (across2 + position[2] * (z + SITE_RADIUS)) / (radius + SITE_RADIUS)      # radius - SITE_RADIUS, without cancellation


cdef inline void rotate(const double* q, const double* v, double* out) noexcept nogil:
    """q v conj(q): from body to site with `quaternion_site_from_body`. `out` must not be `v`."""
    cdef double tx = 2.0 * (q[2] * v[2] - q[3] * v[1])
    cdef double ty = 2.0 * (q[3] * v[0] - q[1] * v[2])
    cdef double tz = 2.0 * (q[1] * v[1] - q[2] * v[0])
    out[0] = v[0] + q[0] * tx + q[2] * tz - q[3] * ty
    out[1] = v[1] + q[0] * ty + q[3] * tx - q[1] * tz
    out[2] = v[2] + q[0] * tz + q[1] * ty - q[2] * tx


cdef inline void rotate_back(const double* q, const double* v, double* out) noexcept nogil:
    """conj(q) v q: from site to body. `out` must not be `v`."""
    cdef double c[4]
    c[0], c[1], c[2], c[3] = q[0], -q[1], -q[2], -q[3]
    rotate(c, v, out)
