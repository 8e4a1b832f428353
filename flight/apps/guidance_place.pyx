# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (fixed-size C arrays and pointers only; every divisor is bounded away from zero where it stands)
"""The place to come down on: the hover at 100 m with its image, and the way from there to 30 m above the place."""

from libc.math cimport fabs, fmin, sqrt
from libc.stdint cimport int64_t, uint8_t

from flight.apps.attitude cimport dot
from flight.apps.guidance cimport PHASE_AVOIDANCE, PHASE_SLOW_DESCENT, GuidanceContext, GuidanceState, age_cycles, enter, lead
from flight.apps.guidance_checks cimport confirmed_below, runs_dry
from flight.apps.hazard_place cimport HazardPlace
from flight.apps.navigation cimport NavigationSolution
from flight.ports cimport event_raise

from flight import lander_geometry as geometry

cdef double SLOW_ALTITUDE_M = geometry.SLOW_DESCENT_ALTITUDE_M
cdef double DRY_MASS_KG = geometry.DRY_MASS_KG
cdef double DETECTION_ALTITUDE_M = geometry.DETECTION_ALTITUDE_M
cdef int64_t IMAGE_CYCLES = 120              # to wait for a place: the published hover is 16 s
cdef unsigned int SETTLE_CYCLES = 15         # at rest above the place before an image is asked for
cdef unsigned int IMAGE_RETRY_CYCLES = 35    # before another is asked for
cdef int64_t AVOID_CYCLES = 600
cdef double ARRIVED_M = 2.0                  # off the place
cdef double PLAUSIBLE_M = 45.0               # the image reaches 27 m from its middle
cdef uint8_t MOST_LOOKS = 1                  # further images, when the first shows no good place


cdef bint tell_of_last(GuidanceContext* c, int64_t tick) noexcept nogil:
    """Whether what is left is what the rest of the way takes; told once."""
    cdef double left = c.state.uploaded_kg - DRY_MASS_KG - c.demand.propellant_used_kg
    if not runs_dry(c):
        return False
    if not c.state.low_told:
        c.state.low_told = 1
        event_raise(c.ports, tick, c.event_propellant, 1, &left)
    return True


cdef void choose(GuidanceContext* c, int64_t tick, uint8_t how) noexcept nogil:
    cdef double values[3]
    c.state.place_known = how
    values[0], values[1], values[2] = c.demand.held_position_m[0], c.demand.held_position_m[1], how
    event_raise(c.ports, tick, c.event_place, 3, values)


cdef inline double far_from(const NavigationSolution* nav, const double* place_m) noexcept nogil:
    cdef double east = place_m[0] - nav.position_m[0], north = place_m[1] - nav.position_m[1]
    return sqrt(east * east + north * north)


cdef inline double off_place(GuidanceContext* c) noexcept nogil:
    return far_from(c.nav, c.demand.held_position_m)


cdef void detect(GuidanceContext* c, int64_t tick) noexcept nogil:
    """Hover at 100 m: an image when at rest, and on to the place that it shows, or to a second image from there; by
    command to another place; without an image to the first."""
    cdef NavigationSolution* nav = c.nav
    cdef GuidanceState* s = c.state
    cdef HazardPlace* place = c.place
    cdef bint late = age_cycles(c, tick, s.phase_tick) >= IMAGE_CYCLES * (1 + 2 * s.looks)
    if dot(nav.velocity_m_s, nav.velocity_m_s) < 0.6 * 0.6 and fabs(nav.altitude_m - DETECTION_ALTITUDE_M) < 8.0 and off_place(c) < 4.0:
        s.settled_cycles += s.settled_cycles < 1000
    else:
        s.settled_cycles = 0
    if s.settled_cycles % IMAGE_RETRY_CYCLES == SETTLE_CYCLES and c.laser != NULL and not s.place_known:
        s.image_request += 1
        c.laser.request = s.image_request
    if not s.place_known and place != NULL and s.image_request and place.request == s.image_request and place.images != s.images:
        s.images = place.images
        if (place.verdict == 1 or place.verdict == 2) and place.offset_m < PLAUSIBLE_M and far_from(nav, place.place_m) < PLAUSIBLE_M:
            c.demand.held_position_m[0], c.demand.held_position_m[1] = place.place_m[0], place.place_m[1]
            if place.verdict == 1 or s.looks >= MOST_LOOKS:
                choose(c, tick, 2)
            else:                                                # nothing good in sight: to where it is least bad, and look again
                s.looks += 1
                s.settled_cycles = 0
    if not s.place_known and (late or tell_of_last(c, tick)):
        choose(c, tick, 2 if s.looks else 3)
    if s.place_known and (s.settled_cycles or s.low_told or late or s.place_known == 2):
        lead(c.demand, SLOW_ALTITUDE_M, 1.5, 0.1, 2.5)
        enter(c, tick, PHASE_AVOIDANCE)


cdef void avoid(GuidanceContext* c, int64_t tick) noexcept nogil:
    cdef double off = off_place(c)
    # The nearer to the ground, the nearer to the place: it waits at 40 m until it is there.
    c.state.settled_cycles |= off < ARRIVED_M or age_cycles(c, tick, c.state.phase_tick) >= AVOID_CYCLES or tell_of_last(c, tick)
    c.demand.floor_m = SLOW_ALTITUDE_M if c.state.settled_cycles else SLOW_ALTITUDE_M + fmin(10.0 + off, 60.0)
    c.demand.floor_m_s = 1.5 if c.state.settled_cycles else 0.0
    if c.state.settled_cycles and confirmed_below(c, tick, SLOW_ALTITUDE_M + 0.5):
        c.demand.holds_place = 0
        enter(c, tick, PHASE_SLOW_DESCENT)
