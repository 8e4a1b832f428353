# distutils: extra_compile_args = -O3
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: a million pixels a picture.)
"""Render exposure: what a detector makes of the light that falls on it: photon noise, read noise, eight bits.

Photon noise is Gaussian with the variance of the electrons, good above some tens of them. Gaussians come from a table of 65,536 quantiles
looked up by a hash of pixel and key: no two pixels share a draw, and no pixel's draw depends on another's.
"""

from libc.math cimport sqrtf
from libc.stdint cimport uint32_t
from libc.stdlib cimport malloc

from statistics import NormalDist

from hal.sim.craters cimport mix

cdef float* QUANTILES = <float*>malloc(65536 * sizeof(float))


cdef _prepare():
    if QUANTILES == NULL:
        raise MemoryError("quantiles")
    normal = NormalDist()
    for n in range(32768):
        QUANTILES[32768 + n] = normal.inv_cdf((32768.5 + n) / 65536.0)
        QUANTILES[32767 - n] = -QUANTILES[32768 + n]

_prepare()


cdef void expose(const Detector* d, const float* radiance, uint8_t* counts, int64_t first, int64_t end) noexcept nogil:
    cdef float scale = <float>d.electrons_per_light, per_count = <float>(1.0 / d.electrons_per_count)
    cdef float read = <float>(d.read_noise_electrons * d.read_noise_electrons), e
    cdef uint32_t low = <uint32_t>mix(d.key), high = <uint32_t>(mix(d.key) >> 32), x
    cdef int64_t n
    for n in range(first, end):
        x = (<uint32_t>n ^ low) * 0x7FEB352Du
        x = (x ^ (x >> 15) ^ high) * 0x846CA68Bu
        e = scale * radiance[n]
        e = (e + sqrtf(e + read) * QUANTILES[x >> 16]) * per_count + <float>0.5
        counts[n] = 0 if e < 0 else (255 if e >= 255 else <uint8_t>e)
