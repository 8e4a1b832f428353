"""What the rover's record says of its state: pose and rates, what an inertial unit feels, slip, tilt, the way it has come, its end."""

from hal.sim.rover_body cimport RoverBody
from hal.sim.rover_wheels cimport RoverContext

# The Moon's rotation (rad/s) in the body's frame.
cdef void moon_rate(const double* quaternion, double* rate) noexcept nogil
# Rate and specific force of a body at rest on the Moon.
cdef void feel_weight(RoverBody* b) noexcept nogil
cdef void tilt_of(RoverBody* b) noexcept nogil
# The record after a tick of MuJoCo that began with a velocity at a position.
cdef void observe(RoverContext* c, const double* before, const double* at) noexcept nogil
