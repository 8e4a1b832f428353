"""Guidance: phases of hover and landing, and the acceleration that each asks for. The record and sampling port `guidance`, 10 Hz."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.apps.navigation cimport NavigationSolution
from flight.ports cimport AppPorts, ModeState, SamplingPort
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.engine cimport EngineReading
from hal.legs cimport LegsReading

cpdef enum GuidancePhase:
    PHASE_IDLE = 0                      # nothing armed
    PHASE_HOVER = 1                     # hover at the commanded altitude over the held point
    PHASE_APPROACH = 2                  # speed by altitude, horizontal speed nulled
    PHASE_SLOW_DESCENT = 3              # constant slow descent
    PHASE_CUT_OFF = 4                   # engine off, falling the last metres; attitude still held
    PHASE_STANDING = 5                  # on the ground, nothing armed

cpdef enum:
    EVIDENCE_LEGS = 1                   # two pads or more pressed, in two reads in a row
    EVIDENCE_ALTITUDE = 2               # the altitude estimate is that of standing pads
    EVIDENCE_REST = 4                   # engine off, yet the IMU feels the ground's push, and no rotation


cdef struct GuidanceDemand:
    double target_velocity_m_s[3]       # site frame
    double acceleration_m_s2[3]         # wanted from the engine, without gravity; site frame
    double thrust_command_n
    double commanded_altitude_m         # of hover; service 20 may set it
    double held_position_m[3]           # site frame; the third is not used
    double mass_kg                      # thrust commanded per acceleration felt: a weak engine reads as a heavy lander
    uint8_t phase
    uint8_t engine_armed
    uint8_t thrusters_armed
    uint8_t evidence                    # EVIDENCE_*
    uint8_t pad[4]

cdef struct GuidanceState:              # the record `guidance.state`
    double fastest_fall_m_s             # since the cut-off: touchdown speed, and that across at the same moment
    double across_m_s
    double lagged_thrust_n              # the command through the engine's lag: what should be felt now
    int64_t phase_tick                  # when the phase began
    int64_t request_tick                # when a mode was last asked for
    uint32_t legs_sequence
    uint32_t pressed_reads              # reads in a row with two pads or more
    uint32_t rest_cycles
    uint32_t settled_cycles
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

cdef struct GuidanceContext:
    NavigationSolution* nav
    LegsReading* legs
    EngineReading* engine
    ModeState* mode
    GuidanceDemand* demand
    GuidanceState* state
    SamplingPort port
    AppPorts* ports
    double cycle_s
    double tick_s
    uint16_t function_land
    uint16_t function_hover
    uint16_t code_function
    uint16_t code_refused
    uint16_t code_aborted
    uint16_t code_busy
    uint16_t code_not_hovering
    uint16_t event_phase
    uint16_t event_touchdown
    uint16_t event_cutoff
    uint16_t event_engine
    uint8_t mode_hover
    uint8_t mode_descent
    uint8_t mode_landed


cdef class Guidance:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly tuple wired           # the objects whose memory the context points into
    cdef GuidanceDemand* demand
    cdef GuidanceContext context

    cdef int _name(self) except -1
