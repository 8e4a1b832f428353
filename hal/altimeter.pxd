"""Laser altimeter: slant range along its beam (body -z) to the terrain."""

from libc.stdint cimport int32_t, int64_t, uint32_t


cdef struct AltimeterReading:
    int64_t tick                     # when the shot was fired
    uint32_t sequence
    int32_t validity
    int32_t error                    # DEVICE_RANGE: no echo, or outside 0.2 m to 30 km
    uint32_t rejected
    double range_m
    double signal                    # strength of the echo, 0 to 1
