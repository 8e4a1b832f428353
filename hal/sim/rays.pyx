# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Rays: where a beam meets the ground.

The answer is the root of: height of the beam's point above the ground, seen with the footprint that the beam has there. It does not
depend on where the search began (to the step at which the search ends), so the last range is a help, no state.

No soil is steeper than 40 degrees. A beam that falls more steeply comes nearer to the ground all the way and meets it once: Newton's
method from the last range finds it in two or three queries. A flatter one may pass behind a crest: it marches from its origin by steps
that no slope can outrun, on coarse ground while it is far above.

Left out: beams within 6 degrees of the horizontal have no echo; rocks count as ground when the footprint is finer than they are, and a
flat beam's march may pass the edge of one; refraction of nothing, since there is no air.
"""

from libc.math cimport fabs, fmax, fmin, sqrt

from hal.sim.ground cimport terrain_height
from hal.sim.site cimport SITE_RADIUS, site_map

cdef double STEEPEST = 0.8391               # tan 40 deg: bound on the soil's slope
cdef double LEAST_FOOTPRINT_M = 0.3
cdef double BEAM_RAD = 1e-3
cdef double HIGHEST_M = 2000.0              # no ground stands higher above the generator's plane: swells 960 m, the largest rim 450 m
cdef double HIDDEN = 0.15                   # how much higher than ground seen with a footprint of 1 m the finest may stand: rims, rocks


cdef double gap(Surface* surface, const double* origin, const double* d, double s, double footprint, double* slope) noexcept nogil:
    """Height of the beam's point at range s above the ground, and how it changes with s."""
    cdef double p[3]
    cdef double g[2]
    cdef double east, north, height, sink
    p[0], p[1], p[2] = origin[0] + s * d[0], origin[1] + s * d[1], origin[2] + s * d[2]
    height = site_map(p, &east, &north)
    sink = (p[0] * d[0] + p[1] * d[1] + (p[2] + SITE_RADIUS) * d[2]) / (SITE_RADIUS + height)
    height -= terrain_height(surface, east, north, footprint, g)
    slope[0] = sink - g[0] * d[0] - g[1] * d[1]
    return height


cdef double falling(const double* origin, const double* d, double s) noexcept nogil:
    """How much height a beam loses a metre at range s; negative when it rises."""
    cdef double x = origin[0] + s * d[0], y = origin[1] + s * d[1], z = origin[2] + s * d[2] + SITE_RADIUS
    return -(x * d[0] + y * d[1] + z * d[2]) / sqrt(x * x + y * y + z * z)


cdef double entry(Surface* surface, const double* origin, const double* d) noexcept nogil:
    """The range at which a falling beam comes down to the height of the highest ground; 0 when it begins lower, 1e12 when it never does."""
    cdef double z = origin[2] + SITE_RADIUS, ceiling = HIGHEST_M - surface.state.datum_m
    cdef double half = -(origin[0] * d[0] + origin[1] * d[1] + z * d[2])
    cdef double above = origin[0] * origin[0] + origin[1] * origin[1] + (origin[2] - ceiling) * (z + SITE_RADIUS + ceiling)
    if above <= 0.0:
        return 0.0
    return half - sqrt(half * half - above) if half * half > above else 1e12


cdef double march(Surface* surface, const double* origin, const double* d, double beam, double s, double limit, bint* past) noexcept nogil:
    """The last range known to be above ground, close before it; `past` is set when a step went through the ground (the edge of a rock);
    negative when the limit comes first. A footprint of a fifth of the height is enough while the beam is high above the ground."""
    cdef double before = 0.0, above = 1e9, slope, fall, footprint, own, safe
    cdef int n
    past[0] = False
    for n in range(2000):
        own = fmax(LEAST_FOOTPRINT_M, beam * s)
        footprint = fmax(own, fmin(0.2 * above, 4096.0))
        above = gap(surface, origin, d, s, footprint, &slope)
        safe = above if footprint <= own else above - HIDDEN * footprint - 1.0
        if footprint > own and safe < own:
            above = gap(surface, origin, d, s, own, &slope)
            safe = above
        if safe < 0.0:
            past[0] = True
            return before
        if safe < 0.3 * own:
            return s
        fall = falling(origin, d, s)
        before = s
        s += fmax(safe / (fmax(fall, 0.0) + STEEPEST * sqrt(fmax(1.0 - fall * fall, 0.0)) + 1e-6 * s), 0.01)
        if s > limit:
            break
    return -1.0


cdef double newton(Surface* surface, const double* origin, const double* d, double beam, double s, double limit, double least) noexcept nogil:
    """The echo near range s; negative when there is none that a few steps reach. `least` is how fast the beam comes nearer at least. The
    last step is below 2 cm or a hundred-thousandth of the range: what is left is its square times the curvature of the ground."""
    cdef double slope, step
    cdef int n
    for n in range(16):
        step = gap(surface, origin, d, s, fmax(LEAST_FOOTPRINT_M, beam * s), &slope)
        step /= fmax(-slope, least)
        s += step
        if s < 0.0 or s > limit:
            break
        if fabs(step) < 0.02 + 1e-5 * s:
            return s
    return -1.0


cdef double bisected(Surface* surface, const double* origin, const double* d, double beam, double low, double limit) noexcept nogil:
    """The echo between a range above ground and the first one below it beyond."""
    cdef double slope, step = 0.1, high = low, middle
    cdef int n
    while gap(surface, origin, d, high, fmax(LEAST_FOOTPRINT_M, beam * high), &slope) > 0.0:
        low = high
        high += step
        step *= 1.5
        if high > limit:
            return -1.0
    if high == low:                         # the beam begins below the ground
        return -1.0
    for n in range(40):
        if high - low < 0.01 + 1e-6 * high:
            break
        middle = 0.5 * (low + high)
        if gap(surface, origin, d, middle, fmax(LEAST_FOOTPRINT_M, beam * middle), &slope) > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


cdef double terrain_ray(
    Surface* surface, const double* origin, const double* direction, double beam, double last, double limit
) noexcept nogil:
    cdef bint past
    cdef double s = -1.0, near, fall = falling(origin, direction, 0.0), least, first
    if fall < 0.1:
        return -1.0
    first = entry(surface, origin, direction)
    if first > limit:
        return -1.0
    least = fall - STEEPEST * sqrt(fmax(1.0 - fall * fall, 0.0))
    if least > 0.05 and last >= 0.0:
        s = newton(surface, origin, direction, beam, last, limit, least)
        if s >= 0.0:
            return s
    near = march(surface, origin, direction, beam, first, limit, &past)
    if near < 0.0:
        return -1.0
    if not past:
        s = newton(surface, origin, direction, beam, near, limit, 0.05)
    if s < near or s > near + 6.0 * fmax(LEAST_FOOTPRINT_M, beam * near):
        s = bisected(surface, origin, direction, beam, near, limit)
    return s


cdef double terrain_range(Surface* surface, const double* origin, const double* direction, double last, double limit) noexcept nogil:
    return terrain_ray(surface, origin, direction, BEAM_RAD, last, limit)
