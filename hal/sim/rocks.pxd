"""Rocks: the seeded population on the soil, rigid ellipsoids that look out of it by a third of themselves."""

from hal.sim.relief cimport Rock, Surface

# The rocks whose centre lies in a square of the map, of a diameter (m) of at least `least_diameter`, largest classes first; places on
# the map, heights above the site's sphere. Writes at most `most`, returns how many there are. Touches nothing but the record.
cdef int rocks_in(
    const Surface* surface, double east, double north, double half_side, double least_diameter, Rock* out, int most
) noexcept nogil
# Lift height and gradient[2] of the soil, both on the generator's plane, to the rocks' where they stand higher; returns the height and
# sets `rock` to 1 where one does.
cdef double rocks_lift(
    Surface* surface, double east, double north, double footprint, double height, double* gradient, int* rock
) noexcept nogil
# The same for a patch of nodes, as relief_patch: heights[ny][nx] of the soil are lifted.
cdef void rocks_patch(
    Surface* surface, const double* east, const double* north, int nx, int ny, double footprint, double* heights
) noexcept nogil
