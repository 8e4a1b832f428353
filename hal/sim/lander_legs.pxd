"""Lander legs: the lander near the ground, moved by MuJoCo: hand-over, legs, footpads, hull, rest."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.sim.ground_patch cimport GroundPatch
from hal.sim.lander_body cimport LanderActuation, LanderBody
from hal.sim.mujoco_model cimport Mujoco
from hal.sim.terrain cimport Surface

cdef enum:
    MUJOCO_STATE = 96                    # room for the model's integration state, which has 78 numbers

cdef enum Motion:                        # what physics does with the body
    FREE = 0
    HELD = 1                             # carried on at constant velocity until the tick of release
    PARKED = 2                           # landed, at rest, nothing fires
    WRECKED = 3                          # crashed, tipped over or lost
    NONE = 4                             # the bench has no flight dynamics

cdef enum Outcome:
    FLYING = 0
    LANDED = 1
    CRASHED = 2
    TIPPED = 3
    LOST = 4                             # MuJoCo warned: its state is not to be trusted


cdef struct LanderContact:               # record `lander.contact`: the memory of legs and ground
    int64_t release_tick
    int64_t still_ticks                  # at rest on three pads or more, so far
    double crush_m[4]                    # honeycomb crushed in each strut, for ever
    double patch_east_m                  # the point of the ground patch, while MuJoCo moves the body
    double patch_north_m
    double patch_base_m
    uint32_t warnings                    # of MuJoCo, as bits
    uint8_t motion
    uint8_t airborne                     # no pad touched in the last step
    uint8_t near                         # MuJoCo moves the body
    uint8_t pad

cdef struct LanderMujoco:                # record `lander.mujoco`
    double state[MUJOCO_STATE]           # MuJoCo's integration state (mjSTATE_INTEGRATION) at the end of the tick

cdef struct LanderContext:               # the wiring, and the figures of the body
    LanderBody* body
    LanderActuation* actuation
    LanderContact* contact
    LanderMujoco* mujoco
    Surface* surface
    Mujoco* ground                       # the model with contacts, and the one without: one state
    Mujoco* flight
    GroundPatch patch
    double started[MUJOCO_STATE]         # the integration state of a model that has not moved
    double step_s                        # length of a tick
    int substeps                         # in a tick with the ground within reach
    int settle_ticks                     # of rest until landed
    double handover_m                    # altitude below which MuJoCo takes over; it gives back a tenth higher
    double dry_mass_kg
    double dry_inertia_kg_m2[3]
    double inertia_per_kg_m2[3]
    double thruster_direction[28][3]
    double thruster_arm_m[28][3]         # position x direction: torque for each newton
    double pad_m[4][3]
    double altimeter_m[3]
    double leg_mass_kg
    double legs_centre_m                 # z of the legs' common centre of mass
    double legs_inertia_kg_m2[3]         # about the origin
    double strut_stiffness_n_m
    double strut_damping_n_s_m
    double strut_crush_n
    double stroke_cosine                 # of the strokes' angle from the body's z axis
    double limit_vertical_m_s
    double limit_horizontal_m_s

cdef struct Load:                        # of the actuators, constant over a tick
    double force_n[3]                    # body frame
    double torque_n_m[3]
    double mass_kg
    double inertia_kg_m2[3]


# Move the body on by a tick with MuJoCo, taking it over first where need be.
cdef void legs_move(LanderContext* c, const Load* load, int64_t tick) noexcept nogil
# Give the body back to whoever flies it: its record holds the state already.
cdef void legs_leave(LanderContext* c) noexcept nogil
# How fast the footpad plane's middle comes down on the ground, and along it (m/s).
cdef void footpad_speed(LanderContext* c, double* vertical, double* horizontal) noexcept nogil
# The first touch of a flight: noted the first time, a crash where the legs cannot bear it.
cdef void legs_touch(LanderContext* c, double vertical, double horizontal, int64_t tick) noexcept nogil
# At rest: angle of body z from the ground's normal.
cdef void legs_rest(LanderContext* c) noexcept nogil
