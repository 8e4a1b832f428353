"""Microwave range and velocity radar: four beams, each with slant range and speed along it."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

cdef enum:
    RADAR_BEAMS = 4


cdef struct RadarReading:
    int64_t tick                     # of the middle of the measurement
    uint32_t sequence
    int32_t validity
    int32_t error                    # DEVICE_RANGE: no beam has an echo
    uint32_t rejected
    double range_m[4]                # slant range along each beam; 0 without an echo
    double speed_m_s[4]              # along each beam, positive away from the ground; 0 without an echo
    uint8_t range_locked             # bit b: beam b has a range
    uint8_t speed_locked             # bit b: beam b has a speed
    uint8_t pad[6]
