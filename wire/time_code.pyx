# cython: cdivision=True
"""CUC 4+3: seconds and 2^-24 s, from ticks and nanoseconds, in integers throughout.

A time before 1958 does not occur; seconds are taken modulo 2^32, so that the code rolls over on 2094-02-06 without a reset.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

cdef int64_t NS = 1000000000


cdef void put_cuc(int64_t seconds, int64_t ns, uint8_t* out7) noexcept nogil:
    """0 <= ns < 10^9."""
    cdef uint32_t coarse = <uint32_t>seconds
    cdef uint32_t fine = <uint32_t>((ns << 24) // NS)
    out7[0] = <uint8_t>(coarse >> 24)
    out7[1] = <uint8_t>(coarse >> 16)
    out7[2] = <uint8_t>(coarse >> 8)
    out7[3] = <uint8_t>coarse
    out7[4] = <uint8_t>(fine >> 16)
    out7[5] = <uint8_t>(fine >> 8)
    out7[6] = <uint8_t>fine


cdef inline int64_t coarse_of(const uint8_t* t) noexcept nogil:
    return <int64_t>t[0] << 24 | <int64_t>t[1] << 16 | <int64_t>t[2] << 8 | t[3]


cdef inline int64_t fine_of(const uint8_t* t) noexcept nogil:
    return <int64_t>t[4] << 16 | <int64_t>t[5] << 8 | t[6]


cdef void cuc_from_ticks(int64_t epoch_tai_s, int64_t tick, int64_t tick_ns, uint8_t* out7) noexcept nogil:
    cdef int64_t ns = tick * tick_ns
    put_cuc(epoch_tai_s + ns // NS, ns % NS, out7)


cdef int64_t ticks_from_cuc(int64_t epoch_tai_s, int64_t tick_ns, const uint8_t* time7) noexcept nogil:
    cdef int64_t ns = (coarse_of(time7) - epoch_tai_s) * NS + ((fine_of(time7) * NS + (1 << 23)) >> 24)
    if ns < 0:
        return -((-ns + tick_ns // 2) // tick_ns)
    return (ns + tick_ns // 2) // tick_ns


cdef int64_t cuc_to_ns(const uint8_t* time7) noexcept nogil:
    return coarse_of(time7) * NS + ((fine_of(time7) * NS + (1 << 23)) >> 24)


cdef void cuc_from_ns(int64_t tai_ns, uint8_t* out7) noexcept nogil:
    put_cuc(tai_ns // NS, tai_ns % NS, out7)


def from_ticks(int64_t epoch_tai_s, int64_t tick, int64_t tick_ns) -> bytes:
    """CUC 4+3 of a tick (not negative) of `tick_ns` nanoseconds, counted from an epoch in TAI seconds since 1958."""
    if tick < 0 or tick_ns <= 0 or epoch_tai_s < 0:
        raise ValueError(f"tick {tick} of {tick_ns} ns from {epoch_tai_s} s is before the epoch of the time code")
    if tick > 0x7FFFFFFFFFFFFFFF // tick_ns:
        raise ValueError(f"tick {tick} of {tick_ns} ns is further than 292 years from its epoch")
    cdef uint8_t out[7]
    cuc_from_ticks(epoch_tai_s, tick, tick_ns, out)
    return bytes((<char*>out)[:7])


def to_ticks(int64_t epoch_tai_s, int64_t tick_ns, const unsigned char[::1] time not None) -> int:
    """The tick of `tick_ns` nanoseconds that is nearest to a CUC 4+3 time, counted from an epoch in TAI seconds since 1958."""
    check_size(time.shape[0])
    if tick_ns <= 0 or not 0 <= epoch_tai_s < 1 << 32:
        raise ValueError(f"ticks of {tick_ns} ns from {epoch_tai_s} s: neither may be negative, and a tick is at least a nanosecond")
    return ticks_from_cuc(epoch_tai_s, tick_ns, &time[0])


def to_ns(const unsigned char[::1] time not None) -> int:
    """Nanoseconds of TAI since 1958-01-01, rounded to the nearest."""
    check_size(time.shape[0])
    return cuc_to_ns(&time[0])


def from_ns(int64_t tai_ns) -> bytes:
    """CUC 4+3 of nanoseconds (not negative) of TAI since 1958-01-01, rounded down to 2^-24 s."""
    if tai_ns < 0:
        raise ValueError(f"{tai_ns} ns is before the epoch of the time code")
    cdef uint8_t out[7]
    cuc_from_ns(tai_ns, out)
    return bytes((<char*>out)[:7])


def check_size(Py_ssize_t octets) -> None:
    if octets != 7:
        raise ValueError(f"a time of {octets} octets: CUC 4+3 has 7")
