# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (pointers to single records; divisors are constants or checked)
"""Odometry: the way from the wheels' angles, the heading from the gyroscopes, the tilt from gyroscopes and accelerometers.

The vertical is carried on by the gyroscopes and pulled towards what the accelerometers feel, with a time constant of 5 s, while that is
within a twentieth of gravity. The heading is the integral of the rate about the vertical: nothing aboard corrects it (no Sun sensor, no
pictures yet); the ground does, by `set_pose`.

Slip cannot be measured at 5 cm/s by an inertial unit of this class. It is estimated from pull, wheel by wheel: torque of the motor less
the friction of its gear is force on the ground; that force over a sixth of the weight gives slip by a curve fitted to the soil of the
site. It is crude: soil stronger or weaker than the curve's, and loads that differ between wheels, show up as an error of the distance
(some per cent); sideways slip is not seen at all.
"""

from libc.math cimport asin, atan2, cos, fabs, pi, sin, sqrt
from libc.stdint cimport int64_t, uint8_t

import math

import numpy as np

from flight.ports cimport sampling_make, sampling_publish
from hal.drivers.imu cimport ImuDriver
from hal.drivers.steering cimport SteeringDriver
from hal.drivers.wheel cimport WheelDriver
from hal.reading cimport VALID

from flight import rover_geometry as geometry

cdef double LEVEL_SHARE = 0.05               # of gravity: what is felt may differ by so much and still be the vertical
cdef double LEVEL_S = 5.0
cdef double PATIENCE_S = 0.2
cdef double SLIP_BY_PULL = 0.5               # the curve of slip over pull by weight: least squares by eye on the simulated soil
cdef double SLIP_BY_SQUARE = 0.53
cdef double PULL_LIMIT = 0.62                # where wheels begin to spin


cdef void carry_on(OdometryContext* c) noexcept nogil:
    """Vertical and heading by one sample of the inertial unit."""
    cdef OdometryRecord* r = c.record
    cdef double* w = c.imu.rate_rad_s
    cdef double* f = c.imu.specific_force_m_s2
    cdef double dt = (c.imu.tick - r.felt_tick) * c.tick_s, felt, level, gain = 0.0
    cdef double turned[3]
    cdef int i
    felt = sqrt(f[0] * f[0] + f[1] * f[1] + f[2] * f[2])
    if not r.started:
        if not felt > 0.1 * c.gravity_m_s2:
            return
        for i in range(3):
            r.up[i] = f[i] / felt
        r.started = 1
        return
    dt = dt if 0.0 < dt < 0.5 else c.tick_s
    turned[0] = r.up[0] - dt * (w[1] * r.up[2] - w[2] * r.up[1])
    turned[1] = r.up[1] - dt * (w[2] * r.up[0] - w[0] * r.up[2])
    turned[2] = r.up[2] - dt * (w[0] * r.up[1] - w[1] * r.up[0])
    if fabs(felt - c.gravity_m_s2) < LEVEL_SHARE * c.gravity_m_s2:
        gain = dt / LEVEL_S
    for i in range(3):
        turned[i] += gain * (f[i] / c.gravity_m_s2 - turned[i])
    felt = sqrt(turned[0] * turned[0] + turned[1] * turned[1] + turned[2] * turned[2])
    if not 0.5 < felt < 2.0:                                     # an upset's work
        r.started = 0
        return
    for i in range(3):
        r.up[i] = turned[i] / felt
    level = r.up[1] * r.up[1] + r.up[2] * r.up[2]
    if level > 1e-6:
        r.heading_rad += dt * ((w[1] * r.up[1] + w[2] * r.up[2]) / level - c.moon_rad_s)
    r.heading_rad -= 2.0 * pi if r.heading_rad > pi else -2.0 * pi if r.heading_rad < -pi else 0.0


cdef void tell_angles(OdometryRecord* r) noexcept nogil:
    cdef double x = r.up[0]
    r.pitch_rad = asin(x if -1.0 < x < 1.0 else 1.0 if x > 0.0 else -1.0)
    r.roll_rad = atan2(r.up[1], r.up[2])
    r.tilt_rad = atan2(sqrt(r.up[0] * r.up[0] + r.up[1] * r.up[1]), r.up[2])


cdef void feel(OdometryContext* c, int64_t tick) noexcept nogil:
    cdef OdometryRecord* r = c.record
    if c.imu.validity == VALID and c.imu.sequence != r.sequence:
        carry_on(c)
        r.felt_tick, r.sequence = c.imu.tick, c.imu.sequence
        tell_angles(r)
    r.inertial = r.started and tick - r.felt_tick <= c.patience_ticks


cdef double slip_of(double pull, double mean) noexcept nogil:
    """Slip from a wheel's pull by load, and the mean of all: rises slowly at first, to one when the wheels begin to spin; negative when
    the rover pushes its wheels."""
    cdef double size = fabs(pull), spin = fabs(mean) / PULL_LIMIT, slip
    spin = spin * spin * spin
    slip = size * (SLIP_BY_PULL + SLIP_BY_SQUARE * size) + spin * spin * spin * spin
    slip = slip if slip < 1.0 else 1.0
    return slip if pull >= 0.0 else -slip


