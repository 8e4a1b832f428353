"""The error-state filter of navigation: its covariance carried on, and corrected by one number at a time."""

from flight.apps.navigation cimport NavigationFilter, NavigationSolution


cdef void spread(const NavigationSolution* s, NavigationFilter* f) noexcept nogil                      # over the time elapsed
cdef void forget(NavigationFilter* f, int place, double variance) noexcept nogil                       # this error is known so well, by itself
cdef double variance_along(const NavigationFilter* f, int place, const double* axis) noexcept nogil    # of three errors from `place`
cdef bint correct(NavigationSolution* s, NavigationFilter* f, const int* places, const double* weights, int count, double innovation,
                  double noise, double gate) noexcept nogil
# one measurement of the sum of weights times errors; False, and nothing done, when the innovation squared is beyond `gate` variances
