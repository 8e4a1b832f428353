"""Render march: where one ray meets the ground."""

from hal.sim.render_ray cimport Ray
from hal.sim.render_view cimport View


# Height of the ground in level k, or the next coarser one that reaches so far.
cdef double ground(const View* v, int k, double i_m, double j_m) noexcept nogil
# The depth of a steep ray's hit from a guess, in level k; negative when it does not settle.
cdef double settle(const View* v, const Ray* r, double t, int k, double* i_m, double* j_m) noexcept nogil
# The depth of the first hit at or beyond t; negative for the sky.
cdef double march(const View* v, const Ray* r, double t) noexcept nogil