cdef double pull_of(OdometryContext* c, const WheelReading* w) noexcept nogil:
    """Force on the ground: torque of the motor less the friction of its gear."""
    cdef double torque = w.torque_n_m
    if fabs(w.rate_rad_s) > 0.01:
        torque -= (c.friction_n_m if w.rate_rad_s > 0.0 else -c.friction_n_m) + c.viscous_n_m_s * w.rate_rad_s
    return torque / c.radius_m


cdef double drawn_w(OdometryContext* c) noexcept nogil:
    """What ten drives take from the supply."""
    cdef double power = 0.0, shaft, current
    cdef int i
    for i in range(6):
        if c.wheel[i].validity == VALID:
            current = c.wheel[i].current_a
            shaft = c.volt_s * c.wheel[i].rate_rad_s * current
            power += (shaft if shaft > 0.0 else 0.0) + c.wheel_ohm * current * current
            power += c.electronics_w * (2.0 if c.wheel[i].operational else 1.0)
    for i in range(4):
        if c.steering[i].validity == VALID:
            current = c.steering[i].current_a
            power += c.steering_ohm * current * current + c.electronics_w * (2.0 if c.steering[i].operational else 1.0)
    return power


cdef void measure(OdometryContext* c) noexcept nogil:
    """Pull, slip and speed of the wheels that pull, and what they make of the way."""
    cdef OdometryRecord* r = c.record
    cdef OdometryPath* path = c.path
    cdef double way = 0.0, slips = 0.0, mean = r.traction_n / (6.0 * c.load_n), slip, rate
    cdef int i, n = 0
    r.power_w = drawn_w(c)
    r.energy_j += r.power_w * c.tick_s
    r.traction_n = r.speed_m_s = 0.0
    for i in range(6):
        if not path.pulling[i] or c.wheel[i].validity != VALID or fabs(path.ratio[i]) < 0.05:
            continue
        rate = c.wheel[i].rate_rad_s
        r.pull_n[i] += c.follow * (pull_of(c, c.wheel[i]) - r.pull_n[i])
        if not fabs(r.pull_n[i]) < 1e4:                          # an upset's work
            r.pull_n[i] = 0.0
        r.traction_n += r.pull_n[i]
        slip = 0.0
        if fabs(rate) * c.radius_m > 0.002 and not path.firm:
            slip = slip_of((r.pull_n[i] if rate > 0.0 else -r.pull_n[i]) / c.load_n, mean)
        slips += slip
        way += rate / path.ratio[i] * c.radius_m * (1.0 - slip)
        n += 1
    if n == 0 or path.spot:
        return
    r.slip, r.speed_m_s = slips / n, way / n
    r.distance_m += fabs(r.speed_m_s) * c.tick_s
    r.position_m[0] += r.speed_m_s * c.tick_s * cos(r.pitch_rad) * cos(r.heading_rad)
    r.position_m[1] += r.speed_m_s * c.tick_s * cos(r.pitch_rad) * sin(r.heading_rad)
    r.position_m[2] += r.speed_m_s * c.tick_s * sin(r.pitch_rad)


cdef int run(void* context, int64_t tick) noexcept nogil:
    cdef OdometryContext* c = <OdometryContext*>context
    feel(c, tick)
    measure(c)
    sampling_publish(&c.port, tick)
    return 0


cdef class Odometry:
    """Takes the records NAME (`odometry`), NAME.port and NAME.path; `drives` are six wheel drivers, four of steering, then the name."""

    def __init__(self, Arena arena not None, ImuDriver imu not None, *drives, double tick_s=0.01):
        cdef OdometryContext* c = &self.context
        cdef WheelDriver wheel
        cdef SteeringDriver steering
        self.arena = arena
        cdef str name = drives[10]
        self.wired = (imu, *drives)
        c.port = sampling_make(arena, name, sizeof(OdometryRecord))
        c.record = <OdometryRecord*>c.port.message
        cdef OdometryRecord[::1] record = <OdometryRecord[:1]>c.record
        arena.bind(name, np.asarray(record))
        c.path = <OdometryPath*>arena.take(name + ".path", sizeof(OdometryPath))
        cdef OdometryPath[::1] path = <OdometryPath[:1]>c.path
        arena.bind(name + ".path", np.asarray(path))
        c.record.up[2] = 1.0
        c.imu = imu.reading
        for i, wheel in enumerate(drives[:6]):
            c.wheel[i] = wheel.reading
        for i, steering in enumerate(drives[6:10]):
            c.steering[i] = steering.reading
        c.tick_s, c.patience_ticks = tick_s, round(PATIENCE_S / tick_s)
        c.gravity_m_s2, c.load_n = geometry.GRAVITY_M_S2, geometry.MASS_KG * geometry.GRAVITY_M_S2 / 6.0
        c.radius_m, c.moon_rad_s = geometry.WHEEL_RADIUS_M, geometry.MOON_RATE_UP_RAD_S
        c.friction_n_m, c.viscous_n_m_s = geometry.WHEEL_FRICTION_N_M, geometry.WHEEL_VISCOUS_N_M_S
        c.volt_s = geometry.TORQUE_CONSTANT_N_M_A * geometry.WHEEL_GEAR
        c.wheel_ohm, c.steering_ohm, c.electronics_w = geometry.WHEEL_WINDING_OHM, geometry.STEERING_WINDING_OHM, geometry.ELECTRONICS_W
        c.follow = 1.0 - math.exp(-tick_s)
        self.slot = SlotCode.make(name, run, c, self)
