# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (fixed-size C arrays and pointers only; every divisor is bounded away from zero where it stands)
"""Confirmations: what guidance must know before it does what cannot be taken back (faults C.3 rule R2)."""

from libc.math cimport fabs, fmax, fmin, sqrt
from libc.stdint cimport int64_t, uint8_t

from flight.apps.attitude cimport dot
from flight.apps.guidance cimport (
    EVIDENCE_ALTITUDE,
    EVIDENCE_LEGS,
    EVIDENCE_REST,
    PHASE_HOVER,
    GuidanceContext,
    GuidanceState,
)
from flight.apps.navigation cimport DEGRADED_ALTITUDE, NavigationSolution
from hal.legs cimport LegsReading
from hal.reading cimport VALID

from flight import lander_geometry as geometry

cdef double DRY_MASS_KG = geometry.DRY_MASS_KG
cdef double LEGS_ALTITUDE_M = 12.0
cdef double BROKEN_ALTITUDE_M = 20.0
cdef int64_t FRESH_TICKS = 30                # a shot older than this is no second confirmation
cdef double FLOW_KG_S = 0.75                 # of an engine that carries the lander, and a little more
cdef double FALL_M_S = 11.0                  # mean speed of the approach from a hover
cdef double LAST_S = 45.0                    # from 30 m to the ground, and what comes before and after
cdef double SPARE_KG = 12.0
cdef double MASS_DOUBT_KG = 40.0             # the engine's thrust is not known better than to some hundredths


cdef bint confirmed_below(GuidanceContext* c, int64_t tick, double altitude_m) noexcept nogil:
    """The estimate, and beside it what the gamma altimeter, or else the last shot, says by itself; without either, the smallness of
    the estimate's sigma."""
    cdef NavigationSolution* nav = c.nav
    if not nav.altitude_m <= altitude_m or nav.causes & DEGRADED_ALTITUDE:
        return False
    if nav.gamma_tick >= 0 and tick - nav.gamma_tick <= FRESH_TICKS:
        return nav.gamma_altitude_m <= 1.2 * altitude_m + 0.3
    if nav.range_tick >= 0 and tick - nav.range_tick <= FRESH_TICKS:
        return nav.range_altitude_m <= 1.2 * altitude_m + 0.7
    return nav.sigma_altitude_m <= 0.1 * altitude_m + 0.6


cdef void watch_legs(GuidanceContext* c) noexcept nogil:
    """Count reads in a row with two pads or more. A pad that is pressed while the lander moves high above the ground says nothing until
    it has been released: Mars Polar Lander's cut-off came from such a contact, remembered."""
    cdef LegsReading* legs = c.legs
    cdef GuidanceState* s = c.state
    cdef int pad, pressed = 0, pads = 0
    if legs.validity != VALID:
        s.pressed_reads = 0
    elif legs.sequence != s.legs_sequence:
        for pad in range(4):
            pressed |= (legs.contact[pad] != 0) << pad
        if c.nav.altitude_m > LEGS_ALTITUDE_M and fabs(c.nav.vertical_speed_m_s) > 0.5:
            s.distrusted_pads |= pressed
        s.distrusted_pads &= pressed
        for pad in range(4):
            pads += ((pressed & ~s.distrusted_pads) >> pad) & 1
        s.pressed_reads = s.pressed_reads + (s.pressed_reads < 1000) if pads >= 2 else 0
    s.legs_sequence = legs.sequence


cdef bint on_legs(GuidanceContext* c) noexcept nogil:
    """Two reads below 12 m; or three seconds of contact while the descent that is asked for does not happen: then it is the altitude that errs."""
    cdef GuidanceState* state = c.state
    if c.nav.altitude_m <= LEGS_ALTITUDE_M:
        return state.pressed_reads >= 2
    return state.pressed_reads >= 30 and c.demand.target_velocity_m_s[2] < -1.0 and fabs(c.nav.vertical_speed_m_s) < 0.3


cdef void feel_rest(GuidanceContext* c) noexcept nogil:
    """Count cycles in a row that feel like lying on the ground: its push, and no rotation."""
    cdef NavigationSolution* nav = c.nav
    cdef double force = sqrt(dot(nav.specific_force_m_s2, nav.specific_force_m_s2))
    if 1.2 < force < 2.1 and dot(nav.rate_rad_s, nav.rate_rad_s) < 0.03 * 0.03:
        c.state.rest_cycles += c.state.rest_cycles < 1000
    else:
        c.state.rest_cycles = 0


cdef uint8_t evidence_of_standing(GuidanceContext* c) noexcept nogil:
    cdef NavigationSolution* nav = c.nav
    cdef uint8_t found = 0
    if c.state.pressed_reads >= 2:
        found |= EVIDENCE_LEGS
    if fabs(nav.altitude_m) <= 0.5 + fmin(nav.sigma_altitude_m, 1.0) and fabs(nav.vertical_speed_m_s) < 0.5:
        found |= EVIDENCE_ALTITUDE
    feel_rest(c)
    if c.state.rest_cycles >= 5:
        found |= EVIDENCE_REST
    return found


cdef bint lies_broken(GuidanceContext* c) noexcept nogil:
    """Under an engine that is told to push, near the ground as far as is known: at rest for two seconds, and the push is not felt.
    A hover feels what it asks for."""
    cdef double felt = c.nav.specific_force_m_s2[2]
    cdef double told = c.state.lagged_thrust_n / c.demand.mass_kg
    feel_rest(c)
    if c.state.rest_cycles and c.nav.altitude_m < BROKEN_ALTITUDE_M and fabs(told - felt) > 0.6 * fmax(felt, 1.0):
        c.state.fallen_cycles += c.state.fallen_cycles < 1000
    else:
        c.state.fallen_cycles = 0
    return c.state.fallen_cycles >= 20


cdef bint runs_dry(GuidanceContext* c) noexcept nogil:
    """What is left, by the sum of the flow and by the mass that the thrust moves, is what a landing from here takes: for a second."""
    cdef double altitude = fmax(c.nav.altitude_m, 0.0)
    cdef double need = SPARE_KG + FLOW_KG_S * (LAST_S + altitude / FALL_M_S if c.demand.phase == PHASE_HOVER else 20.0 + altitude / 2.5)
    cdef double by_flow = c.state.uploaded_kg - DRY_MASS_KG - c.demand.propellant_used_kg
    cdef double by_mass = c.demand.mass_kg - DRY_MASS_KG
    if c.state.uploaded_kg > 0.0 and by_flow < need and by_mass < need + MASS_DOUBT_KG:
        c.state.empty_cycles += c.state.empty_cycles < 1000
    else:
        c.state.empty_cycles = 0
    return c.state.empty_cycles >= 10
