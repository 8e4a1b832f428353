"""Conditions: rows (address, type, operator, value) that the loop tests after each tick, so that a bench can run until something holds."""

from libc.stdint cimport uint8_t

cdef enum:
    MAX_CONDITIONS = 16

cdef struct Condition:
    const uint8_t* address
    uint8_t type                    # place in CONDITION_TYPES
    uint8_t operator                # place in OPERATORS
    double value


cdef int conditions_met(const Condition* rows, int count) noexcept nogil     # the first that holds, or -1
cdef Condition condition_make(size_t address, str kind, str operator, double value) except *
