"""SkyModel: evaluates the pieces of `sky_figures` once a second into the record `sky`, and the distances that light has to go."""

from libc.stdint cimport int64_t

from hal.core.ranges cimport RangeRecord, Ranges
from hal.core.slot cimport SlotCode
from hal.sim.sky_body cimport Sky

cdef enum:
    SKY_PIECES = 16
    SKY_TERMS = 14

cdef struct SkySpan:                     # record `sky.span`
    double epoch_tai_s                   # of tick 0
    double start_tai_s                   # of the first piece
    double coefficients_m[2016]          # [piece, body, axis, term]: Sun, Earth's centre and relay from the site

cdef struct SkyContext:
    Sky* sky
    SkySpan* span
    Ranges* ranges
    double tick_s


cdef class SkyModel:
    cdef readonly SlotCode slot          # once a second
    cdef readonly RangeRecord ranges
    cdef SkyContext context
