# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Ground: heights of soil and rocks on the map about the site, one by one or in a grid."""

from hal.sim.relief cimport PATCH, SmallCache, relief_height, relief_on_stack
from hal.sim.relief_patch cimport relief_patch
from hal.sim.rocks cimport rocks_lift, rocks_patch

cdef double ground_height(Surface* surface, double east, double north, double footprint, double* gradient, int* rock) noexcept nogil:
    cdef double g[2]
    cdef double height
    east += surface.state.origin_east_m
    north += surface.state.origin_north_m
    height = relief_height(surface, east, north, footprint, g)
    height = rocks_lift(surface, east, north, footprint, height, g, rock) - surface.state.datum_m
    if gradient != NULL:
        gradient[0], gradient[1] = g[0], g[1]
    return height


cdef double terrain_height(Surface* surface, double east, double north, double footprint, double* gradient) noexcept nogil:
    cdef int rock
    return ground_height(surface, east, north, footprint, gradient, &rock)


cdef double terrain_height_direct(Surface* surface, double east, double north, double footprint, double* gradient) noexcept nogil:
    cdef SmallCache cache
    cdef Surface local
    relief_on_stack(&local, surface, &cache)
    return terrain_height(&local, east, north, footprint, gradient)


cdef void terrain_fill(
    const Surface* surface, double east0, double north0, double spacing, double footprint, int nx, int ny, float* out
) noexcept nogil:
    """Patch by patch, each crater and rock once; node by node where nodes lie far wider apart than the footprint."""
    cdef SmallCache cache
    cdef Surface local
    cdef double east[PATCH]
    cdef double north[PATCH]
    cdef double heights[PATCH * PATCH]
    cdef int west, south, i, j, columns, rows
    relief_on_stack(&local, surface, &cache)
    for south in range(0, ny, 66):
        rows = PATCH if south + PATCH < ny else ny - south
        for j in range(rows):
            north[j] = (north0 + <double>(south + j) * spacing) + local.state.origin_north_m
        for west in range(0, nx, 66):
            columns = PATCH if west + PATCH < nx else nx - west
            for i in range(columns):
                east[i] = (east0 + <double>(west + i) * spacing) + local.state.origin_east_m
            if relief_patch(&local, east, north, columns, rows, footprint, heights):
                rocks_patch(&local, east, north, columns, rows, footprint, heights)
                for j in range(rows):
                    for i in range(columns):
                        out[<size_t>(south + j) * nx + west + i] = <float>(heights[j * columns + i] - local.state.datum_m)
                continue
            for j in range(south, south + rows):
                for i in range(west, west + columns):
                    out[<size_t>j * nx + i] = <float>terrain_height(
                        &local, east0 + <double>i * spacing, north0 + <double>j * spacing, footprint, NULL
                    )
