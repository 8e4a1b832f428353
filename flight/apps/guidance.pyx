# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (fixed-size C arrays and pointers only; every divisor is bounded away from zero where it stands)
"""Guidance: the phases of hover and of a vertical landing from it, at 10 Hz; the laws are in `descent_law`.

A phase that cannot be taken back is entered on two independent confirmations (faults C.3 rule R2): the cut-off on the altitude estimate and
the last shot, or without shots on the estimate and its own sigma (SCN-16), or on the legs; standing on two of legs, altitude and IMU.
Leg contacts count below 12 m alone and in two reads in a row (SCN-21). A cut-off that is not followed by the ground is taken back.
"""

from libc.math cimport fabs, fmax, fmin, sqrt
from libc.stdint cimport int64_t, uint8_t, uint16_t
from libc.string cimport memset

import numpy as np

from flight.apps.attitude cimport dot
from flight.apps.descent_law cimport steer, weigh
from flight.apps.navigation cimport DEGRADED_ALTITUDE, DEGRADED_IMU, DEGRADED_STATE, Navigation
from flight.apps.records cimport record_of
from flight.ports cimport (
    STAGE_COMPLETED,
    STAGE_FAILED,
    STAGE_START_FAILED,
    STAGE_STARTED,
    AppLinks,
    CommandMessage,
    ModeRequest,
    ModeState,
    event_raise,
    queuing_receive,
    queuing_send,
    reply_send,
    sampling_make,
    sampling_publish,
)
from hal.drivers.engine cimport EngineDriver
from hal.drivers.legs cimport LegsDriver
from hal.reading cimport VALID

from flight import lander_geometry as geometry
from wire.dictionary import FAILURE_CODE, LANDER

cdef double CUT_OFF_ALTITUDE_M = 2.0
cdef double SLOW_ALTITUDE_M = geometry.SLOW_DESCENT_ALTITUDE_M
cdef double LEGS_ALTITUDE_M = 12.0
cdef double LEAST_HOVER_M = 15.0
cdef int64_t FRESH_TICKS = 30                # a shot older than this is no second confirmation
cdef int64_t ANSWER_CYCLES = 5               # for the mode manager
cdef int64_t FALL_CYCLES = 25                # a fall from 2 m takes nine
cdef uint8_t MOST_IGNITIONS = 3


cdef inline int64_t age_cycles(GuidanceContext* c, int64_t tick, int64_t since) noexcept nogil:
    return <int64_t>((tick - since) * c.tick_s / c.cycle_s + 0.5)


cdef void enter(GuidanceContext* c, int64_t tick, uint8_t phase) noexcept nogil:
    cdef double values[2]
    c.demand.phase = phase
    c.state.phase_tick = tick
    c.state.rest_cycles = c.state.settled_cycles = 0
    values[0], values[1] = phase, c.nav.altitude_m
    event_raise(c.ports, tick, c.event_phase, 2, values)


# Confirmations ------------------------------------------------------------------------------------------------------------------------

cdef bint confirmed_below(GuidanceContext* c, int64_t tick, double altitude_m) noexcept nogil:
    """The estimate, and beside it the last shot itself; without a fresh shot, the smallness of the estimate's sigma."""
    cdef NavigationSolution* nav = c.nav
    if not nav.altitude_m <= altitude_m or nav.causes & DEGRADED_ALTITUDE:
        return False
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


cdef uint8_t evidence_of_standing(GuidanceContext* c) noexcept nogil:
    cdef NavigationSolution* nav = c.nav
    cdef double force = sqrt(dot(nav.specific_force_m_s2, nav.specific_force_m_s2))
    cdef uint8_t found = 0
    if c.state.pressed_reads >= 2:
        found |= EVIDENCE_LEGS
    if fabs(nav.altitude_m) <= 0.5 + fmin(nav.sigma_altitude_m, 1.0) and fabs(nav.vertical_speed_m_s) < 0.5:
        found |= EVIDENCE_ALTITUDE
    if 1.2 < force < 2.1 and dot(nav.rate_rad_s, nav.rate_rad_s) < 0.03 * 0.03:
        c.state.rest_cycles += c.state.rest_cycles < 1000
    else:
        c.state.rest_cycles = 0
    if c.state.rest_cycles >= 5:
        found |= EVIDENCE_REST
    return found


