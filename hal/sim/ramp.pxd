"""Ramp: the lander's deck and the two rails in front of it, as planes in the site frame under a rover's wheels."""

from libc.stdint cimport int64_t, uint8_t

from hal.sim.lander_body cimport LanderBody
from hal.sim.rover_body cimport RampBody
from hal.sim.terrain cimport Surface

cdef enum:                               # what a wheel stands over
    NO_PLATE = 0
    DECK = 1
    RAIL = 2
    CREST = 3                            # near the hinge: both


cdef struct RailState:                   # record `ramp.rails`
    double slope_rad[2]                  # of the left and the right rail below the deck's plane; 0 when not down
    double ground_m[2][3]                # where they rest on the ground, site frame
    double placed_at_m[3]                # the lander's position that this holds for
    uint8_t down
    uint8_t pad[7]

cdef struct Ramp:                        # the wiring, and the figures
    const LanderBody* lander
    const RampBody* body
    RailState* rails
    Surface* surface
    double turn[4]                       # lander's body frame from the ramp's, a turn about z
    double deck_z_m
    double deck_rear_m
    double deck_half_width_m
    double hinge_m
    double rail_length_m
    double rail_half_width_m
    double rail_middle_m
    double axes[3][3]                    # of the ramp's frame in the site frame: along, left, up
    double origin_m[3]

cdef struct Plate:                       # firm planes under a point; a point p is n . p - d above one
    int kind
    double normal[3]                     # of the deck, or of the rail alone
    double offset_m
    double rail_normal[3]                # at the crest, of the rail
    double rail_offset_m
    double left[3]                       # across the rail
    double middle_m                      # left . p of the rail's middle


# Follow the lander's pose, and let the rails down on the ground once they are extended. Once a tick, before `ramp_under`.
cdef void ramp_update(Ramp* ramp) noexcept nogil
# What of the ramp is under a point (site frame) that is above it.
cdef void ramp_under(const Ramp* ramp, const double* point, Plate* plate) noexcept nogil
# Whether a point on the ground lies below deck or rails by so much that only a fall leads there.
cdef bint ramp_above(const Ramp* ramp, const double* point, double clearance) noexcept nogil
