# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (fixed-size C arrays and pointers only; every divisor is bounded away from zero where it stands)
"""Guidance: the phases from orbit to the ground, at 10 Hz. The laws are in `braking` and `descent_law`, the place in `guidance_place`,
commands in `guidance_commands`.

    preparation - main deceleration - quick adjustment - approach - detection (hover at 100 m) - avoidance - slow descent - cut-off

(facts: change4, section 2). A landing out of a hover is approach, slow descent, cut-off. A phase that cannot be taken back is entered on
two independent confirmations (`guidance_checks`; faults C.3 rule R2): the main deceleration ends by its clock and the speed, heights by
the estimate and the last gamma height or shot, or without them the estimate's own sigma (SCN-16); standing by two of legs, altitude and
IMU. Leg contacts count below 12 m alone and in two reads in a row (SCN-21). A cut-off that is not followed by the ground is taken back.
"""

from libc.math cimport fabs, fmax, fmin, sqrt
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memset

import numpy as np

from flight.apps.attitude cimport dot
from flight.apps.braking cimport braking_begin, braking_direction, braking_left_s, braking_solve
from flight.apps.descent_law cimport steer, weigh
from flight.apps.guidance_checks cimport confirmed_below, evidence_of_standing, lies_broken, on_legs, watch_legs
from flight.apps.guidance_commands cimport ask_mode, finish, follow_commands, take_commands
from flight.apps.guidance_place cimport avoid, detect, tell_of_last
from flight.apps.navigation cimport DEGRADED_IMU, DEGRADED_STATE, Navigation
from flight.apps.records cimport record_of
from flight.ports cimport AppLinks, ModeState, event_raise, sampling_make, sampling_publish
from hal.drivers.engine cimport EngineDriver
from hal.drivers.legs cimport LegsDriver

from flight import lander_geometry as geometry
from wire.dictionary import FAILURE_CODE, LANDER

cdef double FULL_THRUST_N = geometry.ENGINE_GREATEST_N
cdef double LEAST_THRUST_N = geometry.ENGINE_LEAST_N
cdef double CUT_OFF_ALTITUDE_M = 2.0
cdef double SLOW_ALTITUDE_M = geometry.SLOW_DESCENT_ALTITUDE_M
cdef double LEAST_HOVER_M = 15.0
cdef int64_t FALL_CYCLES = 25                # a fall from 2 m takes nine
cdef uint8_t MOST_IGNITIONS = 3

cdef double IGNITION_THROTTLE = 0.96         # what is left over answers for a weak engine and a heavy lander
cdef int64_t SOLVE_CYCLES = 20               # between two predictions of the main deceleration
cdef int64_t PREPARE_CYCLES = 5              # the same before ignition: a kilometre of the way
cdef double GATE_SPEED_M_S = 120.0           # faster than this the main deceleration is not over, whatever its clock says
cdef double DETECTION_ALTITUDE_M = geometry.DETECTION_ALTITUDE_M


cdef void begin_hover(GuidanceContext* c, int64_t tick) noexcept nogil:
    """Hold the place and height where the present motion can be stopped; from rest, the present ones."""
    cdef NavigationSolution* nav = c.nav
    cdef GuidanceDemand* d = c.demand
    cdef double stop = 0.5 * nav.vertical_speed_m_s * fabs(nav.vertical_speed_m_s) / 0.4
    cdef int i
    d.commanded_altitude_m = fmax(nav.altitude_m + stop, LEAST_HOVER_M)
    d.holds_place = 1
    c.state.mission = 0
    for i in range(3):
        d.held_position_m[i] = nav.position_m[i] + 2.0 * nav.velocity_m_s[i]
    enter(c, tick, PHASE_HOVER)


