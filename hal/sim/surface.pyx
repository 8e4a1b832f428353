# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Surface: what a wheel, a pad or a hull asks of the ground at one point: height, normal, kind, rut.

Soil is lowered by the wheel tracks in it (hal.sim.tracks), rocks are rigid and keep none. The normal is that of the ground without
ruts, turned from the local vertical of the map point into the site frame (first order in distance over the Moon's radius: good to 1e-7
within 500 m). Ramps and other things of ours that stand on the ground are not in here.
"""

from libc.math cimport sqrt

from hal.sim.ground cimport ground_height
from hal.sim.relief cimport Surface, share_of
from hal.sim.site cimport SITE_RADIUS
from hal.sim.tracks cimport rut

cdef double RUT_WIDTH_M = 0.15              # of the narrowest rut: a footprint wider than that sees none


cdef void surface_query(Surface* surface, double east, double north, double footprint, SurfacePoint* out) noexcept nogil:
    cdef double g[2]
    cdef double share = share_of(RUT_WIDTH_M, 1.0 / (footprint if footprint > 1e-6 else 1e-6)), x, y, z, length
    cdef int rock
    out.height_m = ground_height(surface, east, north, footprint, g, &rock)
    out.kind = GROUND_ROCK if rock else GROUND_SOIL
    out.rut_m = 0.0
    if not rock and share > 0.0 and surface.tracks != NULL:
        out.rut_m = share * rut(surface.tracks, east, north)
        out.height_m -= out.rut_m
    x, y = east / SITE_RADIUS, north / SITE_RADIUS
    length = 1.0 / sqrt(1.0 + g[0] * g[0] + g[1] * g[1])
    x, y, z = (x - g[0]) * length, (y - g[1]) * length, (1.0 + g[0] * x + g[1] * y) * length
    length = 1.0 / sqrt(x * x + y * y + z * z)
    out.normal[0], out.normal[1], out.normal[2] = x * length, y * length, z * length
