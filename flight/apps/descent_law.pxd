"""Descent law: the velocity and the acceleration that each phase asks for, and the mass by which acceleration becomes thrust."""

from libc.stdint cimport uint16_t

from flight.apps.guidance cimport GuidanceDemand
from flight.apps.navigation cimport NavigationSolution


cdef void steer(const NavigationSolution* nav, GuidanceDemand* d) noexcept nogil       # fills velocity, acceleration and thrust
cdef bint weigh(const NavigationSolution* nav, GuidanceDemand* d, double* lagged_thrust_n, double cycle_s) noexcept nogil
# follows the mass; False when the engine is told to push and next to nothing is felt
