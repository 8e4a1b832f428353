# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Random: counter-based streams, one per device, so that a draw in one never shifts another.

The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11, section 3.3): ten
rounds of a keyed bijection of a counter. A stream's whole state is its counter and its key.
"""

from libc.math cimport cos, log, sin, sqrt
from libc.string cimport memcpy

import hashlib

import numpy as np

cdef double TWO_PI = 6.283185307179586476925286766559


cdef void philox4x32(uint64_t counter, uint64_t stream, const uint32_t* key, uint32_t* out) noexcept nogil:
    cdef uint32_t c0 = <uint32_t>counter, c1 = <uint32_t>(counter >> 32), c2 = <uint32_t>stream, c3 = <uint32_t>(stream >> 32)
    cdef uint32_t k0 = key[0], k1 = key[1], h0, h1
    cdef uint64_t p0, p1
    cdef int i
    for i in range(10):
        p0 = <uint64_t>0xD2511F53u * c0
        p1 = <uint64_t>0xCD9E8D57u * c2
        h0 = <uint32_t>(p1 >> 32) ^ c1 ^ k0
        h1 = <uint32_t>(p0 >> 32) ^ c3 ^ k1
        c0, c1, c2, c3 = h0, <uint32_t>p1, h1, <uint32_t>p0
        k0 += 0x9E3779B9u
        k1 += 0xBB67AE85u
    out[0], out[1], out[2], out[3] = c0, c1, c2, c3


cdef uint64_t random_bits(RandomStream* s) noexcept nogil:
    cdef uint32_t block[4]
    philox4x32(s.counter, 0, s.key, block)
    s.counter += 1
    return (<uint64_t>block[0] << 32) | block[1]


cdef double random_uniform(RandomStream* s) noexcept nogil:
    return <double>(random_bits(s) >> 11) * (1.0 / 9007199254740992.0)


cdef double random_gaussian(RandomStream* s) noexcept nogil:
    """Box-Muller, a pair a block; the second half waits in the record."""
    cdef uint32_t block[4]
    cdef double u, v, radius
    if s.has_spare:
        s.has_spare = 0
        return s.spare
    philox4x32(s.counter, 0, s.key, block)
    s.counter += 1
    u = (<double>((((<uint64_t>block[0] << 32) | block[1]) >> 11)) + 1.0) * (1.0 / 9007199254740992.0)      # (0, 1]
    v = <double>((((<uint64_t>block[2] << 32) | block[3]) >> 11)) * (1.0 / 9007199254740992.0)
    radius = sqrt(-2.0 * log(u))
    s.spare = radius * sin(TWO_PI * v)
    s.has_spare = 1
    return radius * cos(TWO_PI * v)


cdef class RandomSource:
    """The stream of one device. `seed` re-keys it: same seed and name, same draws."""

    def __init__(self, Arena arena not None, str name not None):
        self.name = name
        self.arena = arena
        self.stream = <RandomStream*>arena.take(name, sizeof(RandomStream))
        cdef RandomStream[::1] view = <RandomStream[:1]>self.stream
        arena.bind(name, np.asarray(view))

    def seed(self, unsigned long long seed):
        """Start the stream anew for a run."""
        cdef bytes digest = hashlib.blake2s(f"{seed}/{self.name}".encode(), digest_size=8).digest()
        memcpy(self.stream.key, <const char*>digest, 8)
        self.stream.counter = 0
        self.stream.has_spare = 0
        self.stream.spare = 0.0

    def uniform(self) -> float:
        """The next draw in [0, 1)."""
        return random_uniform(self.stream)

    def gaussian(self) -> float:
        """The next draw of the standard normal distribution."""
        return random_gaussian(self.stream)


def philox_block(counter: int, stream: int, key: tuple) -> tuple:
    """One block of the generator, for its known answers."""
    cdef uint32_t k[2]
    cdef uint32_t out[4]
    k[0], k[1] = key
    philox4x32(counter, stream, k, out)
    return out[0], out[1], out[2], out[3]
