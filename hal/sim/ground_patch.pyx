# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""GroundPatch: a square of terrain about a point, as MuJoCo's height field, and the frame it lies in.

Between posts the ground is MuJoCo's: two triangles a cell. Detail finer than the spacing is not in it, nor are wheel tracks. Heights
outside the depth are cut. East and north of the map are taken for the frame's x and y, which is true to 1 part in 10^4 within 40 km of
the site.
"""

from libc.math cimport cos, floor, hypot, sin, sqrt
from libc.stdint cimport uint64_t

from hal.sim.mujoco_model cimport Mujoco
from hal.sim.site cimport SITE_RADIUS, site_map
from hal.sim.terrain cimport Surface, terrain_fill, terrain_height


cdef void patch_wire(GroundPatch* p, Surface* surface, Mujoco* m, double spacing_m, double depth_m) noexcept nogil:
    p.surface, p.heights = surface, m.hfield_data
    p.spacing_m, p.depth_m = spacing_m, depth_m
    p.filled_seed = 0
    p.east_m = p.north_m = p.base_m = 0.0
    patch_turn(p)


cdef void patch_below(GroundPatch* p, const double* position, double* east_m, double* north_m, double* base_m) noexcept nogil:
    cdef double east, north
    site_map(position, &east, &north)
    # On one lattice for all patches, so that a patch that moves finds the posts where they were.
    east_m[0] = p.spacing_m * floor(east / p.spacing_m + 0.5)
    north_m[0] = p.spacing_m * floor(north / p.spacing_m + 0.5)
    base_m[0] = floor(terrain_height(p.surface, east_m[0], north_m[0], 1.0, NULL) - 0.5 * p.depth_m)


cdef void patch_turn(GroundPatch* p) noexcept nogil:
    """Origin and attitude of the frame from its point."""
    cdef double distance = hypot(p.east_m, p.north_m)
    cdef double angle = distance / SITE_RADIUS
    cdef double across = sin(angle) / distance if distance > 0.0 else 0.0
    cdef double half = sin(0.5 * angle), x = across * p.east_m, y = across * p.north_m, up = 1.0 - 2.0 * half * half
    cdef double size = 1.0 / sqrt((1.0 + up) * (1.0 + up) + x * x + y * y)
    p.origin_m[0] = x * (SITE_RADIUS + p.base_m)
    p.origin_m[1] = y * (SITE_RADIUS + p.base_m)
    p.origin_m[2] = up * p.base_m - 2.0 * SITE_RADIUS * half * half
    p.quaternion_site_from_patch[0] = size * (1.0 + up)
    p.quaternion_site_from_patch[1] = -size * y
    p.quaternion_site_from_patch[2] = size * x
    p.quaternion_site_from_patch[3] = 0.0


cdef void patch_frame(GroundPatch* p, double east_m, double north_m, double base_m) noexcept nogil:
    if east_m != p.east_m or north_m != p.north_m or base_m != p.base_m:
        p.east_m, p.north_m, p.base_m = east_m, north_m, base_m
        patch_turn(p)


cdef void patch_fill(GroundPatch* p, int rows) noexcept nogil:
    cdef uint64_t seed = p.surface.state.seed
    cdef double half = 0.5 * (PATCH_POSTS - 1) * p.spacing_m, share = 1.0 / p.depth_m, x, y, height
    cdef float* post
    cdef int row, column, last
    if p.filled_seed != seed or p.filled_east_m != p.east_m or p.filled_north_m != p.north_m or p.filled_base_m != p.base_m:
        p.filled_seed, p.filled_east_m, p.filled_north_m, p.filled_base_m = seed, p.east_m, p.north_m, p.base_m
        p.filled_rows = 0
    if p.filled_rows == PATCH_POSTS:
        return
    last = min(PATCH_POSTS, p.filled_rows + rows)
    post = p.heights + p.filled_rows * PATCH_POSTS
    y = p.filled_rows * p.spacing_m - half
    terrain_fill(p.surface, p.east_m - half, p.north_m + y, p.spacing_m, p.spacing_m, PATCH_POSTS, last - p.filled_rows, post)
    for row in range(p.filled_rows, last):
        y = row * p.spacing_m - half
        for column in range(PATCH_POSTS):
            x = column * p.spacing_m - half
            # The frame's plane rises above the sphere away from its origin.
            height = share * (post[0] - p.base_m - (x * x + y * y) / (2.0 * SITE_RADIUS))
            post[0] = <float>(0.0 if height < 0.0 else 1.0 if height > 1.0 else height)
            post += 1
    p.filled_rows = last


cdef void patch_normal(const GroundPatch* p, double x, double y, double radius_m, double* normal) noexcept nogil:
    cdef double half = 0.5 * (PATCH_POSTS - 1), dx, dy, z
    cdef double n = 0.0, sx = 0.0, sy = 0.0, sz = 0.0, xx = 0.0, xy = 0.0, yy = 0.0, xz = 0.0, yz = 0.0
    cdef double determinant, size
    cdef int row, column, steps = <int>(radius_m / p.spacing_m) + 1
    cdef int middle_row = <int>floor(y / p.spacing_m + half + 0.5), middle_column = <int>floor(x / p.spacing_m + half + 0.5)
    for row in range(max(0, middle_row - steps), min(PATCH_POSTS, middle_row + steps + 1)):
        for column in range(max(0, middle_column - steps), min(PATCH_POSTS, middle_column + steps + 1)):
            dx, dy = (column - half) * p.spacing_m - x, (row - half) * p.spacing_m - y
            if dx * dx + dy * dy > radius_m * radius_m:
                continue
            z = p.depth_m * p.heights[row * PATCH_POSTS + column]
            n, sx, sy, sz = n + 1.0, sx + dx, sy + dy, sz + z
            xx, xy, yy, xz, yz = xx + dx * dx, xy + dx * dy, yy + dy * dy, xz + dx * z, yz + dy * z
    normal[0] = normal[1] = 0.0
    normal[2] = 1.0
    if n < 3.0:
        return
    xx, xy, yy = xx - sx * sx / n, xy - sx * sy / n, yy - sy * sy / n
    xz, yz = xz - sx * sz / n, yz - sy * sz / n
    determinant = xx * yy - xy * xy
    if determinant <= 0.0:
        return
    normal[0], normal[1] = -(xz * yy - yz * xy) / determinant, -(yz * xx - xz * xy) / determinant
    size = 1.0 / sqrt(1.0 + normal[0] * normal[0] + normal[1] * normal[1])
    normal[0], normal[1], normal[2] = size * normal[0], size * normal[1], size
