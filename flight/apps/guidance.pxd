"""Guidance: the phases from orbit to the ground, and the acceleration that each asks for. The record and sampling port `guidance`, 10 Hz."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.apps.braking cimport BrakingPlan
from flight.apps.hazard_place cimport HazardPlace
from flight.apps.navigation cimport NavigationSolution
from flight.ports cimport AppPorts, ModeState, SamplingPort, event_raise
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.engine cimport EngineReading
from hal.imaging_laser cimport ImagingLaserCommand
from hal.legs cimport LegsReading

cpdef enum GuidancePhase:
    PHASE_IDLE = 0                      # nothing armed
    PHASE_HOVER = 1                     # hover at the commanded altitude over the held point
    PHASE_APPROACH = 2                  # near-vertical: speed by altitude
    PHASE_SLOW_DESCENT = 3              # constant slow descent
    PHASE_CUT_OFF = 4                   # engine off, falling the last metres; attitude still held
    PHASE_STANDING = 5                  # on the ground, nothing armed
    PHASE_PREPARATION = 6               # turning to where the engine will push, waiting for the moment to ignite
    PHASE_BRAKING = 7                   # main deceleration, near full thrust
    PHASE_ADJUSTMENT = 8                # quick adjustment: upright, what is left of horizontal speed taken away
    PHASE_DETECTION = 9                 # hover at 100 m: the image of the ground, and the choice of the place
    PHASE_AVOIDANCE = 10                # sideways to the place, and down to 30 m

cpdef enum:
    EVIDENCE_LEGS = 1                   # two pads or more pressed, in two reads in a row
    EVIDENCE_ALTITUDE = 2               # the altitude estimate is that of standing pads
    EVIDENCE_REST = 4                   # the IMU feels the ground's push, and no rotation
    EVIDENCE_ENGINE = 8                 # of a crash: what the engine is told does not move the lander
    EVIDENCE_FLOW = 16                  # of an empty tank: propellant summed up from thrust
    EVIDENCE_MASS = 32                  # of an empty tank: the mass that the thrust moves


cdef struct GuidanceDemand:
    double target_velocity_m_s[3]       # site frame
    double acceleration_m_s2[3]         # wanted from the engine, without gravity; site frame
    double thrust_command_n
    double commanded_altitude_m         # of hover; service 20 may set it
    double held_position_m[3]           # site frame; the third is not used
    double mass_kg                      # thrust commanded per acceleration felt: a weak engine reads as a heavy lander
    double propellant_used_kg           # by the main engine, summed up from thrust
    double throttle                     # of the main deceleration's plan, of full thrust
    double time_to_go_s                 # of that plan
    double floor_m                      # what the speed by altitude leads to: altitude, speed, and how
    double floor_m_s
    double braking_m_s2
    double fastest_m_s
    uint8_t phase
    uint8_t engine_armed
    uint8_t thrusters_armed
    uint8_t evidence                    # EVIDENCE_*
    uint8_t holds_place                 # 1: goes to `held_position_m`, not only to rest
    uint8_t pad[3]

cdef struct GuidanceState:              # the record `guidance.state`
    double fastest_fall_m_s             # since the cut-off: touchdown speed, and that across at the same moment
    double across_m_s
    double uploaded_kg                  # mass at the start; 0: not known
    double lagged_thrust_n              # the command through the engine's lag: what should be felt now
    int64_t phase_tick                  # when the phase began
    int64_t request_tick                # when a mode was last asked for
    uint32_t legs_sequence
    uint32_t pressed_reads              # reads in a row with two pads or more
    uint32_t rest_cycles
    uint32_t settled_cycles
    uint32_t fallen_cycles              # at rest, and deaf to the engine
    uint32_t empty_cycles
    uint32_t image_request              # of the imaging laser, the last
    uint32_t powerless_cycles           # engine commanded, nothing felt
    uint32_t land_token                 # of the command being carried out
    uint32_t hover_token
    uint32_t pending_token              # of the command whose mode change has been asked for
    uint16_t pending_function
    uint8_t land_active
    uint8_t hover_active
    uint8_t pending
    uint8_t powerless
    uint8_t ignitions                   # returns from a cut-off that was not followed by the ground
    uint8_t distrusted_pads             # bit i: pad i has been pressed since before there was ground to press it
    uint8_t mission                     # 1: this descent began in orbit, and hovers for an image at 100 m
    uint8_t place_known                 # 1: by command, 2: by the image, 3: without an image
    uint8_t low_told                    # the last of the propellant has been told of
    uint8_t fallen                      # a crash has been told of
    uint8_t looks                       # images that showed no good place
    uint8_t pad[3]
    uint32_t images                     # of the laser, as judged, when last looked at
    uint32_t tail

cdef struct GuidanceContext:
    NavigationSolution* nav
    LegsReading* legs
    EngineReading* engine
    ImagingLaserCommand* laser          # NULL where there is none
    HazardPlace* place                  # likewise: what the image has shown
    BrakingPlan* plan
    ModeState* mode
    GuidanceDemand* demand
    GuidanceState* state
    SamplingPort port
    AppPorts* ports
    double cycle_s
    double tick_s
    uint16_t function_land
    uint16_t function_hover
    uint16_t function_go
    uint16_t function_divert
    uint16_t code_function
    uint16_t code_refused
    uint16_t code_aborted
    uint16_t code_busy
    uint16_t code_not_hovering
    uint16_t code_reach
    uint16_t event_phase
    uint16_t event_touchdown
    uint16_t event_cutoff
    uint16_t event_engine
    uint16_t event_place
    uint16_t event_crash
    uint16_t event_propellant
    uint8_t mode_hover
    uint8_t mode_descent
    uint8_t mode_landed
    uint8_t mode_orbit
    uint8_t mode_safe


cdef inline int64_t age_cycles(GuidanceContext* c, int64_t tick, int64_t since) noexcept nogil:
    return <int64_t>((tick - since) * c.tick_s / c.cycle_s + 0.5)


cdef inline void enter(GuidanceContext* c, int64_t tick, uint8_t phase) noexcept nogil:
    cdef double values[2]
    c.demand.phase = phase
    c.state.phase_tick = tick
    c.state.rest_cycles = c.state.settled_cycles = c.state.fallen_cycles = 0
    values[0], values[1] = phase, c.nav.altitude_m
    event_raise(c.ports, tick, c.event_phase, 2, values)


cdef inline void lead(GuidanceDemand* d, double floor_m, double floor_m_s, double braking_m_s2, double fastest_m_s) noexcept nogil:
    """The profile of speed over altitude."""
    d.floor_m, d.floor_m_s, d.braking_m_s2, d.fastest_m_s = floor_m, floor_m_s, braking_m_s2, fastest_m_s


cdef class Guidance:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly tuple wired           # the objects whose memory the context points into
    cdef GuidanceDemand* demand
    cdef GuidanceContext context

    cdef int _name(self) except -1
