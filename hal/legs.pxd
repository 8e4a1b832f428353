"""Leg contacts: one switch in each of the four footpads, read by one remote terminal."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t


cdef struct LegsReading:
    int64_t tick
    uint32_t sequence
    int32_t validity
    int32_t error
    uint32_t rejected
    uint8_t contact[4]               # 1 while the pad's switch is pressed; pads at +x, +y, -x, -y of the body
    uint32_t presses                 # switch closings, all pads, ever
