"""SimThrusters: 28 thrusters on four valve-drive units, on CAN."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.core.random cimport RandomStream
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport CanFarEnd, Line
from hal.sim.faults cimport FaultGroup, FaultMembers, FaultState
from hal.sim.lander_body cimport LanderActuation, LanderBody


cdef struct SimThrustersState:           # record `device.lander.thrusters`
    double on_time_s[28]                 # valve open, ever
    double held_s[28]                    # on-time that a fault keeps
    uint8_t command[32]                  # eight octets of each unit's last frame
    uint8_t heard[4]                     # a frame came since the last cycle
    uint8_t open[4]                      # a bit for each valve
    uint8_t counter[4]
    uint8_t place[4]                     # whose on-time is reported next
    uint8_t fresh[4]
    uint32_t refused                     # commands that failed their check

cdef struct ValveUnit:                   # wiring: what a frame's handler is given
    SimThrustersState* state
    int number

cdef struct SimThrustersContext:
    const LanderBody* body
    LanderActuation* actuation
    SimThrustersState* state
    uint8_t* unit_history                # HISTORY rows of 8 octets for each unit
    uint8_t* thruster_history            # HISTORY rows of 28 octets
    Line* lines[4]
    FaultState* units[4]
    RandomStream* unit_random[4]
    FaultGroup* faulty                   # which thrusters
    FaultState* thrusters[28]
    RandomStream* thruster_random[28]
    ValveUnit wiring[4]
    double lsb_s                         # of an on-time, 0.05 ms


cdef class SimThrusters:
    cdef readonly str name
    cdef readonly tuple lines
    cdef readonly tuple units            # FaultPoints of the four units, physics
    cdef readonly tuple thrusters        # of the 28 thrusters
    cdef readonly SlotCode slot          # every tick, after the far end and before physics
    cdef FaultMembers members
    cdef CanFarEnd can
    cdef SimThrustersContext context