# Commands and modes -------------------------------------------------------------------------------------------------------------------

cdef void ask_mode(GuidanceContext* c, int64_t tick, uint8_t mode, uint8_t confirmations, unsigned int token) noexcept nogil:
    cdef ModeRequest request
    request.mode, request.confirmations, request.token = mode, confirmations, token
    queuing_send(&c.ports.mode_requests, tick, &request, sizeof(ModeRequest))
    c.state.request_tick = tick


cdef void take_commands(GuidanceContext* c, int64_t tick) noexcept nogil:
    cdef CommandMessage m
    cdef uint16_t code
    while queuing_receive(&c.ports.commands, &m, sizeof(CommandMessage)):
        code = 0
        if m.function != c.function_land and m.function != c.function_hover:
            code = c.code_function
        elif c.state.pending:
            code = c.code_busy
        elif m.function == c.function_land and c.demand.phase != PHASE_HOVER:
            code = c.code_not_hovering
        elif m.function == c.function_hover and c.demand.phase != PHASE_APPROACH and c.demand.phase != PHASE_SLOW_DESCENT:
            code = c.code_busy                                   # the engine is cut off: there is no way back up
        if code:
            reply_send(c.ports, tick, m.token, STAGE_START_FAILED, code)
            continue
        c.state.pending, c.state.pending_function, c.state.pending_token = 1, m.function, m.token
        ask_mode(c, tick, c.mode_descent if m.function == c.function_land else c.mode_hover, 0, m.token)


cdef void finish(GuidanceContext* c, int64_t tick, uint8_t* active, unsigned int token, uint16_t code) noexcept nogil:
    if active[0]:
        active[0] = 0
        reply_send(c.ports, tick, token, STAGE_FAILED if code else STAGE_COMPLETED, code)


cdef void follow_commands(GuidanceContext* c, int64_t tick) noexcept nogil:
    """Start what the mode manager has allowed, end what the mode no longer allows."""
    cdef GuidanceState* s = c.state
    cdef uint8_t mode = c.mode.mode
    if s.land_active and mode == c.mode_landed:
        finish(c, tick, &s.land_active, s.land_token, 0)
    if s.land_active and mode != c.mode_descent:
        finish(c, tick, &s.land_active, s.land_token, c.code_aborted)
    if s.hover_active and mode != c.mode_hover:
        finish(c, tick, &s.hover_active, s.hover_token, c.code_aborted)
    if not s.pending:
        return
    if s.pending_function == c.function_land and mode == c.mode_descent:
        s.pending, s.land_active, s.land_token = 0, 1, s.pending_token
    elif s.pending_function == c.function_hover and mode == c.mode_hover:
        s.pending, s.hover_active, s.hover_token = 0, 1, s.pending_token
    elif age_cycles(c, tick, s.request_tick) > ANSWER_CYCLES:
        s.pending = 0
        reply_send(c.ports, tick, s.pending_token, STAGE_START_FAILED, c.code_refused)
        return
    if not s.pending:
        reply_send(c.ports, tick, s.pending_token, STAGE_STARTED, 0)


# Phases -------------------------------------------------------------------------------------------------------------------------------

cdef void begin_hover(GuidanceContext* c, int64_t tick) noexcept nogil:
    """Hold the place and height where the present motion can be stopped; from rest, the present ones."""
    cdef NavigationSolution* nav = c.nav
    cdef GuidanceDemand* d = c.demand
    cdef double stop = 0.5 * nav.vertical_speed_m_s * fabs(nav.vertical_speed_m_s) / 0.4
    cdef int i
    d.commanded_altitude_m = fmax(nav.altitude_m + stop, LEAST_HOVER_M)
    for i in range(3):
        d.held_position_m[i] = nav.position_m[i] + 2.0 * nav.velocity_m_s[i]
    enter(c, tick, PHASE_HOVER)


