"""How six wheels must turn and four of them steer, so that none is dragged sideways: Ackermann's condition with steering at both ends.

The middle wheels stand on the rover's y axis, so every circle has its centre on that axis, at the distance 1 / curvature to the left.
"""

from libc.math cimport atan2, fabs, sqrt

cdef enum:
    WHEELS = 6
    STEERINGS = 4

cdef struct Chassis:
    double x_m[6]                       # of each wheel
    double y_m[6]
    int steered[4]                      # the wheel on which each steering gear stands

cdef struct Stance:                     # of one circle
    double ratio[6]                     # speed of each wheel's middle to that of the rover's origin, with its sign
    double angle_rad[4]                 # of each steering gear


cdef inline void stand_for_circle(const Chassis* c, double curvature_1_m, Stance* s) noexcept nogil:
    """Wheels tangent to circles about one centre. |curvature| times half the track must stay below 1."""
    cdef double along, across
    cdef int i
    for i in range(WHEELS):
        along, across = 1.0 - c.y_m[i] * curvature_1_m, c.x_m[i] * curvature_1_m
        s.ratio[i] = sqrt(along * along + across * across)
    for i in range(STEERINGS):
        s.angle_rad[i] = atan2(c.x_m[c.steered[i]] * curvature_1_m, 1.0 - c.y_m[c.steered[i]] * curvature_1_m)


cdef inline void stand_for_turn(const Chassis* c, Stance* s) noexcept nogil:
    """Wheels tangent to circles about the rover's origin. The ratio is the wheel's speed to the rover's rate, to the left: an arm in m."""
    cdef double x, y
    cdef int i
    for i in range(WHEELS):
        x, y = c.x_m[i], c.y_m[i]
        s.ratio[i] = -sqrt(x * x + y * y) if y > 0.0 else sqrt(x * x + y * y)
    for i in range(STEERINGS):
        x, y = c.x_m[c.steered[i]], c.y_m[c.steered[i]]
        s.angle_rad[i] = -atan2(x, fabs(y)) if y > 0.0 else atan2(x, fabs(y))
