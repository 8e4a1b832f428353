"""Bus: two bounded rings of time-stamped units, the seam between a driver and whatever moves its far side."""

from hal.core.arena cimport Arena
from hal.core.ring cimport Ring


cdef class Bus:
    cdef readonly str name
    cdef readonly str kind               # "can", "uart" or "spacewire"
    cdef readonly Arena arena
    cdef Ring to_flight                  # written by the back end, read by the driver
    cdef Ring to_device                  # written by the driver, read by the back end

    cdef Ring* _ring(self, bint to_flight) noexcept
