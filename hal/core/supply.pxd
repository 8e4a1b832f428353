"""Supply: the line on which an on-board computer takes its power: on or off."""

from libc.stdint cimport uint8_t


cdef class Supply:
    cdef const uint8_t* on
    cdef object keep
