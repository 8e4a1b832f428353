"""The law of a drive: how far it has come, where to steer and how fast, and what is beyond its limits."""

from libc.math cimport floor, pi
from libc.stdint cimport int64_t, uint16_t

from flight.apps.mobility_state cimport MobilityContext


cdef void progress(MobilityContext* c) noexcept nogil                                   # what remains, by odometry
cdef int exceeded(MobilityContext* c, int64_t tick, double tilt_limit_rad, double* value) noexcept nogil     # a StopReason
cdef void lead(MobilityContext* c) noexcept nogil                                       # speed and curvature of this cycle
cdef void command_drives(MobilityContext* c) noexcept nogil
cdef bint gears_settled(MobilityContext* c) noexcept nogil
cdef bint wheels_settled(MobilityContext* c, double rate_rad_s) noexcept nogil
cdef void tell_lost_wheels(MobilityContext* c, int64_t tick) noexcept nogil

cdef inline bint count_cycle(uint16_t* cycles, bint true, double limit) noexcept nogil:
    """Whether something has been true for so many cycles in a row."""
    cycles[0] = cycles[0] + (cycles[0] < 60000) if true else 0
    return cycles[0] > limit

cdef inline double wrapped(double angle_rad) noexcept nogil:
    """An angle within half a turn to either side."""
    return angle_rad - 2.0 * pi * floor((angle_rad + pi) / (2.0 * pi))
