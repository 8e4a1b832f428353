# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Ramp: the lander's deck and the two rails in front of it, as planes in the site frame under a rover's wheels.

The deck is part of the lander and leans with it. Each rail hangs on the deck's front edge and rests with its end on the ground that is
really there, so that the two may differ; a rail is straight, rigid, and as thin as its end is. The figures are choices of ours
(hal.sim.rover_figures): no drawing of the mechanism has been found.

What this does not simulate: rails on their way down (they bear nothing before they are down), bending, feet that dig in, the edges of the
deck: a wheel whose axle has passed an edge stands on nothing.
"""

from libc.math cimport asin, cos, fabs, fmax, fmin, sin
from libc.string cimport memcmp, memcpy

from hal.sim.rover_body cimport RampBody
from hal.sim.site cimport rotate, site_map
from hal.sim.terrain cimport terrain_height

cdef double DOWN = 0.999
cdef double FOOTPRINT_M = 0.3
cdef double STEEPEST_RAD = 0.7
cdef double ON_TOP_M = 0.1                         # a wheel whose centre is not that far above a plate is beside or under it


cdef inline double dot(const double* a, const double* b) noexcept nogil:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


cdef inline double side_of(int k) noexcept nogil:
    return 1.0 if k == 0 else -1.0


cdef void lower(Ramp* ramp, int k) noexcept nogil:
    """The slope at which the end of a rail meets the ground: fixed-point steps on the height that it must bridge."""
    cdef RailState* rails = ramp.rails
    cdef double slope = 0.4, along, down, gap, east, north
    cdef int n, i
    for n in range(12):
        along = ramp.hinge_m + ramp.rail_length_m * cos(slope)
        down = ramp.deck_z_m - ramp.rail_length_m * sin(slope)
        for i in range(3):
            rails.ground_m[k][i] = (ramp.origin_m[i] + along * ramp.axes[0][i] + side_of(k) * ramp.rail_middle_m * ramp.axes[1][i]
                                    + down * ramp.axes[2][i])
        gap = site_map(rails.ground_m[k], &east, &north) - terrain_height(ramp.surface, east, north, FOOTPRINT_M, NULL)
        if fabs(gap) < 1e-4:
            break
        slope = asin(fmax(-0.99, fmin(0.99, sin(slope) + gap / ramp.rail_length_m)))
        slope = fmax(-0.1, fmin(STEEPEST_RAD, slope))
    rails.slope_rad[k] = slope


cdef void ramp_update(Ramp* ramp) noexcept nogil:
    cdef RailState* rails = ramp.rails
    cdef double unit[3]
    cdef double turned[3]
    cdef int i, k
    for k in range(3):
        unit[0] = unit[1] = unit[2] = 0.0
        unit[k] = 1.0
        rotate(ramp.turn, unit, turned)
        rotate(ramp.lander.quaternion_site_from_body, turned, ramp.axes[k])
    memcpy(ramp.origin_m, ramp.lander.position_m, sizeof(ramp.origin_m))
    if ramp.body.extension < DOWN:
        rails.down = 0
    elif not rails.down or memcmp(rails.placed_at_m, ramp.lander.position_m, sizeof(rails.placed_at_m)) != 0:
        lower(ramp, 0)
        lower(ramp, 1)
        memcpy(rails.placed_at_m, ramp.lander.position_m, sizeof(rails.placed_at_m))
        rails.down = 1


cdef void ramp_under(const Ramp* ramp, const double* point, Plate* plate) noexcept nogil:
    cdef double arm[3]
    cdef double along, across, up, c, s, reach
    cdef bint deck, rail
    cdef int i, k
    plate.kind = NO_PLATE
    for i in range(3):
        arm[i] = point[i] - ramp.origin_m[i]
    along, across, up = dot(arm, ramp.axes[0]), dot(arm, ramp.axes[1]), dot(arm, ramp.axes[2])
    if along > ramp.hinge_m + ramp.rail_length_m + 1.0 or along < ramp.deck_rear_m:
        return
    deck = along <= ramp.hinge_m + 0.2 and fabs(across) < ramp.deck_half_width_m and up > ramp.deck_z_m + ON_TOP_M
    k = 0 if across > 0.0 else 1
    rail = ramp.rails.down and along > ramp.hinge_m - 0.3 and fabs(across - side_of(k) * ramp.rail_middle_m) < ramp.rail_half_width_m
    if rail:
        c, s = cos(ramp.rails.slope_rad[k]), sin(ramp.rails.slope_rad[k])
        reach = (along - ramp.hinge_m) * c - (up - ramp.deck_z_m) * s
        for i in range(3):
            plate.rail_normal[i] = s * ramp.axes[0][i] + c * ramp.axes[2][i]
            plate.left[i] = ramp.axes[1][i]
        plate.rail_offset_m = (dot(plate.rail_normal, ramp.origin_m) + s * ramp.hinge_m + c * ramp.deck_z_m)
        plate.middle_m = dot(plate.left, ramp.origin_m) + side_of(k) * ramp.rail_middle_m
        rail = reach < ramp.rail_length_m and dot(plate.rail_normal, point) > plate.rail_offset_m + ON_TOP_M
    if deck and not rail and along > ramp.hinge_m:
        deck = False
    if deck:
        for i in range(3):
            plate.normal[i] = ramp.axes[2][i]
        plate.offset_m = dot(plate.normal, ramp.origin_m) + ramp.deck_z_m
        plate.kind = CREST if rail else DECK
    elif rail:
        for i in range(3):
            plate.normal[i] = plate.rail_normal[i]
        plate.offset_m = plate.rail_offset_m
        plate.kind = RAIL


cdef bint ramp_above(const Ramp* ramp, const double* point, double clearance) noexcept nogil:
    cdef double arm[3]
    cdef double along, across, up, plate
    cdef int i, k
    for i in range(3):
        arm[i] = point[i] - ramp.origin_m[i]
    along, across, up = dot(arm, ramp.axes[0]), dot(arm, ramp.axes[1]), dot(arm, ramp.axes[2])
    if along < ramp.deck_rear_m - 1.5 or along > ramp.hinge_m + ramp.rail_length_m or fabs(across) > ramp.deck_half_width_m + 1.5:
        return False
    k = 0 if across > 0.0 else 1
    plate = ramp.deck_z_m
    if along > ramp.hinge_m and ramp.rails.down:
        plate -= (along - ramp.hinge_m) * sin(ramp.rails.slope_rad[k]) / cos(ramp.rails.slope_rad[k])
    elif along > ramp.hinge_m + 1.0:
        return False
    return up < plate - clearance
