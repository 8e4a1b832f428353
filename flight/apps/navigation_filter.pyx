# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (numeric kernel on fixed-size C arrays and pointers: every divisor is a variance bounded away from zero, or the Moon's distance)
"""The error-state filter of navigation: sixteen errors (position, velocity, attitude, gyro and accelerometer bias, altitude).

Error dynamics in the site frame (Titterton and Weston, Strapdown Inertial Navigation Technology, section 12.3; small terms of the Moon's
turning left out): r' = v; v' = G r - A x t - R b_a; t' = -R b_g; h' = up . v, with G the gradient of central gravity, A the specific force
and t the attitude error. Altitude is an error of its own: it begins as height above the target's sphere, one with the position's error,
and becomes height above terrain, which is not. The covariance is carried on ten times a second; measurements come one number at a time
(Maybeck, Stochastic Models, volume 1, section 7.7), with the correction put into the solution at once.
"""

from libc.math cimport fmax, sqrt

from flight.apps.attitude cimport dot, rotate, rotate_back, turn
from flight.apps.navigation cimport AT_ALTITUDE, AT_ATTITUDE, AT_FORCE, AT_GYRO, AT_POSITION, AT_VELOCITY, STATES

from flight import lander_geometry as geometry

cdef double GM = geometry.MOON_GM_M3_S2
cdef double SITE_RADIUS_M = geometry.SITE_RADIUS_M

cdef double ACCELERATION_NOISE = 0.003 ** 2  # (m/s2)2 s: white noise of the accelerometers, vibration included
cdef double BIAS_WALK = 2e-5 ** 2            # (m/s2)2 / s
cdef double GYRO_NOISE = 3e-6 ** 2           # rad2 / s: twice the class of the unit
cdef double GYRO_BIAS_WALK = 1e-9 ** 2       # (rad/s)2 / s
cdef double BRIDGED_NOISE = 0.03 ** 2        # (m/s2)2 s while samples are bridged
cdef double BRIDGED_GYRO_NOISE = 1e-3 ** 2   # rad2 / s likewise
cdef double TERRAIN_WALK_M = 0.05            # m2 of height variance for each metre flown over the ground
cdef double LEAST_VARIANCE = 1e-22

cdef struct Interval:
    double dt
    double up[3]
    double gained[3]
    double turned[9]                         # R: columns are the body's axes in the site frame
    double pull                              # GM / r^3


cdef inline void carry(const Interval* n, double* x, int stride) noexcept nogil:
    """One column (or row) of the covariance through the transition of the interval."""
    cdef double before[3]
    cdef double* r = x + AT_POSITION * stride
    cdef double* v = x + AT_VELOCITY * stride
    cdef double* t = x + AT_ATTITUDE * stride
    cdef double* g = x + AT_GYRO * stride
    cdef double* b = x + AT_FORCE * stride
    cdef double radial = 3.0 * (n.up[0] * r[0] + n.up[1] * r[stride] + n.up[2] * r[2 * stride])
    cdef double t0 = t[0], t1 = t[stride], t2 = t[2 * stride]
    cdef int i, at
    for i in range(3):
        at = i * stride
        before[i] = v[at]
        v[at] += n.dt * (n.pull * (n.up[i] * radial - r[at])
                         - n.turned[3 * i] * b[0] - n.turned[3 * i + 1] * b[stride] - n.turned[3 * i + 2] * b[2 * stride])
        t[at] -= n.dt * (n.turned[3 * i] * g[0] + n.turned[3 * i + 1] * g[stride] + n.turned[3 * i + 2] * g[2 * stride])
    v[0] -= n.gained[1] * t2 - n.gained[2] * t1
    v[stride] -= n.gained[2] * t0 - n.gained[0] * t2
    v[2 * stride] -= n.gained[0] * t1 - n.gained[1] * t0
    for i in range(3):
        before[i] = 0.5 * n.dt * (before[i] + v[i * stride])
        r[i * stride] += before[i]
    x[AT_ALTITUDE * stride] += dot(n.up, before)


cdef void uncouple(NavigationFilter* f, int place) noexcept nogil:
    cdef int k
    for k in range(STATES):
        if k != place:
            f.covariance[STATES * place + k] = f.covariance[STATES * k + place] = 0.0


