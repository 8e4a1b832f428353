"""Render solids: triangles over a picture that has depths already."""

from libc.stdint cimport int32_t, int64_t

from hal.sim.render_view cimport View


# Triangles of corners (x px, y px, nearness), nearness even across the picture: each pixel keeps the nearest, and whose it is.
cdef void raster(const double* corners, int64_t count, float* nearness, int32_t* whose, int64_t width, int64_t height) noexcept nogil
# Light the pixels of some rows, of which nearness and whose are, that belong to triangles: `sunlit` when the Sun reaches them, `shaded`
# always; depths follow.
cdef void shade_solids(
    const View* v, const float* nearness, const int32_t* whose, const float* sunlit, const float* shaded, int64_t first_row, int64_t end_row
) noexcept nogil
