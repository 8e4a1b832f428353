"""What each of six wheels does for the drive: judged from its reading, its command and the other wheels."""

from libc.stdint cimport int64_t, uint8_t, uint16_t

from hal.wheel cimport WheelCommand, WheelReading

cdef enum WheelStateCode:               # wire.dictionary.rover_mobility.WHEEL_STATE
    WHEEL_IDLE = 0
    WHEEL_DRIVING = 1
    WHEEL_MASKED = 2
    WHEEL_SILENT = 3
    WHEEL_TRIPPED = 4
    WHEEL_STUCK = 5
    WHEEL_POWERLESS = 6


cdef struct WheelWatch:                 # record `mobility.wheels`
    uint16_t silent_cycles[6]
    uint16_t stuck_cycles[6]
    uint16_t powerless_cycles[6]
    uint16_t pulling_cycles[6]          # of a powerless one that takes current again
    uint8_t told[6]                     # the state that the last event told
    uint8_t pad[2]

cdef struct WheelSet:                   # wiring
    const WheelReading* reading[6]
    WheelCommand* command[6]
    uint8_t* state                      # six, in the record of mobility
    WheelWatch* watch
    double cycles_s                     # cycles a second


cdef bint wheel_well(const WheelReading* w) noexcept nogil
cdef bint wheel_pulls(const WheelSet* s, int wheel) noexcept nogil
cdef int wheels_driving(const WheelSet* s) noexcept nogil
cdef double mean_current_a(const WheelSet* s) noexcept nogil        # of those that pull
cdef void watch_wheels(WheelSet* s, uint8_t mask, bint turning) noexcept nogil
cdef void forget_wheels(WheelSet* s) noexcept nogil
