"""CCSDS unsegmented time code (CUC, CCSDS 301.0), 4 octets of TAI seconds since 1958-01-01 and 3 octets of 2^-24 s, without P-field."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

# Exact integer arithmetic: writing rounds down to 2^-24 s (59.6 ns), reading gives the nearest tick, so that every tick comes back.
cdef void cuc_from_ticks(int64_t epoch_tai_s, int64_t tick, int64_t tick_ns, uint8_t* out7) noexcept nogil
cdef int64_t ticks_from_cuc(int64_t epoch_tai_s, int64_t tick_ns, const uint8_t* time7) noexcept nogil
cdef int64_t cuc_to_ns(const uint8_t* time7) noexcept nogil         # nanoseconds since 1958-01-01 TAI, rounded to the nearest
cdef void cuc_from_ns(int64_t tai_ns, uint8_t* out7) noexcept nogil # from nanoseconds since 1958-01-01 TAI, rounded down to 2^-24 s
