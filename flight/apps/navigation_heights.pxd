"""Heights for navigation: each function looks once at a sensor's newest reading, and corrects the filter by it or doubts it."""

from libc.stdint cimport int32_t, int64_t

from flight.apps.navigation cimport NavigationContext, NavigationSolution
from hal.reading cimport DEVICE_SEQUENCE, SUSPECT, VALID


cdef inline bint heard(int32_t validity, int32_t error) noexcept nogil:
    """A gap in the device's counter says that others were lost, nothing against this one."""
    return validity == VALID or (validity == SUSPECT and error == DEVICE_SEQUENCE)


cdef double upright(const NavigationSolution* s) noexcept nogil                # cosine of the tilt
cdef bint over_ground(const NavigationContext* c) noexcept nogil               # low, slow and upright enough for the beam to mean the altitude
cdef void look_at_range(NavigationContext* c, int64_t tick) noexcept nogil     # altimeter; in its absence the ranges of the radar
cdef void look_at_gamma(NavigationContext* c, int64_t tick) noexcept nogil
