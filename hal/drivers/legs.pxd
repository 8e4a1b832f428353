"""LegsDriver: the frames of the leg-contact terminal become a LegsReading."""

from libc.stdint cimport uint32_t

from hal.drivers.can_unit cimport CanUnitDriver
from hal.drivers.common cimport Watch
from hal.legs cimport LegsReading


cdef struct LegsState:                   # record `NAME.driver`
    Watch watch
    uint32_t presses                     # the terminal's 16-bit counter, as last seen
    uint32_t pad


cdef class LegsDriver(CanUnitDriver):
    cdef LegsReading* reading            # record `NAME`
