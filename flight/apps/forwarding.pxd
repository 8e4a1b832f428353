"""Forwarding: the relay's own application: frames of lander and rover to Earth, and commands to them. The record `forwarding`."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.ports cimport AppPorts, ModeState
from hal.core.arena cimport Arena
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode

cdef enum:
    RETURN_FRAMES = 64              # that may wait for the line to Earth
    COMMANDS = 32                   # ... for the line to lander and rover

cdef struct ForwardingRecord:
    uint32_t returned               # frames taken in for Earth
    uint32_t returned_lost          # frames for which the queue had no room
    uint32_t commanded              # command frames sent on
    uint32_t commanded_lost         # command frames for which the queue had no room
    uint32_t refused                # frames that came, or still waited, outside FORWARDING
    uint32_t told                   # losses that have been reported
    uint32_t token                  # of the command that asks for the mode
    uint16_t return_waiting
    uint16_t return_most            # most that waited in the last second
    uint16_t most_now
    uint16_t command_waiting
    uint8_t sending                 # a command is on its way out
    uint8_t asking                  # for the mode
    uint8_t pad[2]
    int64_t left                    # of the command being sent, in bits times nanoseconds
    int64_t asked_tick

cdef struct ForwardingContext:
    ForwardingRecord* record
    ModeState* mode
    AppPorts* ports
    Ring received                   # the receiver's: empty wiring on the link `lab`
    Ring commands
    Ring out
    Ring waiting                    # commands, in the relay's own arena
    Ring returned                   # frames for Earth; the transmitter takes them
    int64_t tick_ns
    int64_t ticks_per_second
    uint16_t function_forward
    uint16_t code_function
    uint16_t code_refused
    uint16_t event_lost
    uint8_t mode_forwarding


cdef class Forwarding:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef ForwardingContext c
    cdef object keep
