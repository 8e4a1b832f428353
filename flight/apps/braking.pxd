"""Main deceleration: explicit guidance from orbital speed to the gate above the target. The record `guidance.braking`."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from flight.apps.navigation cimport NavigationSolution


cdef struct BrakingPlan:                # tangents are those of the thrust's direction, as of `tick`, in the axes along, aside, up at the target
    double time_to_go_s
    double throttle                     # of full thrust
    double tangent
    double tangent_rate_1_s
    double aside
    double aside_rate_1_s
    double along[3]                     # unit vector of the flight over the ground at the target, site frame
    double target_m[2]                  # east and north of the place to come down on
    double miss_m                       # of the last prediction, position and velocity at the gate
    double miss_m_s
    int64_t tick
    uint32_t solutions
    uint32_t failures                   # predictions that led nowhere
    uint8_t valid
    uint8_t short                       # 1: full thrust is too weak to stop at the target, the distance is given up
    uint8_t pad[6]


cdef void braking_begin(BrakingPlan* p, const NavigationSolution* nav, int64_t tick) noexcept nogil    # axes, and a first guess
cdef void braking_solve(BrakingPlan* p, const NavigationSolution* nav, double mass_kg, int64_t tick, double tick_s, int most) noexcept nogil
cdef double braking_left_s(const BrakingPlan* p, int64_t tick, double tick_s) noexcept nogil
cdef void braking_direction(const BrakingPlan* p, int64_t tick, double tick_s, double* unit) noexcept nogil
