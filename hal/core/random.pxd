"""Random: counter-based streams, one per device, so that a draw in one never shifts another."""

from libc.stdint cimport uint32_t, uint64_t

from hal.core.arena cimport Arena


cdef struct RandomStream:       # a record
    uint64_t counter            # blocks drawn
    uint32_t key[2]             # from the seed and the stream's name
    uint32_t has_spare
    uint32_t pad
    double spare                # second half of the last Gaussian pair


cdef void philox4x32(uint64_t counter, uint64_t stream, const uint32_t* key, uint32_t* out) noexcept nogil
cdef double random_uniform(RandomStream* s) noexcept nogil             # [0, 1), 53 bits
cdef double random_gaussian(RandomStream* s) noexcept nogil            # zero mean, unit variance
cdef uint64_t random_bits(RandomStream* s) noexcept nogil


cdef class RandomSource:
    cdef readonly str name
    cdef RandomStream* stream
    cdef readonly Arena arena
