"""The place to come down on: the hover at 100 m with its image, and the way from there to 30 m above the place."""

from libc.stdint cimport int64_t

from flight.apps.guidance cimport GuidanceContext


cdef bint tell_of_last(GuidanceContext* c, int64_t tick) noexcept nogil        # what is left is what the rest of the way takes; told once
cdef void detect(GuidanceContext* c, int64_t tick) noexcept nogil              # one cycle of the hover
cdef void avoid(GuidanceContext* c, int64_t tick) noexcept nogil               # one cycle of the way
