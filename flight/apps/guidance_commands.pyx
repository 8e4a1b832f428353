# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (fixed-size C arrays and pointers only; every divisor is bounded away from zero where it stands)
"""Commands of guidance: each is answered, and those that change the mode wait for the mode manager."""

from libc.stdint cimport int64_t, uint8_t, uint16_t
from libc.string cimport memset

from flight.apps.attitude cimport dot
from flight.apps.braking cimport BrakingPlan, braking_begin, braking_solve
from flight.apps.guidance cimport (
    PHASE_APPROACH,
    PHASE_AVOIDANCE,
    PHASE_DETECTION,
    PHASE_HOVER,
    PHASE_PREPARATION,
    PHASE_SLOW_DESCENT,
    GuidanceContext,
    GuidanceState,
    age_cycles,
)
from flight.ports cimport (
    STAGE_COMPLETED,
    STAGE_FAILED,
    STAGE_START_FAILED,
    STAGE_STARTED,
    CommandMessage,
    ModeRequest,
    event_raise,
    queuing_receive,
    queuing_send,
    reply_send,
)

cdef int TRIAL_STEPS = 12
cdef double MOST_THROTTLE = 1.0
cdef int64_t ANSWER_CYCLES = 5               # for the mode manager


cdef void ask_mode(GuidanceContext* c, int64_t tick, uint8_t mode, uint8_t confirmations, unsigned int token) noexcept nogil:
    cdef ModeRequest request
    request.mode, request.confirmations, request.token = mode, confirmations, token
    queuing_send(&c.ports.mode_requests, tick, &request, sizeof(ModeRequest))
    c.state.request_tick = tick


cdef inline bint may_hover(uint8_t phase) noexcept nogil:
    return phase == PHASE_APPROACH or phase == PHASE_SLOW_DESCENT or phase == PHASE_DETECTION or phase == PHASE_AVOIDANCE


cdef void divert(GuidanceContext* c, int64_t tick, const CommandMessage* m) noexcept nogil:
    """Move the place to come down on, by metres east and north; from the slow descent on there is no time for it."""
    cdef uint8_t phase = c.demand.phase
    cdef double values[3]
    cdef int i
    if not (PHASE_PREPARATION <= phase <= PHASE_AVOIDANCE or phase == PHASE_APPROACH) or not c.state.mission:
        reply_send(c.ports, tick, m.token, STAGE_START_FAILED, c.code_busy)
        return
    reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
    for i in range(2):
        c.demand.held_position_m[i] += m.values[i]
        c.plan.target_m[i] = c.demand.held_position_m[i]
        values[i] = c.demand.held_position_m[i]
    if phase == PHASE_DETECTION or phase == PHASE_AVOIDANCE:     # decided: the image is not waited for
        c.state.place_known = 1
    values[2] = 1.0
    event_raise(c.ports, tick, c.event_place, 3, values)
    reply_send(c.ports, tick, m.token, STAGE_COMPLETED, 0)


cdef bint out_of_reach(GuidanceContext* c, int64_t tick) noexcept nogil:
    """The lander flies away from the target, or ignition now, at full thrust, would stop beyond it. A trial, of which nothing is kept."""
    cdef BrakingPlan trial
    memset(&trial, 0, sizeof(BrakingPlan))
    trial.target_m[0], trial.target_m[1] = c.plan.target_m[0], c.plan.target_m[1]
    braking_begin(&trial, c.nav, tick)
    braking_solve(&trial, c.nav, c.demand.mass_kg, tick, c.tick_s, TRIAL_STEPS)
    return trial.short or trial.throttle > MOST_THROTTLE or dot(c.nav.velocity_m_s, trial.along) < 0.0


cdef void take_commands(GuidanceContext* c, int64_t tick) noexcept nogil:
    cdef CommandMessage m
    cdef uint16_t code
    while queuing_receive(&c.ports.commands, &m, sizeof(CommandMessage)):
        code = 0
        if m.function == c.function_divert:
            divert(c, tick, &m)
            continue
        if m.function != c.function_land and m.function != c.function_hover and m.function != c.function_go:
            code = c.code_function
        elif c.state.pending:
            code = c.code_busy
        elif m.function == c.function_go and c.mode.mode == c.mode_orbit and out_of_reach(c, tick):
            code = c.code_reach
        elif m.function == c.function_land and c.demand.phase != PHASE_HOVER:
            code = c.code_not_hovering
        elif m.function == c.function_hover and not may_hover(c.demand.phase):
            code = c.code_busy                                   # too fast yet, or the engine is cut off: there is no way back up
        if code:
            reply_send(c.ports, tick, m.token, STAGE_START_FAILED, code)
            continue
        c.state.pending, c.state.pending_function, c.state.pending_token = 1, m.function, m.token
        ask_mode(c, tick, c.mode_hover if m.function == c.function_hover else c.mode_descent, 0, m.token)


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
    if s.pending_function != c.function_hover and mode == c.mode_descent:
        s.pending, s.land_active, s.land_token = 0, 1, s.pending_token
    elif s.pending_function == c.function_hover and mode == c.mode_hover:
        s.pending, s.hover_active, s.hover_token = 0, 1, s.pending_token
    elif age_cycles(c, tick, s.request_tick) > ANSWER_CYCLES:
        s.pending = 0
        reply_send(c.ports, tick, s.pending_token, STAGE_START_FAILED, c.code_refused)
        return
    if not s.pending:
        reply_send(c.ports, tick, s.pending_token, STAGE_STARTED, 0)
