"""Render exposure: what a detector makes of the light that falls on it."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

cdef struct Detector:
    double electrons_per_light           # in one exposure, for a radiance of 1
    double electrons_per_count
    double read_noise_electrons
    uint64_t key                         # of this exposure's noise


# Counts of the pixels first <= n < end. Noise is drawn by pixel and key alone.
cdef void expose(const Detector* d, const float* radiance, uint8_t* counts, int64_t first, int64_t end) noexcept nogil
