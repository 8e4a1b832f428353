"""Surface: what a wheel, a pad or a hull asks of the ground at one point."""

from hal.sim.relief cimport Surface

cdef enum:                      # SurfacePoint.kind; RoverBody.wheel_surface uses the same numbers
    GROUND_SOIL = 1
    GROUND_ROCK = 2


cdef struct SurfacePoint:
    double height_m             # above the site's sphere at the map point: soil less the ruts in it, or rock
    double normal[3]            # unit vector out of the ground, site frame; the ruts' own walls are left out
    double rut_m                # depth of the wheel tracks below the undisturbed soil, 0 on rock
    int kind


# The ground at a map point with detail down to a footprint (m). Uses the surface's cache: for the loop's thread alone.
cdef void surface_query(Surface* surface, double east, double north, double footprint, SurfacePoint* out) noexcept nogil
