"""Render rays: where each pixel's ray meets the ground."""

from hal.sim.render_view cimport View


cdef int strips_of(const View* v) noexcept nogil
cdef void trace_strip(const View* v, int strip) noexcept nogil
cdef float ground_light(const View* v, double x, double y, double z) noexcept nogil       # 0 where the ground shades a point, from the camera
