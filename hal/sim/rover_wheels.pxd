"""The rover's wheels on whatever is under them: contact planes once a tick, forces and spin at every step of the body."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.sim.mujoco_model cimport Mujoco
from hal.sim.ramp cimport Plate, Ramp
from hal.sim.rover_body cimport RampLoad, RoverActuation, RoverBody
from hal.sim.soil cimport Soil
from hal.sim.relief cimport Surface
from hal.sim.rover_obstacles cimport Boulders, HullWorld

cdef enum:
    WHEELS = 6
    CARRIERS = 4
    STATE = 160                          # doubles kept for MuJoCo's integration state

cdef enum Kind:                          # RoverBody.wheel_surface
    NOTHING = 0
    SOIL = 1
    ROCK = 2
    RAMP = 3


cdef struct MadeGround:                  # record `rover.ground`: a plane and one rock instead of the terrain, for measuring
    double gradient[2]                   # towards east and north
    double rock_m[3]                     # middle of a ball, site frame
    double rock_radius_m                 # 0: none
    uint8_t made                         # 0: the terrain
    uint8_t pad[7]

cdef struct RoverPhysics:                # record `rover.physics`: what the body remembers beyond its pose
    double state[STATE]
    double mobilised[12]                 # of the soil under each wheel, forward and left
    double lean[6]
    double firm_mobilised[12]            # of rock or ramp under each wheel
    double still_torque_n_m[6]           # when it came to rest
    double still_angle_rad[4]
    int64_t still_ticks
    uint32_t warnings                    # of MuJoCo, as bits; any of them ends the motion
    uint8_t parked
    uint8_t left_ramp                    # all wheels have stood on the ground
    uint8_t pad[2]

cdef struct Contact:                     # of one wheel, for one tick
    double normal[3]                     # of the soil's plane: a point p is n . p - d above it
    double offset_m
    double rock_normal[3]
    double rock_offset_m
    uint8_t rock                         # whether there is one within reach
    double east_m                        # of the wheel on the map
    double north_m
    double heading_rad                   # from east towards north
    Plate plate

cdef struct WheelWork:                   # what a tick adds up
    double normal_n
    double forward_n
    double speed_m_s
    double rim_m_s
    double sinkage_m
    uint8_t kind

cdef struct RoverContext:
    RoverBody* body
    RoverActuation* actuation
    RampLoad* load
    RoverPhysics* physics
    MadeGround* ground
    Soil* soil
    Surface* surface
    Ramp ramp
    Boulders near
    HullWorld hull
    Mujoco* mujoco
    const double* velocity               # MuJoCo's cvel: nbody x (rotation, translation at the rover's centre of mass)
    const double* centre                 # MuJoCo's subtree_com of the chassis
    int carrier[WHEELS]                  # body that each wheel hangs on
    int steering[WHEELS]                 # its steering gear; -1: none
    double offset_m[WHEELS][3]           # of the wheel's centre in its carrier's frame
    double radius_m
    double width_m
    double wheel_inertia_kg_m2
    double spin_inertia_kg_m2            # with the rotor behind the gear
    double friction
    double guide_play_m
    double guide_height_m
    double step_s
    double tick_s
    int substeps
    int joint[4]                         # where each suspension joint is in qpos, in the order of RoverBody.suspension_rad
    double aboard_m[3]                   # the body's origin in the ramp's frame, held on the deck
    double tipped_rad
    double hull_clear_m                  # height of the origin above the ground below which hull and ground may touch
    const uint8_t* released
    double built[STATE]                  # MuJoCo's integration state as built
    Contact contact[WHEELS]
    WheelWork work[WHEELS]


# The rocks about the body where its record has it, and what its hull may meet. Once a tick, before MuJoCo looks for contacts.
cdef void find_obstacles(RoverContext* c) noexcept nogil
# The planes under all wheels where MuJoCo's last kinematics have them.
cdef void find_ground(RoverContext* c) noexcept nogil
# Forces of one step onto the carriers, and the wheels' spin.
cdef void wheels_step(RoverContext* c) noexcept nogil
# Leave the wheels' marks in the soil. Once a tick.
cdef void press_tracks(RoverContext* c) noexcept nogil
# Height (m) of the soil at a map point, and its gradient, which may be NULL.
cdef double ground_height(RoverContext* c, double east, double north, double footprint, double* gradient) noexcept nogil
