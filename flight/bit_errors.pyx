# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False, cdivision=True
"""Bit errors: independent ones, and bursts after Gilbert (1960) and Elliott (1963): a line with a good state and a bad one, each with its bit
error rate; the length of a stay in either is geometric.

The gap from one error to the next is drawn at once, as the integer part of ln(u) / ln(1 - p), so that sound bits cost nothing. Gaps that a
change of state cuts short are drawn anew: a geometric distribution has no memory. Bounds are not checked: positions stay below 8 n.
"""

import hashlib

from libc.math cimport log, log1p
from libc.string cimport memcpy, memset

from hal.core.random cimport random_uniform

cdef uint64_t FOR_EVER = 1 << 62


cdef inline double scale_of(double p) noexcept nogil:
    """1 / ln(1 - p): 0 for what never happens, and for what always does a value that makes every gap 0."""
    if p <= 0.0:
        return 0.0
    return 1.0 / log1p(-p) if p < 1.0 else -1e-300


cdef inline uint64_t gap_of(double scale, RandomStream* s) noexcept nogil:
    cdef double bits
    if scale == 0.0:
        return FOR_EVER
    bits = log(1.0 - random_uniform(s)) * scale
    return <uint64_t>bits if bits < 4e18 else FOR_EVER


cdef void errors_model(ErrorModel* m, double good_rate, double burst_rate, double burst_bits, double calm_bits) noexcept nogil:
    m.good_rate, m.burst_rate, m.burst_bits, m.calm_bits = good_rate, burst_rate, burst_bits, calm_bits
    m.log_good, m.log_burst = scale_of(good_rate), scale_of(burst_rate)
    m.log_end = scale_of(1.0 / burst_bits) if burst_bits >= 1.0 else 0.0
    m.log_begin = scale_of(1.0 / calm_bits) if burst_bits >= 1.0 and calm_bits >= 1.0 else 0.0


cdef void errors_restart(ErrorLine* line) noexcept nogil:
    line.started = 0
    line.burst = 0


cdef inline void enter(const ErrorModel* m, ErrorLine* line, uint32_t burst) noexcept nogil:
    cdef uint64_t stay = gap_of(m.log_end if burst else m.log_begin, &line.stream)
    line.burst = burst
    line.stay = stay + 1 if stay < FOR_EVER else FOR_EVER
    line.gap = gap_of(m.log_burst if burst else m.log_good, &line.stream)


cdef uint64_t errors_apply(const ErrorModel* m, ErrorLine* line, uint8_t* octets, uint64_t n) noexcept nogil:
    cdef uint64_t at = 0, left = 8 * n, flipped = 0, step
    if not line.started:
        line.started = 1
        enter(m, line, 0)
    while True:
        step = line.gap if line.gap < line.stay else line.stay
        if step > left or (step == left and line.gap < line.stay):      # neither an error nor another state within what is left
            line.gap -= left
            line.stay -= left
            return flipped
        at += step
        left -= step
        if line.gap >= line.stay:
            enter(m, line, 0 if line.burst else 1)
            continue
        if octets != NULL:
            octets[at >> 3] ^= <uint8_t>(0x80 >> (at & 7))
        flipped += 1
        at += 1
        left -= 1
        line.stay -= step + 1
        line.gap = gap_of(m.log_burst if line.burst else m.log_good, &line.stream)
        if line.stay == 0:
            enter(m, line, 0 if line.burst else 1)


cdef class BitErrors:
    """One line for Python: octets in, octets with errors out. Draws are those of `seed`."""

    cdef ErrorModel model
    cdef ErrorLine line
    cdef readonly unsigned long long bits
    cdef readonly unsigned long long flipped

    def __init__(self, unsigned long long seed, double rate, double burst_rate=0.0, double burst_bits=0.0, double calm_bits=0.0):
        cdef bytes key = hashlib.blake2s(f"{seed}/bits".encode(), digest_size=8).digest()
        memset(&self.line, 0, sizeof(ErrorLine))
        memcpy(self.line.stream.key, <const char*>key, 8)
        errors_model(&self.model, rate, burst_rate, burst_bits, calm_bits)

    def spoil(self, unsigned char[::1] octets not None) -> int:
        """Flip bits in place; how many."""
        cdef uint64_t found
        if octets.shape[0] == 0:
            return 0
        found = errors_apply(&self.model, &self.line, &octets[0], octets.shape[0])
        self.bits += 8 * <uint64_t>octets.shape[0]
        self.flipped += found
        return found
