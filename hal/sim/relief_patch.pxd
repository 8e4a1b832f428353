"""Relief patch: the soil of a whole square of nodes at a stretch: each crater is made once, and asked of its neighbours once."""

from hal.sim.relief cimport Surface

# Heights out[ny][nx], the same bits as relief_height's at every crossing of ascending, evenly spaced places east[nx] and north[ny], at most
# PATCH each. Returns 0, and has done nothing, when the nodes lie more than about two footprints apart: too many craters to go through.
cdef bint relief_patch(
    Surface* surface, const double* east, const double* north, int nx, int ny, double footprint, double* out
) noexcept nogil
