"""The rocks about the rover, and where a wheel meets one; ground and rocks put in the way of the hull."""

from libc.stdint cimport int64_t, uint64_t

from hal.sim.mujoco_model cimport Mujoco
from hal.sim.relief cimport Surface

cdef enum:
    ROCKS_NEAR = 24
    HULL_ROCKS = 4                       # that the model has bodies for (hal.sim.rover_model)


cdef struct Boulder:                     # an ellipsoid with one axis upright, site frame
    double centre_m[3]
    double semi_m[3]                     # along its heading, across, up
    double cos_heading
    double sin_heading
    double reach_m                       # its largest half axis

cdef struct Boulders:                    # a cache of the terrain's rocks: follows from seed and square
    uint64_t seed
    int64_t square_east                  # metres: of the square whose surroundings it holds
    int64_t square_north
    int count
    Boulder boulders[ROCKS_NEAR]

cdef struct HullWorld:                   # where MuJoCo keeps what the hull may meet
    double* place_m                      # mocap_pos: ground, then rocks
    double* turn                         # mocap_quat
    double* size_m                       # geom_size of the first rock


# Have the rocks about a place (site frame) in the cache.
cdef void boulders_about(Boulders* near, const Surface* surface, const double* place) noexcept nogil
# The plane in which a wheel (centre, unit axle, site frame) and a boulder touch or come nearest; returns the gap, negative inside.
cdef double boulder_plane(
    const Boulder* boulder, const double* place, const double* axle, double radius, double width, double* normal, double* offset
) noexcept nogil
# Put the four largest boulders into the hull's world.
cdef void hull_boulders(HullWorld* world, const Boulders* near) noexcept nogil
# Put a plane (n . p = offset) under a place, or take it away when it is more than `clear` below.
cdef void hull_ground(HullWorld* world, const double* place, const double* normal, double offset, double clear) noexcept nogil
