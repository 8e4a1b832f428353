"""Control: turns guidance's demand into engine thrust and thruster on-times; the one writer of both commands. The record `control`, 100 Hz."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.apps.guidance cimport GuidanceDemand
from flight.apps.navigation cimport NavigationSolution
from flight.ports cimport AppPorts, SamplingPort
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.engine cimport EngineCommand
from hal.thrusters cimport ThrusterCommand

cdef enum:
    AXES = 6                            # +x, -x, +y, -y, +z, -z
    SETS = 2                            # 0: the 150 N set, 1: the 10 N set
    MOST = 8                            # thrusters that one axis of one set may use


cdef struct Allocation:                 # which thrusters turn the body about one axis in one sense, and for how long
    double on_time_s_per_n_m_s[MOST]    # for each newton-metre-second of angular impulse
    double longest                      # the greatest of them
    int thruster[MOST]
    int count

cdef struct ControlRecord:
    double attitude_error_rad[3]        # body frame; desired minus actual
    double rate_error_rad_s[3]
    double torque_n_m[3]                # demanded
    double disturbance_n_m[3]           # torque held against what turns the body steadily
    double impulse_n_m_s[3]             # owed: too little for the shortest pulse so far
    double quaternion_desired[4]        # site from body
    double heading_rad                  # held since arming
    double thruster_duty                # mean over all thrusters, smoothed over a second
    double thrust_n                     # commanded
    uint32_t saturated_cycles           # in a row, demanding more torque than the thrusters have
    uint8_t coarse[3]                   # 1: this axis is on the 150 N set
    uint8_t armed
    uint8_t reported
    uint8_t pad[7]

cdef struct ControlContext:
    NavigationSolution* nav
    GuidanceDemand* demand
    EngineCommand* engine
    ThrusterCommand* thrusters
    ControlRecord* record
    SamplingPort demand_port            # for the age of the demand
    SamplingPort port
    AppPorts* ports
    double cycle_s
    double tick_s
    double inertia_kg_m2[3]             # at the mass of flight.lander_geometry
    double inertia_per_kg_m2[3]
    double capacity_n_m[SETS][3]        # the weaker sense of each axis
    Allocation allocation[SETS][AXES]
    uint16_t event_saturated


cdef class Control:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly tuple wired           # the objects whose memory the context points into
    cdef ControlContext context

    cdef int _tabulate(self) except -1
