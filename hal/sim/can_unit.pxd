"""SimCanUnit: what every simulated device on CAN with one place to be broken at each depth does alike: its line and its fault points."""

from libc.stdint cimport int64_t

from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport CanFarEnd, LinePoint
from hal.sim.faults cimport FaultPoint, ValueFault


cdef class SimCanUnit:
    cdef readonly str name
    cdef readonly LinePoint line
    cdef readonly FaultPoint value       # what it measures
    cdef readonly FaultPoint part        # what it moves; None when it moves nothing
    cdef readonly SlotCode slot          # every tick
    cdef CanFarEnd can

    cdef void wire(self, Arena arena, CanFarEnd can, str name, ValueFault* value, int channels, double full_scale, int64_t sample_ticks,
                   bint moves) except *