cdef void begin_approach(GuidanceContext* c, int64_t tick, bint from_orbit) noexcept nogil:
    """From orbit: fast, over the place, to a stop at 100 m. From a hover: at most 15 m/s, only to rest over the ground, down to 30 m; the
    braking there is a choice of ours that keeps thrust within 1500 to 7500 N."""
    c.demand.holds_place = from_orbit
    if from_orbit:
        lead(c.demand, DETECTION_ALTITUDE_M, 0.0, 0.6, 72.0)
    else:
        lead(c.demand, SLOW_ALTITUDE_M, 1.5, 0.237, 15.0)
    enter(c, tick, PHASE_APPROACH)


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


cdef void prepare(GuidanceContext* c, int64_t tick) noexcept nogil:
    """Before ignition: predict, until stopping at the target takes the throttle that leaves a margin."""
    if age_cycles(c, tick, c.plan.tick) >= PREPARE_CYCLES or not c.plan.valid:
        braking_solve(c.plan, c.nav, c.demand.mass_kg, tick, c.tick_s, 1 if c.plan.valid else 12)
    if c.plan.valid and c.plan.throttle >= IGNITION_THROTTLE and age_cycles(c, tick, c.state.phase_tick) >= PREPARE_CYCLES:
        enter(c, tick, PHASE_BRAKING)


cdef void brake(GuidanceContext* c, int64_t tick) noexcept nogil:
    """Main deceleration: predict anew every two seconds; over when its clock has run down, and the speed says so too."""
    cdef double left = braking_left_s(c.plan, tick, c.tick_s)
    if age_cycles(c, tick, c.plan.tick) >= SOLVE_CYCLES and left > 0.0:
        braking_solve(c.plan, c.nav, c.demand.mass_kg, tick, c.tick_s, 1)
        left = braking_left_s(c.plan, tick, c.tick_s)
    if left <= 0.0:
        if dot(c.nav.velocity_m_s, c.nav.velocity_m_s) < GATE_SPEED_M_S * GATE_SPEED_M_S:
            c.demand.holds_place = 0
            lead(c.demand, DETECTION_ALTITUDE_M, 0.0, 0.6, fmax(-c.nav.vertical_speed_m_s, 40.0))
            enter(c, tick, PHASE_ADJUSTMENT)
        elif left < -2.0:                                        # something has gone wrong with it: begin anew from here
            braking_begin(c.plan, c.nav, tick)
            c.plan.time_to_go_s = 10.0 + 0.3 * sqrt(dot(c.nav.velocity_m_s, c.nav.velocity_m_s))
            braking_solve(c.plan, c.nav, c.demand.mass_kg, tick, c.tick_s, 8)


cdef void adjust(GuidanceContext* c, int64_t tick) noexcept nogil:
    cdef NavigationSolution* nav = c.nav
    cdef double across = sqrt(fmax(dot(nav.velocity_m_s, nav.velocity_m_s) - nav.vertical_speed_m_s * nav.vertical_speed_m_s, 0.0))
    cdef int64_t cycles = age_cycles(c, tick, c.state.phase_tick)
    if (across < 2.0 and cycles >= 60) or cycles >= 300:
        begin_approach(c, tick, True)


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
        begin_approach(c, tick, 0)


cdef void begin_descent(GuidanceContext* c, int64_t tick) noexcept nogil:
    c.state.ignitions = c.state.place_known = c.state.looks = 0
    c.state.mission = 1
    c.demand.held_position_m[0], c.demand.held_position_m[1] = c.plan.target_m[0], c.plan.target_m[1]
    braking_begin(c.plan, c.nav, tick)
    enter(c, tick, PHASE_PREPARATION)