cdef void spread(const NavigationSolution* s, NavigationFilter* f) noexcept nogil:
    cdef Interval n
    cdef double* p = f.covariance
    cdef double unit[3]
    cdef double column[3]
    cdef double centre[3]
    cdef double distance, across, noise
    cdef int i, k
    n.dt = f.elapsed_s
    if n.dt <= 0.0:
        return
    centre[0], centre[1], centre[2] = s.position_m[0], s.position_m[1], s.position_m[2] + SITE_RADIUS_M
    distance = fmax(sqrt(dot(centre, centre)), 1.0)
    n.pull = GM / (distance * distance * distance)
    for k in range(3):
        unit[0] = unit[1] = unit[2] = 0.0
        unit[k] = 1.0
        rotate(s.quaternion_site_from_body, unit, column)
        n.up[k], n.gained[k] = s.up[k], f.gained_m_s[k]
        for i in range(3):
            n.turned[3 * i + k] = column[i]
        f.gained_m_s[k] = 0.0
    f.elapsed_s = 0.0
    for k in range(STATES):
        carry(&n, p + k, STATES)
    for k in range(STATES):
        carry(&n, p + STATES * k, 1)
    for i in range(3 if f.settled else 0):
        uncouple(f, AT_POSITION + i)
    noise = ACCELERATION_NOISE + (BRIDGED_NOISE if f.bridged_in_a_row > 2 else 0.0)
    for i in range(3):
        p[(STATES + 1) * (AT_VELOCITY + i)] += noise * n.dt
        p[(STATES + 1) * (AT_ATTITUDE + i)] += (GYRO_NOISE + (BRIDGED_GYRO_NOISE if f.bridged_in_a_row > 2 else 0.0)) * n.dt
        p[(STATES + 1) * (AT_GYRO + i)] += GYRO_BIAS_WALK * n.dt
        p[(STATES + 1) * (AT_FORCE + i)] += BIAS_WALK * n.dt
    if s.terrain:
        across = sqrt(fmax(dot(s.velocity_m_s, s.velocity_m_s) - s.vertical_speed_m_s * s.vertical_speed_m_s, 0.0))
        p[(STATES + 1) * AT_ALTITUDE] += TERRAIN_WALK_M * across * n.dt


cdef void forget(NavigationFilter* f, int place, double variance) noexcept nogil:
    uncouple(f, place)
    f.covariance[(STATES + 1) * place] = variance


cdef double variance_along(const NavigationFilter* f, int place, const double* axis) noexcept nogil:
    cdef double sum = 0.0
    cdef int i, k
    for i in range(3):
        for k in range(3):
            sum += axis[i] * axis[k] * f.covariance[STATES * (place + i) + place + k]
    return fmax(sum, 0.0)


cdef void put_right(NavigationSolution* s, NavigationFilter* f, const double* error) noexcept nogil:
    """Add the errors found to what is believed."""
    cdef double turned[3]
    cdef int i
    for i in range(3):
        s.position_m[i] += error[AT_POSITION + i]
        s.velocity_m_s[i] += error[AT_VELOCITY + i]
        f.gyro_bias_rad_s[i] += error[AT_GYRO + i]
        f.accelerometer_bias_m_s2[i] += error[AT_FORCE + i]
    rotate_back(s.quaternion_site_from_body, error + AT_ATTITUDE, turned)
    turn(s.quaternion_site_from_body, turned)
    s.altitude_m += error[AT_ALTITUDE]
    s.vertical_speed_m_s = dot(s.velocity_m_s, s.up)


cdef bint correct(NavigationSolution* s, NavigationFilter* f, const int* places, const double* weights, int count, double innovation,
                  double noise, double gate) noexcept nogil:
    cdef double* p = f.covariance
    cdef double seen[16]
    cdef double error[16]
    cdef double variance = noise
    cdef int i, k
    for i in range(STATES):
        seen[i] = 0.0
        for k in range(count):
            seen[i] += weights[k] * p[STATES * places[k] + i]
    for k in range(count):
        variance += weights[k] * seen[places[k]]
    if not innovation * innovation <= gate * variance:
        return False
    variance = 1.0 / fmax(variance, 1e-18)
    for i in range(STATES):
        error[i] = seen[i] * variance
        for k in range(STATES):
            p[STATES * i + k] -= error[i] * seen[k]
        p[(STATES + 1) * i] = fmax(p[(STATES + 1) * i], LEAST_VARIANCE)
        error[i] *= innovation
    put_right(s, f, error)
    return True