cdef void cut_off(GuidanceContext* c, int64_t tick) noexcept nogil:
    cdef double values[2]
    values[0], values[1] = c.nav.altitude_m, c.engine.on_time_s
    c.state.fastest_fall_m_s = -c.nav.vertical_speed_m_s
    c.state.across_m_s = 0.0
    event_raise(c.ports, tick, c.event_cutoff, 2, values)
    enter(c, tick, PHASE_CUT_OFF)


cdef void stand(GuidanceContext* c, int64_t tick) noexcept nogil:
    cdef double values[3]
    cdef int i, pads = 0
    for i in range(4):
        pads |= (c.legs.contact[i] != 0) << i
    values[0], values[1], values[2] = c.state.fastest_fall_m_s, c.state.across_m_s, pads
    event_raise(c.ports, tick, c.event_touchdown, 3, values)
    enter(c, tick, PHASE_STANDING)
    ask_mode(c, tick, c.mode_landed, c.demand.evidence, 0)


cdef void fall(GuidanceContext* c, int64_t tick) noexcept nogil:
    """Engine off: wait for the ground, and take the cut-off back when it does not come."""
    cdef NavigationSolution* nav = c.nav
    cdef GuidanceState* s = c.state
    cdef int64_t cycles = age_cycles(c, tick, s.phase_tick)
    if -nav.vertical_speed_m_s >= s.fastest_fall_m_s:
        s.fastest_fall_m_s = -nav.vertical_speed_m_s
        s.across_m_s = sqrt(nav.velocity_m_s[0] * nav.velocity_m_s[0] + nav.velocity_m_s[1] * nav.velocity_m_s[1])
    c.demand.evidence = evidence_of_standing(c)
    if c.demand.evidence & (c.demand.evidence - 1):              # two bits or more
        stand(c, tick)
    elif cycles > FALL_CYCLES and c.demand.evidence == 0 and s.pressed_reads == 0 and s.ignitions < MOST_IGNITIONS \
            and dot(nav.specific_force_m_s2, nav.specific_force_m_s2) < 0.3 * 0.3:
        s.ignitions += 1
        enter(c, tick, PHASE_APPROACH)


cdef void change_phase(GuidanceContext* c, int64_t tick) noexcept nogil:
    cdef uint8_t phase = c.demand.phase
    cdef uint8_t mode = c.mode.mode
    if mode == c.mode_hover and not c.nav.causes & DEGRADED_STATE:
        if phase != PHASE_HOVER:
            begin_hover(c, tick)
    elif mode == c.mode_descent and not c.nav.causes & DEGRADED_STATE:
        if phase == PHASE_IDLE or phase == PHASE_HOVER:
            c.state.ignitions = 0
            enter(c, tick, PHASE_APPROACH)
        elif phase == PHASE_APPROACH or phase == PHASE_SLOW_DESCENT:
            if on_legs(c) or (phase == PHASE_SLOW_DESCENT and confirmed_below(c, tick, CUT_OFF_ALTITUDE_M)):
                cut_off(c, tick)
            elif phase == PHASE_APPROACH and confirmed_below(c, tick, SLOW_ALTITUDE_M):
                enter(c, tick, PHASE_SLOW_DESCENT)
        elif phase == PHASE_CUT_OFF:
            fall(c, tick)
        elif phase == PHASE_STANDING and age_cycles(c, tick, c.state.request_tick) >= 10:
            ask_mode(c, tick, c.mode_landed, c.demand.evidence, 0)
            if age_cycles(c, tick, c.state.phase_tick) >= 100:
                finish(c, tick, &c.state.land_active, c.state.land_token, c.code_refused)
    elif phase != PHASE_IDLE and not (mode == c.mode_landed and phase == PHASE_STANDING):
        enter(c, tick, PHASE_IDLE)


cdef void watch_engine(GuidanceContext* c, int64_t tick) noexcept nogil:
    """Follow mass and thrust; tell once of an engine that gives nothing."""
    cdef GuidanceState* s = c.state
    cdef double values[2]
    if weigh(c.nav, c.demand, &s.lagged_thrust_n, c.cycle_s):
        s.powerless_cycles = s.powerless = 0
        return
    s.powerless_cycles += s.powerless_cycles < 1000
    if s.powerless_cycles >= 5 and not s.powerless:
        s.powerless = 1
        values[0], values[1] = s.lagged_thrust_n, c.nav.specific_force_m_s2[2]
        event_raise(c.ports, tick, c.event_engine, 2, values)


