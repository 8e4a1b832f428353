"""Rays: where a beam meets the ground."""

from hal.sim.relief cimport Surface

# Range (m) from a point along a unit vector, both in the site frame, to the first ground that the beam meets, sought from the `last`
# range (negative: none); negative for no echo. The footprint is `beam` (rad) times the range, 0.3 m at least.
cdef double terrain_ray(
    Surface* surface, const double* origin, const double* direction, double beam, double last, double limit
) noexcept nogil
# The same for a beam of 1 mrad.
cdef double terrain_range(Surface* surface, const double* origin, const double* direction, double last, double limit) noexcept nogil