cdef void descend(GuidanceContext* c, int64_t tick) noexcept nogil:
    """In mode DESCENT: one phase after the other."""
    cdef uint8_t phase = c.demand.phase
    if phase == PHASE_IDLE and c.mode.previous == c.mode_orbit:
        begin_descent(c, tick)
    elif phase == PHASE_IDLE or phase == PHASE_HOVER:
        c.state.ignitions = c.state.mission = 0
        begin_approach(c, tick, False)
    elif phase == PHASE_PREPARATION:
        prepare(c, tick)
    elif phase == PHASE_BRAKING:
        brake(c, tick)
    elif phase == PHASE_ADJUSTMENT:
        adjust(c, tick)
    elif phase == PHASE_CUT_OFF:
        fall(c, tick)
    elif phase == PHASE_STANDING:
        if age_cycles(c, tick, c.state.request_tick) >= 10:
            ask_mode(c, tick, c.mode_landed, c.demand.evidence, 0)
            if age_cycles(c, tick, c.state.phase_tick) >= 100:
                finish(c, tick, &c.state.land_active, c.state.land_token, c.code_refused)
    elif on_legs(c) or (phase == PHASE_SLOW_DESCENT and confirmed_below(c, tick, CUT_OFF_ALTITUDE_M)):
        cut_off(c, tick)
    elif phase == PHASE_APPROACH and c.state.mission and c.demand.floor_m > SLOW_ALTITUDE_M:
        if confirmed_below(c, tick, DETECTION_ALTITUDE_M + 5.0) or (c.nav.altitude_m < DETECTION_ALTITUDE_M + 5.0
                                                                    and fabs(c.nav.vertical_speed_m_s) < 1.0):
            c.demand.commanded_altitude_m = DETECTION_ALTITUDE_M
            enter(c, tick, PHASE_DETECTION)
    elif phase == PHASE_APPROACH and confirmed_below(c, tick, SLOW_ALTITUDE_M):
        enter(c, tick, PHASE_SLOW_DESCENT)
    elif phase == PHASE_DETECTION:
        detect(c, tick)
    elif phase == PHASE_AVOIDANCE:
        avoid(c, tick)


cdef void change_phase(GuidanceContext* c, int64_t tick) noexcept nogil:
    cdef uint8_t phase = c.demand.phase
    cdef uint8_t mode = c.mode.mode
    cdef double values[2]
    if mode == c.mode_hover and not c.nav.causes & DEGRADED_STATE:
        if phase != PHASE_HOVER:
            begin_hover(c, tick)
        elif not c.state.low_told and tell_of_last(c, tick):
            ask_mode(c, tick, c.mode_descent, EVIDENCE_FLOW | EVIDENCE_MASS, 0)
    elif mode == c.mode_descent and not c.nav.causes & DEGRADED_STATE:
        descend(c, tick)
    elif phase != PHASE_IDLE and not (mode == c.mode_landed and phase == PHASE_STANDING):
        enter(c, tick, PHASE_IDLE)
    if (mode == c.mode_hover or mode == c.mode_descent) and c.demand.engine_armed and lies_broken(c) and not c.state.fallen:
        c.state.fallen = 1
        values[0], values[1] = c.nav.altitude_m, c.nav.vertical_speed_m_s
        event_raise(c.ports, tick, c.event_crash, 2, values)
        ask_mode(c, tick, c.mode_safe, EVIDENCE_REST | EVIDENCE_ENGINE, 0)


cdef void watch_engine(GuidanceContext* c, int64_t tick) noexcept nogil:
    """Follow mass and thrust; tell once of an engine that gives nothing."""
    cdef GuidanceState* s = c.state
    cdef double values[2]
    if not s.uploaded_kg and c.nav.mass_kg > 0.0:                # once: what the ground has told of the mass
        s.uploaded_kg = c.demand.mass_kg = c.nav.mass_kg
    if s.fallen_cycles or weigh(c.nav, c.demand, &s.lagged_thrust_n, c.cycle_s):
        s.powerless_cycles = s.powerless = 0
        return
    s.powerless_cycles += s.powerless_cycles < 1000
    if s.powerless_cycles >= 5 and not s.powerless:
        s.powerless = 1
        values[0], values[1] = s.lagged_thrust_n, c.nav.specific_force_m_s2[2]
        event_raise(c.ports, tick, c.event_engine, 2, values)


