"""Contact: what the ground does to the lander's four footpads and its hull, in one tick near the ground."""

from libc.stdint cimport int64_t, uint8_t

from hal.sim.lander_body cimport LanderActuation, LanderBody
from hal.sim.terrain cimport Surface

cdef enum:
    HULL_POINTS = 9

cdef enum Motion:                        # what physics does with the body
    FREE = 0
    HELD = 1                             # carried on at constant velocity until the tick of release
    PARKED = 2                           # landed, at rest, nothing fires
    WRECKED = 3                          # crashed or tipped over
    NONE = 4                             # the bench has no flight dynamics

cdef enum Outcome:
    FLYING = 0
    LANDED = 1
    CRASHED = 2
    TIPPED = 3


cdef struct LanderContact:               # record `lander.contact`: the memory of struts and ground
    int64_t release_tick
    int64_t still_ticks                  # at rest on three pads or more, so far
    double crush_m[4]                    # honeycomb crushed in each strut, for ever
    double bristle_m[12]                 # elastic slip of each pad, site frame
    uint8_t motion
    uint8_t airborne                     # no pad touched in the last step
    uint8_t pad[6]

cdef struct LanderContext:               # the wiring, and the figures of the body
    LanderBody* body
    LanderActuation* actuation
    LanderContact* contact
    Surface* surface
    double step_s                        # length of a tick
    int substeps                         # of about a millisecond, near the ground
    int settle_ticks                     # of rest until landed
    double dry_mass_kg
    double dry_inertia_kg_m2[3]
    double inertia_per_kg_m2[3]
    double thruster_direction[28][3]
    double thruster_arm_m[28][3]         # position x direction: torque for each newton
    double pad_m[4][3]
    double hull_m[9][3]
    double altimeter_m[3]
    double limit_vertical_m_s
    double limit_horizontal_m_s

cdef struct Load:                        # of the actuators, constant over a tick
    double force_n[3]                    # body frame
    double torque_n_m[3]
    double mass_kg
    double inertia_kg_m2[3]

cdef struct Ground:                      # the plane under each pad
    double gap_m[4]                      # of the pad's sole above it, at the start of the tick
    double normal[4][3]
    double top_m                         # highest of the four above the site's sphere


# The planes under the pads; returns the smallest gap.
cdef double ground_under_pads(LanderContext* c, Ground* ground) noexcept nogil
# Move the body on by a tick with the pads within reach of the ground.
cdef void contact_step(LanderContext* c, const Load* load, const Ground* ground, int64_t tick) noexcept nogil
# Whether any part that must not touch the ground does.
cdef bint hull_touches(LanderContext* c, const Ground* ground) noexcept nogil
