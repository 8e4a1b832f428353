"""Gamma altimeter: height of the footpad plane above the ground from back-scattered photons; from some 25 m down to contact."""

from libc.stdint cimport int32_t, int64_t, uint32_t


cdef struct GammaAltimeterReading:
    int64_t tick                     # end of the counting interval
    uint32_t sequence
    int32_t validity
    int32_t error                    # DEVICE_RANGE: too high to say
    uint32_t rejected
    double altitude_m
    double counts                    # in the interval
