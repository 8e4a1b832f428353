# cython: cdivision=True
"""SkyModel: where Sun, Earth and relay stand, from Chebyshev pieces fitted before the loop (`hal.sim.sky_figures` says what is left out).

The pieces cover 64 days from at most four days before the epoch; after that the sky stands still. A body that has no height above the
site, rover or lander, is at the site: the difference is below a millisecond of light time.
"""

from libc.math cimport asin, atan2, sqrt

import numpy as np

from hal.core.arena cimport Arena

from hal.sim.sky_figures import PIECE_S, PIECES, TERMS, first_piece, pieces

cdef double SPAN_PIECE_S = PIECE_S


cdef double clenshaw(const double* c, double x) noexcept nogil:
    cdef double b1 = 0.0, b2 = 0.0, b
    cdef int k
    for k in range(SKY_TERMS - 1, 0, -1):
        b = 2.0 * x * b1 - b2 + c[k]
        b2 = b1
        b1 = b
    return x * b1 - b2 + c[0]


cdef double direction(const double* v, double* unit) noexcept nogil:
    """The unit vector of `v`; its length."""
    cdef double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    cdef int i
    for i in range(3):
        unit[i] = v[i] / length
    return length


cdef int look(void* context, int64_t tick) noexcept nogil:
    cdef SkyContext* c = <SkyContext*>context
    cdef Sky* s = c.sky
    cdef double age = (c.span.epoch_tai_s - c.span.start_tai_s + tick * c.tick_s) / SPAN_PIECE_S
    cdef double v[3][3]
    cdef double x, d, square = 0.0
    cdef int piece, body, axis
    if not age > 0.0:
        age = 0.0
    if age > SKY_PIECES:
        age = SKY_PIECES
    piece = <int>age if age < SKY_PIECES else SKY_PIECES - 1
    x = 2.0 * (age - piece) - 1.0
    for body in range(3):
        for axis in range(3):
            v[body][axis] = clenshaw(c.span.coefficients_m + ((piece * 3 + body) * 3 + axis) * SKY_TERMS, x)
    direction(v[0], s.sun_direction)
    direction(v[1], s.earth_direction)
    s.relay_range_m = direction(v[2], s.relay_direction)
    for axis in range(3):
        d = v[2][axis] - v[1][axis]
        square += d * d
    s.relay_earth_range_m = sqrt(square)
    s.sun_elevation_rad = asin(s.sun_direction[2])
    s.sun_azimuth_rad = atan2(s.sun_direction[0], s.sun_direction[1])
    s.relay_elevation_rad = asin(s.relay_direction[2])
    c.ranges.earth_relay_m, c.ranges.relay_site_m = s.relay_earth_range_m, s.relay_range_m
    c.ranges.relay_elevation_rad = s.relay_elevation_rad
    return 0


cdef class SkyModel:
    """Takes the records `sky`, `sky.span` and `ranges`."""

    def __init__(self, Arena arena not None, double tick_s=0.01):
        cdef SkyContext* c = &self.context
        assert (PIECES, TERMS) == (SKY_PIECES, SKY_TERMS)
        c.sky = <Sky*>arena.take("sky", sizeof(Sky))
        cdef Sky[::1] sky = <Sky[:1]>c.sky
        arena.bind("sky", np.asarray(sky))
        c.span = <SkySpan*>arena.take("sky.span", sizeof(SkySpan))
        cdef SkySpan[::1] span = <SkySpan[:1]>c.span
        arena.bind("sky.span", np.asarray(span))
        self.ranges = RangeRecord(arena)
        c.ranges, c.tick_s = self.ranges.record, tick_s
        self.slot = SlotCode.make("sky", look, c, self)

    def start(self, double epoch_tai_s, double relay_phase):
        """The sky at tick 0 of a run that begins then."""
        cdef double[::1] found = pieces(first_piece(epoch_tai_s), relay_phase).ravel()
        cdef int i
        self.context.span.epoch_tai_s, self.context.span.start_tai_s = epoch_tai_s, first_piece(epoch_tai_s)
        for i in range(found.shape[0]):
            self.context.span.coefficients_m[i] = found[i]
        look(&self.context, 0)
