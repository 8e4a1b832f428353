"""Attitude and velocity for navigation: each function looks once at a sensor's newest reading, and corrects the filter by it or doubts it."""

from libc.stdint cimport int64_t

from flight.apps.navigation cimport NavigationContext


cdef void look_at_stars(NavigationContext* c, int64_t tick) noexcept nogil
cdef void look_at_radar(NavigationContext* c, int64_t tick) noexcept nogil     # speeds along its beams
