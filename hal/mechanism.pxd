"""Rover release mechanism of the lander: hold-downs, and the two rails that swing down from the deck to the ground."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t


cdef struct MechanismCommand:
    double extension                 # of the rails, 0 stowed to 1 down
    uint8_t armed                    # 0: nothing moves, nothing is released
    uint8_t release                  # 1, with `armed`: fire the hold-downs (once; they cannot be closed again)
    uint8_t pad[6]

cdef struct MechanismReading:
    int64_t tick
    uint32_t sequence
    int32_t validity
    int32_t error
    uint32_t rejected
    double extension                 # measured, 0 to 1
    double current_a
    uint8_t released                 # hold-downs open
    uint8_t down                     # both rails bear on the ground
    uint8_t pad[6]
