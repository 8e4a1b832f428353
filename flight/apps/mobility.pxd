"""Mobility: turns one rover wheel at a commanded rate, and stops it when anything is wrong. The record `mobility`, 50 Hz."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.ports cimport AppPorts, ModeState, SamplingPort
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.wheel cimport WheelCommand, WheelReading

cpdef enum MobilityPhase:
    WHEEL_STOPPED = 0
    WHEEL_STARTING = 1                  # mode asked for, drive being enabled, rate not yet reached
    WHEEL_TURNING = 2
    WHEEL_STOPPING = 3


cdef struct MobilityRecord:
    double commanded_rate_rad_s
    double rate_rad_s
    double travelled_m                  # along the ground, were there no slip
    int64_t phase_tick
    uint32_t token                      # of the command being carried out
    uint32_t settled_cycles
    uint32_t faults                     # stops that nobody commanded
    uint8_t phase
    uint8_t active                      # a command waits for its end
    uint8_t pad[2]

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
    uint16_t mode_drive
    uint16_t mode_standby
    uint16_t code_argument
    uint16_t code_refused
    uint16_t code_device
    uint16_t code_timeout
    uint16_t event_stopped
    uint16_t event_fault


cdef class Mobility:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly object links
    cdef MobilityContext context
