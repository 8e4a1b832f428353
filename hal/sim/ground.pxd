"""Ground: heights of soil and rocks on the map about the site, one by one or in a grid.

The map is azimuthal-equidistant about the site (`site_map` of hal.sim.site); heights are above the site's sphere. Wheel tracks are not
in them: see hal.sim.surface and hal.sim.tracks.
"""

from hal.sim.relief cimport Surface

# Height (m) at a map point with detail down to a footprint (m); `gradient` (towards east, towards north) may be NULL. Uses the surface's
# cache: for the loop's thread alone.
cdef double terrain_height(Surface* surface, double east, double north, double footprint, double* gradient) noexcept nogil
# The same; `rock` is set to 1 where a rock stands over the soil.
cdef double ground_height(Surface* surface, double east, double north, double footprint, double* gradient, int* rock) noexcept nogil
# The same bits from an empty cache, many times slower: touches nothing but the record, for any thread.
cdef double terrain_height_direct(Surface* surface, double east, double north, double footprint, double* gradient) noexcept nogil
# out[ny][nx]: heights at (east0 + i spacing, north0 + j spacing), those of terrain_height rounded to float. Touches nothing but the
# record, for any thread.
cdef void terrain_fill(
    const Surface* surface, double east0, double north0, double spacing, double footprint, int nx, int ny, float* out
) noexcept nogil
