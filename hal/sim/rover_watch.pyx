# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""What the rover's record says of its state: pose and rates, what an inertial unit feels, slip, tilt, the way it has come, its end.

Slip is 1 - v / (r w) of a wheel that is driven, r w / v - 1 of one that is braked; nothing below a millimetre a second.
"""

from libc.math cimport atan2, fabs, fmax, fmin, sqrt

from hal.sim.mujoco_model cimport Mujoco
from hal.sim.ramp cimport ramp_above
from hal.sim.rover_wheels cimport NOTHING, RAMP, ROCK, SOIL, WHEELS
from hal.sim.site cimport MOON_RATE_NORTH, MOON_RATE_UP, SITE_RADIUS, apparent_gravity, rotate, rotate_back

cdef double FALLEN_M = 0.25                  # so far below deck or rail a wheel on the soil has not come by driving
cdef double SLOWEST_M_S = 1e-3


cdef void moon_rate(const double* quaternion, double* rate) noexcept nogil:
    cdef double site[3]
    site[0], site[1], site[2] = 0.0, MOON_RATE_NORTH, MOON_RATE_UP
    rotate_back(quaternion, site, rate)


cdef void feel_weight(RoverBody* b) noexcept nogil:
    cdef double g[3]
    cdef int i
    apparent_gravity(b.position_m, b.velocity_m_s, g)
    for i in range(3):
        g[i] = -g[i]
    rotate_back(b.quaternion_site_from_body, g, b.specific_force_m_s2)
    moon_rate(b.quaternion_site_from_body, b.rate_rad_s)


cdef void tilt_of(RoverBody* b) noexcept nogil:
    cdef const double* q = b.quaternion_site_from_body
    cdef double up[3]
    cdef double z[3]
    cdef double size, cosine, sine
    up[0], up[1], up[2] = b.position_m[0], b.position_m[1], b.position_m[2] + SITE_RADIUS
    size = 1.0 / sqrt(up[0] * up[0] + up[1] * up[1] + up[2] * up[2])
    z[0], z[1], z[2] = 2.0 * (q[1] * q[3] + q[0] * q[2]), 2.0 * (q[2] * q[3] - q[0] * q[1]), 1.0 - 2.0 * (q[1] * q[1] + q[2] * q[2])
    cosine = (z[0] * up[0] + z[1] * up[1] + z[2] * up[2]) * size
    up[0], up[1], up[2] = (z[1] * up[2] - z[2] * up[1]) * size, (z[2] * up[0] - z[0] * up[2]) * size, (z[0] * up[1] - z[1] * up[0]) * size
    sine = sqrt(up[0] * up[0] + up[1] * up[1] + up[2] * up[2])
    b.tilt_rad = atan2(sine, cosine)


cdef void observe_wheels(RoverContext* c) noexcept nogil:
    cdef RoverBody* b = c.body
    cdef double rim, speed, fastest
    cdef int i
    for i in range(WHEELS):
        b.wheel_load_n[i] = c.work[i].normal_n
        b.wheel_traction_n[i] = c.work[i].forward_n
        b.wheel_sinkage_m[i] = c.work[i].sinkage_m
        b.wheel_surface[i] = c.work[i].kind
        rim, speed = c.work[i].rim_m_s, c.work[i].speed_m_s
        fastest = fmax(fabs(rim), fabs(speed))
        if c.work[i].kind == NOTHING or fastest < SLOWEST_M_S:
            b.wheel_slip[i] = 0.0
        elif fabs(rim) >= fabs(speed):
            b.wheel_slip[i] = fmin(1.0, 1.0 - speed / rim)
        else:
            b.wheel_slip[i] = fmax(-1.0, rim / speed - 1.0)


cdef void judge(RoverContext* c) noexcept nogil:
    """Tipped over, or beside the ramp before it was left at its end."""
    cdef RoverBody* b = c.body
    cdef double place[3]
    cdef bint on_ramp = False
    cdef int on_ground = 0, i, k
    if b.outcome == 0 and not c.physics.left_ramp and not c.ground.made:
        for i in range(WHEELS):
            if c.work[i].kind == SOIL:
                rotate(&c.mujoco.xquat[4 * c.carrier[i]], c.offset_m[i], place)
                for k in range(3):
                    place[k] += c.mujoco.xpos[3 * c.carrier[i] + k]
                if ramp_above(&c.ramp, place, FALLEN_M):
                    b.outcome = 2
    for i in range(WHEELS):
        on_ground += c.work[i].kind == SOIL or c.work[i].kind == ROCK
        on_ramp = on_ramp or c.work[i].kind == RAMP
    if on_ground >= 4 and not on_ramp and b.outcome == 0:
        c.physics.left_ramp = 1
    if b.outcome == 0 and b.tilt_rad > c.tipped_rad:
        b.outcome = 1 if c.physics.left_ramp or c.ground.made else 2


cdef void observe(RoverContext* c, const double* before, const double* at) noexcept nogil:
    cdef Mujoco* m = c.mujoco
    cdef RoverBody* b = c.body
    cdef double g[3]
    cdef double way[3]
    cdef double up, x, y, z
    cdef int i
    for i in range(3):
        b.position_m[i], b.velocity_m_s[i] = m.qpos[i], m.qvel[i]
        way[i] = b.position_m[i] - at[i]
    for i in range(4):
        b.quaternion_site_from_body[i] = m.qpos[3 + i]
    apparent_gravity(b.position_m, b.velocity_m_s, g)
    for i in range(3):
        g[i] = (b.velocity_m_s[i] - before[i]) / c.tick_s - g[i]
    rotate_back(b.quaternion_site_from_body, g, b.specific_force_m_s2)
    moon_rate(b.quaternion_site_from_body, g)
    for i in range(3):
        b.rate_rad_s[i] = m.qvel[3 + i] + g[i]
    b.suspension_rad[0], b.suspension_rad[1] = m.qpos[c.joint[0]], m.qpos[c.joint[1]]
    b.suspension_rad[2], b.suspension_rad[3] = m.qpos[c.joint[2]], m.qpos[c.joint[3]]
    up = (way[0] * b.position_m[0] + way[1] * b.position_m[1]) / SITE_RADIUS + way[2]
    x, y, z = way[0] - up * b.position_m[0] / SITE_RADIUS, way[1] - up * b.position_m[1] / SITE_RADIUS, way[2] - up
    b.distance_m += sqrt(x * x + y * y + z * z)
    tilt_of(b)
    observe_wheels(c)
    judge(c)
