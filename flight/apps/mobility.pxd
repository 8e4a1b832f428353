"""Mobility: turns one rover wheel at a commanded rate, and stops it when anything is wrong. The record `mobility`, 50 Hz."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.ports cimport AppPorts, ModeState, SamplingPort
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.wheel cimport WheelCommand, WheelReading

cpdef enum MobilityPhase:
    WHEEL_STOPPED = 0
    WHEEL_ASKING = 1                    # mode asked for, nothing sent yet
    WHEEL_TURNING = 2                   # at the commanded rate, or on the way to it
    WHEEL_STOPPING = 3                  # rate zero commanded, drive still enabled


cdef struct MobilityRecord:
    double commanded_rate_rad_s
    double travelled_m                  # along the ground, were there no slip
    double angle_rad                    # of the wheel, when last looked at
    int64_t phase_tick
    uint32_t token                      # of the command being carried out
    uint32_t settled_cycles
    uint32_t bad_cycles                 # in a row without a healthy drive
    uint32_t faults                     # stops that nobody commanded
    uint8_t phase                       # WHEEL_*
    uint8_t active                      # a command waits for its end
    uint8_t measured                    # `angle_rad` holds something
    uint8_t pad[5]

cdef struct MobilityContext:
    WheelReading* wheel
    WheelCommand* command
    ModeState* mode
    MobilityRecord* record
    SamplingPort port
    AppPorts* ports
    double tick_s
    uint16_t function_rate
    uint16_t function_stop
    uint16_t code_function
    uint16_t code_argument
    uint16_t code_refused
    uint16_t code_device
    uint16_t code_timeout
    uint16_t code_aborted
    uint16_t event_stopped
    uint8_t mode_drive
    uint8_t mode_standby


cdef class Mobility:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly tuple wired           # the objects whose memory the context points into
    cdef MobilityContext context