cdef int run(void* context, int64_t tick) noexcept nogil:
    cdef GuidanceContext* c = <GuidanceContext*>context
    cdef GuidanceDemand* d = c.demand
    cdef NavigationSolution* nav = c.nav
    watch_legs(c)
    if not nav.causes & DEGRADED_IMU:                            # blind: thrust, direction and mass stay as they are
        watch_engine(c, tick)
    take_commands(c, tick)
    follow_commands(c, tick)
    change_phase(c, tick)
    d.engine_armed = PHASE_HOVER <= d.phase <= PHASE_SLOW_DESCENT
    d.thrusters_armed = PHASE_HOVER <= d.phase <= PHASE_CUT_OFF
    if d.engine_armed and (not nav.causes & DEGRADED_IMU or d.thrust_command_n == 0.0):
        steer(nav, d)
    elif not d.engine_armed:
        d.thrust_command_n = 0.0
        memset(d.target_velocity_m_s, 0, sizeof(d.target_velocity_m_s))
        memset(d.acceleration_m_s2, 0, sizeof(d.acceleration_m_s2))
    if c.state.hover_active and d.phase == PHASE_HOVER:
        if fabs(nav.altitude_m - d.commanded_altitude_m) < 5.0 and dot(nav.velocity_m_s, nav.velocity_m_s) < 0.5 * 0.5:
            c.state.settled_cycles += 1
        else:
            c.state.settled_cycles = 0
        if c.state.settled_cycles >= 10:
            finish(c, tick, &c.state.hover_active, c.state.hover_token, 0)
    sampling_publish(&c.port, tick)
    return 0


cdef class Guidance:
    """Guidance of the lander. Takes the records `guidance`, `guidance.port` and `guidance.state`; reads the record `mode` of the same arena."""

    def __init__(self, Arena arena not None, AppLinks links not None, Navigation navigation not None, LegsDriver legs not None,
                 EngineDriver engine not None, double cycle_s=0.1, double tick_s=0.01):
        cdef GuidanceContext* c = &self.context
        cdef GuidanceDemand[::1] demand
        cdef GuidanceState[::1] state
        self.arena = arena
        self.wired = (links, navigation, legs, engine)
        c.port = sampling_make(arena, "guidance", sizeof(GuidanceDemand))
        c.demand = self.demand = <GuidanceDemand*>c.port.message
        demand = <GuidanceDemand[:1]>c.demand
        arena.bind("guidance", np.asarray(demand))
        c.state = <GuidanceState*>arena.take("guidance.state", sizeof(GuidanceState))
        state = <GuidanceState[:1]>c.state
        arena.bind("guidance.state", np.asarray(state))
        c.nav, c.legs, c.engine, c.ports = navigation.solution, legs.reading, engine.reading, &links.ports
        c.mode = <ModeState*>record_of(arena, "mode", sizeof(ModeState))
        c.cycle_s, c.tick_s = cycle_s, tick_s
        self._name()
        c.demand.mass_kg = geometry.MASS_KG
        self.slot = SlotCode.make("guidance", run, c, self)

    cdef int _name(self) except -1:
        """Numbers for the names, from the dictionary."""
        cdef GuidanceContext* c = &self.context
        modes = LANDER.vehicle.modes
        c.function_land, c.function_hover = LANDER.command("land").function, LANDER.command("hover").function
        c.code_function, c.code_refused = FAILURE_CODE["UNKNOWN_FUNCTION"], FAILURE_CODE["MODE_REFUSED"]
        c.code_aborted, c.code_busy = FAILURE_CODE["ABORTED"], FAILURE_CODE["BUSY"]
        c.code_not_hovering = FAILURE_CODE["NOT_HOVERING"]
        c.event_phase, c.event_touchdown = LANDER.event("guidance_phase").id, LANDER.event("touchdown").id
        c.event_cutoff, c.event_engine = LANDER.event("engine_cutoff").id, LANDER.event("engine_powerless").id
        c.mode_hover, c.mode_descent, c.mode_landed = modes["HOVER"], modes["DESCENT"], modes["LANDED"]
