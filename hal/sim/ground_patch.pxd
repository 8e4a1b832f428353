"""GroundPatch: a square of terrain about a point, as MuJoCo's height field, and the frame it lies in.

The patch's frame has its origin on the map point (east_m, north_m), base_m above the site's sphere, z along the local vertical and the
other axes turned there from the site's by the shortest turn. The heights follow from the terrain's seed and the point alone: whoever
keeps those keeps the patch.
"""

from libc.stdint cimport uint64_t

from hal.sim.mujoco_model cimport Mujoco
from hal.sim.terrain cimport Surface

cdef enum:
    PATCH_POSTS = 113                    # along each side


cdef struct GroundPatch:                 # the wiring, and caches of what follows from the point and the seed
    Surface* surface
    float* heights                       # of the height field: parts of depth_m
    double spacing_m                     # between posts
    double depth_m
    double east_m                        # the point of the frame below
    double north_m
    double base_m
    double origin_m[3]                   # site frame
    double quaternion_site_from_patch[4]
    double filled_east_m                 # the point and the seed of the heights
    double filled_north_m
    double filled_base_m
    uint64_t filled_seed                 # 0 is none
    int filled_rows                      # so many of them are there

# Set the wiring for a model whose first height field has PATCH_POSTS x PATCH_POSTS posts.
cdef void patch_wire(GroundPatch* p, Surface* surface, Mujoco* m, double spacing_m, double depth_m) noexcept nogil
# A point for a patch below a position of the site frame: on the lattice of posts, with the ground in the middle of the depth.
cdef void patch_below(GroundPatch* p, const double* position, double* east_m, double* north_m, double* base_m) noexcept nogil
# Bring the frame to that point.
cdef void patch_frame(GroundPatch* p, double east_m, double north_m, double base_m) noexcept nogil
# Bring the heights to the frame's point, so many rows more of them; each takes some 0.1 ms. Without effect when all are there.
cdef void patch_fill(GroundPatch* p, int rows) noexcept nogil
# Unit normal (patch frame) of the plane fitted to the posts within a radius of (x, y), which must lie inside the patch.
cdef void patch_normal(const GroundPatch* p, double x, double y, double radius_m, double* normal) noexcept nogil