cdef void follow_plan(GuidanceContext* c, int64_t tick) noexcept nogil:
    """What the plan of the main deceleration asks for now; before ignition the direction alone."""
    cdef GuidanceDemand* d = c.demand
    cdef double unit[3]
    cdef int i
    braking_direction(c.plan, tick, c.tick_s, unit)
    d.thrust_command_n = 0.0
    if d.phase == PHASE_BRAKING:
        d.thrust_command_n = fmax(LEAST_THRUST_N, fmin(c.plan.throttle * FULL_THRUST_N, FULL_THRUST_N))
    d.throttle, d.time_to_go_s = c.plan.throttle, braking_left_s(c.plan, tick, c.tick_s)
    for i in range(3):
        d.target_velocity_m_s[i] = c.nav.velocity_m_s[i]
        d.acceleration_m_s2[i] = unit[i] * fmax(d.thrust_command_n, FULL_THRUST_N * 0.2) / d.mass_kg


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
    d.engine_armed = PHASE_HOVER <= d.phase <= PHASE_SLOW_DESCENT or PHASE_BRAKING <= d.phase <= PHASE_AVOIDANCE
    d.thrusters_armed = d.engine_armed or d.phase == PHASE_CUT_OFF or d.phase == PHASE_PREPARATION
    if d.phase == PHASE_PREPARATION or d.phase == PHASE_BRAKING:
        follow_plan(c, tick)
    elif d.engine_armed and (not nav.causes & DEGRADED_IMU or d.thrust_command_n == 0.0):
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
    """Guidance of the lander. Takes the records `guidance`, `guidance.port`, `guidance.state` and `guidance.braking`. Reads the record `mode` of the
    same arena and, where they are, `imaging_laser.command`, of which it is the one writer, and `hazard`."""

    def __init__(self, Arena arena not None, AppLinks links not None, Navigation navigation not None, LegsDriver legs not None,
                 EngineDriver engine not None, double cycle_s=0.1, double tick_s=0.01):
        cdef GuidanceContext* c = &self.context
        cdef GuidanceDemand[::1] demand
        cdef GuidanceState[::1] state
        cdef BrakingPlan[::1] plan
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
        c.plan = <BrakingPlan*>arena.take("guidance.braking", sizeof(BrakingPlan))
        plan = <BrakingPlan[:1]>c.plan
        arena.bind("guidance.braking", np.asarray(plan))
        c.laser, c.place = NULL, NULL
        if "imaging_laser.command" in arena.records and "hazard" in arena.records:
            c.laser = <ImagingLaserCommand*>record_of(arena, "imaging_laser.command", sizeof(ImagingLaserCommand))
            c.place = <HazardPlace*>record_of(arena, "hazard", sizeof(HazardPlace))
        c.cycle_s, c.tick_s = cycle_s, tick_s
        self._name()
        c.demand.mass_kg = geometry.MASS_KG
        self.slot = SlotCode.make("guidance", run, c, self)

    cdef int _name(self) except -1:
        """Numbers for the names, from the dictionary."""
        cdef GuidanceContext* c = &self.context
        modes = LANDER.vehicle.modes
        c.function_land, c.function_hover = LANDER.command("land").function, LANDER.command("hover").function
        c.function_go, c.function_divert = LANDER.command("go").function, LANDER.command("divert").function
        c.code_function, c.code_refused = FAILURE_CODE["UNKNOWN_FUNCTION"], FAILURE_CODE["MODE_REFUSED"]
        c.code_aborted, c.code_busy = FAILURE_CODE["ABORTED"], FAILURE_CODE["BUSY"]
        c.code_not_hovering, c.code_reach = FAILURE_CODE["NOT_HOVERING"], FAILURE_CODE["OUT_OF_REACH"]
        c.event_phase, c.event_touchdown = LANDER.event("guidance_phase").id, LANDER.event("touchdown").id
        c.event_cutoff, c.event_engine = LANDER.event("engine_cutoff").id, LANDER.event("engine_powerless").id
        c.event_place, c.event_crash = LANDER.event("place_chosen").id, LANDER.event("crash_felt").id
        c.event_propellant = LANDER.event("propellant_low").id
        c.mode_orbit, c.mode_safe = modes["ORBIT"], modes["SAFE"]
        c.mode_hover, c.mode_descent, c.mode_landed = modes["HOVER"], modes["DESCENT"], modes["LANDED"]