"""Clock: the one place that reads a clock or sleeps. Monotonic nanoseconds."""

from libc.stdint cimport int64_t


cdef int64_t clock_now_ns() noexcept nogil
cdef void clock_sleep_until_ns(int64_t deadline_ns) noexcept nogil       # absolute, on the scale of clock_now_ns
