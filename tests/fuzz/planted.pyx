"""Faults of memory and of arithmetic, planted to see that the sanitizers find such: a test compiles this, and nothing else does."""

from libc.stdint cimport int32_t, uint8_t


def sum_of(const unsigned char[::1] octets not None, Py_ssize_t beyond) -> int:
    """The sum of the octets, and of so many behind the last one."""
    cdef const uint8_t* p = &octets[0]
    cdef Py_ssize_t i
    cdef unsigned int total = 0
    for i in range(octets.shape[0] + beyond):
        total += p[i]
    return total


def shifted(int32_t value, int32_t by) -> int:
    """`value << by`, which has no meaning for a `by` of 32 and more."""
    return value << by
