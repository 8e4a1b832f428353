# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (fixed-size C arrays, pointers and indices from the tables built below; every divisor is bounded away from zero where it stands)
"""Control: attitude by thrusters, thrust by the engine, at 100 Hz.

The wanted body z lies along guidance's acceleration, at the heading held since arming: the turn about z that is left when the shortest
turn from the site's vertical to z has been taken away. Attitude error gives a rate, limited; rate error
gives a torque, to which are added w x I w and a slow integral that holds what turns the body steadily (an engine off its axis). The
torque times the cycle is an angular impulse; each axis takes it from the 10 N set, or from the 150 N set when that is too weak. Which
thrusters and how long for each newton-metre-second is solved once, when the application is built. An impulse too short for a valve is
owed to the next cycle. Nothing opens that guidance has not armed, nor when guidance has fallen silent for a second.
"""

from libc.math cimport atan2, cos, fabs, fmax, fmin, sin, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memset

import numpy as np

from flight.apps.attitude cimport cross, dot, multiply, normalise, rotate
from flight.apps.guidance cimport Guidance
from flight.apps.navigation cimport DEGRADED_IMU
from flight.ports cimport AppLinks, event_raise, sampling_make, sampling_publish
from hal.drivers.engine cimport EngineDriver
from hal.drivers.thrusters cimport ThrustersDriver

from flight import lander_geometry as geometry
from flight.apps.thruster_allocation import allocate
from wire.dictionary import LANDER

cdef double MASS_KG = geometry.MASS_KG
cdef double LEAST_THRUST_N = geometry.ENGINE_LEAST_N
cdef double MOST_THRUST_N = geometry.ENGINE_GREATEST_N
cdef double ATTITUDE_GAIN = 1.2              # 1/s
cdef double RATE_GAIN = 4.0                  # 1/s
cdef double INTEGRAL_GAIN = 1.0              # 1/s2
cdef double RATE_LIMIT_RAD_S = 0.1
cdef double DISTURBANCE_LIMIT_N_M = 60.0
cdef double TO_COARSE = 0.9                  # of the 10 N set's torque: above it, the 150 N set
cdef double TO_FINE = 0.4
cdef double DUTY_TIME_S = 1.0
cdef double SATURATED_S = 5.0                # so long without a break is worth an event
cdef double SILENCE_S = 1.0
cdef double UNIT_LEAST_S = 0.0002            # the drive units open no valve for less
cdef double[2] SHORTEST_S = [0.005, 0.004]   # shortest pulse asked of the 150 N and the 10 N valves


cdef void close_all(ControlContext* c) noexcept nogil:
    cdef ControlRecord* r = c.record
    memset(c.thrusters.on_time_s, 0, sizeof(c.thrusters.on_time_s))
    c.thrusters.armed = 0
    memset(r.attitude_error_rad, 0, sizeof(r.attitude_error_rad))
    memset(r.rate_error_rad_s, 0, sizeof(r.rate_error_rad_s))
    memset(r.torque_n_m, 0, sizeof(r.torque_n_m))
    memset(r.disturbance_n_m, 0, sizeof(r.disturbance_n_m))
    memset(r.impulse_n_m_s, 0, sizeof(r.impulse_n_m_s))
    memset(r.coarse, 0, sizeof(r.coarse))
    r.thruster_duty = 0.0
    r.saturated_cycles = r.reported = r.armed = 0


cdef void aim(ControlContext* c) noexcept nogil:
    """The desired quaternion: the shortest turn from the site's z to the wanted thrust direction, after the turn by the heading."""
    cdef double* a = c.demand.acceleration_m_s2
    cdef double length = sqrt(dot(a, a))
    cdef double heading[4]
    cdef double tilt[4]
    if length < 1e-6:                                            # falling: keep what was wanted last
        return
    heading[0], heading[1], heading[2], heading[3] = cos(0.5 * c.record.heading_rad), 0.0, 0.0, sin(0.5 * c.record.heading_rad)
    tilt[0], tilt[1], tilt[2], tilt[3] = length + a[2], -a[1], a[0], 0.0
    normalise(tilt)
    multiply(tilt, heading, c.record.quaternion_desired)


cdef void want_torque(ControlContext* c) noexcept nogil:
    cdef ControlRecord* r = c.record
    cdef double* rate = c.nav.rate_rad_s
    cdef double inverse[4]
    cdef double error[4]
    cdef double momentum[3]
    cdef double gyroscopic[3]
    cdef double inertia[3]
    cdef double wanted, sign, more = fmin(fmax(c.demand.mass_kg - MASS_KG, -100.0), 1500.0)
    cdef int i
    inverse[0] = c.nav.quaternion_site_from_body[0]
    for i in range(3):
        inverse[i + 1] = -c.nav.quaternion_site_from_body[i + 1]
        inertia[i] = c.inertia_kg_m2[i] + c.inertia_per_kg_m2[i] * more
        momentum[i] = inertia[i] * rate[i]
    multiply(inverse, r.quaternion_desired, error)
    sign = 2.0 if error[0] >= 0.0 else -2.0
    cross(rate, momentum, gyroscopic)
    for i in range(3):
        r.attitude_error_rad[i] = sign * error[i + 1]
        wanted = fmax(-RATE_LIMIT_RAD_S, fmin(ATTITUDE_GAIN * r.attitude_error_rad[i], RATE_LIMIT_RAD_S))
        r.rate_error_rad_s[i] = wanted - rate[i]
        if not r.saturated_cycles:
            r.disturbance_n_m[i] += INTEGRAL_GAIN * inertia[i] * r.rate_error_rad_s[i] * c.cycle_s
            r.disturbance_n_m[i] = fmax(-DISTURBANCE_LIMIT_N_M, fmin(r.disturbance_n_m[i], DISTURBANCE_LIMIT_N_M))
        r.torque_n_m[i] = RATE_GAIN * inertia[i] * r.rate_error_rad_s[i] + gyroscopic[i] + r.disturbance_n_m[i]


cdef void open_valves(ControlContext* c, int64_t tick) noexcept nogil:
    """On-times for the wanted torque, over one cycle; scaled together when one of them would be longer than that."""
    cdef ControlRecord* r = c.record
    cdef double* on = c.thrusters.on_time_s
    cdef Allocation* a
    cdef double impulse, longest = 0.0, total = 0.0, scale = 1.0
    cdef int i, k, which
    memset(on, 0, sizeof(c.thrusters.on_time_s))
    for i in range(3):
        if fabs(r.torque_n_m[i]) > TO_COARSE * c.capacity_n_m[1][i]:
            r.coarse[i] = 1
        elif fabs(r.torque_n_m[i]) < TO_FINE * c.capacity_n_m[1][i]:
            r.coarse[i] = 0
        which = 0 if r.coarse[i] else 1
        impulse = r.torque_n_m[i] * c.cycle_s + r.impulse_n_m_s[i]
        a = &c.allocation[which][2 * i + (impulse < 0.0)]
        impulse = fabs(impulse)
        if impulse * a.longest < SHORTEST_S[which]:
            r.impulse_n_m_s[i] = impulse if a == &c.allocation[which][2 * i] else -impulse
            continue
        r.impulse_n_m_s[i] = 0.0
        for k in range(a.count):
            on[a.thruster[k]] += impulse * a.on_time_s_per_n_m_s[k]
            longest = fmax(longest, on[a.thruster[k]])
    if longest > c.cycle_s:
        scale = c.cycle_s / longest
        r.saturated_cycles += r.saturated_cycles < 1000000
    else:
        r.saturated_cycles = 0
        r.reported = 0
    for i in range(28):
        on[i] *= scale
        if on[i] < UNIT_LEAST_S:
            on[i] = 0.0
        total += on[i]
    r.thruster_duty += (total / (28.0 * c.cycle_s) - r.thruster_duty) * fmin(c.cycle_s / DUTY_TIME_S, 1.0)
    if r.saturated_cycles * c.cycle_s >= SATURATED_S and not r.reported:
        r.reported = 1
        event_raise(c.ports, tick, c.event_saturated, 3, r.attitude_error_rad)


cdef void push(ControlContext* c) noexcept nogil:
    """Engine thrust: what guidance asks along its direction, seen along the body's z."""
    cdef double* a = c.demand.acceleration_m_s2
    cdef double axis[3]
    cdef double body_z[3]
    cdef double along
    axis[0], axis[1], axis[2] = 0.0, 0.0, 1.0
    rotate(c.nav.quaternion_site_from_body, axis, body_z)
    along = dot(a, body_z) / fmax(sqrt(dot(a, a)), 1e-6)
    c.engine.thrust_n = fmax(LEAST_THRUST_N, fmin(c.demand.thrust_command_n * fmax(along, 0.0), MOST_THRUST_N))
    c.engine.armed = 1


cdef int run(void* context, int64_t tick) noexcept nogil:
    cdef ControlContext* c = <ControlContext*>context
    cdef ControlRecord* r = c.record
    cdef double* q = c.nav.quaternion_site_from_body
    cdef bint alive = c.demand_port.state.count > 0 and (tick - c.demand_port.state.tick) * c.tick_s <= SILENCE_S
    if alive and c.demand.engine_armed:
        push(c)
    else:
        c.engine.thrust_n, c.engine.armed = 0.0, 0
    r.thrust_n = c.engine.thrust_n
    if not (alive and c.demand.thrusters_armed):
        if r.armed or c.thrusters.armed:
            close_all(c)
        sampling_publish(&c.port, tick)
        return 0
    if not r.armed:
        r.armed = 1
        r.heading_rad = 2.0 * atan2(q[3], q[0])
    aim(c)
    if c.nav.causes & DEGRADED_IMU:                              # blind: a torque against an error that no longer changes would spin it up
        memset(c.thrusters.on_time_s, 0, sizeof(c.thrusters.on_time_s))
        memset(r.torque_n_m, 0, sizeof(r.torque_n_m))
        r.saturated_cycles = 0
    else:
        want_torque(c)
        open_valves(c, tick)
    c.thrusters.armed = 1
    sampling_publish(&c.port, tick)
    return 0


cdef class Control:
    """Control of the lander: the one writer of the engine's and the thrusters' commands. Takes the records `control` and `control.port`."""

    def __init__(self, Arena arena not None, AppLinks links not None, Guidance guidance not None, EngineDriver engine not None,
                 ThrustersDriver thrusters not None, double cycle_s=0.01, double tick_s=0.01):
        cdef ControlContext* c = &self.context
        cdef ControlRecord[::1] record
        cdef int i
        self.arena = arena
        self.wired = (links, guidance, engine, thrusters)
        c.port = sampling_make(arena, "control", sizeof(ControlRecord))
        c.record = <ControlRecord*>c.port.message
        record = <ControlRecord[:1]>c.record
        arena.bind("control", np.asarray(record))
        c.nav, c.demand, c.demand_port = guidance.context.nav, guidance.demand, guidance.context.port
        c.engine, c.thrusters, c.ports = engine.command, thrusters.command, &links.ports
        c.cycle_s, c.tick_s = cycle_s, tick_s
        c.event_saturated = LANDER.event("control_saturated").id
        c.record.quaternion_desired[0] = 1.0
        for i in range(3):
            c.inertia_kg_m2[i], c.inertia_per_kg_m2[i] = geometry.INERTIA_KG_M2[i], geometry.INERTIA_PER_KG_M2[i]
        self._tabulate()
        self.slot = SlotCode.make("control", run, c, self)

    cdef int _tabulate(self) except -1:
        """Fill the allocation tables: +x, -x, +y, -y, +z, -z of each set."""
        cdef ControlContext* c = &self.context
        cdef Allocation* a
        cdef int which, axis, k
        for which, thrust_n in enumerate((150.0, 10.0)):
            members = [t for t, row in enumerate(geometry.THRUSTERS) if row.thrust_n == thrust_n]
            for axis in range(3):
                c.capacity_n_m[which][axis] = 1e9
            for axis in range(AXES):
                a = &c.allocation[which][axis]
                weights = allocate([geometry.THRUSTERS[t] for t in members], axis // 2, -1.0 if axis % 2 else 1.0)
                chosen = [(t, w) for t, w in zip(members, weights) if w > 0.0]
                if len(chosen) > MOST:
                    raise ValueError(f"{len(chosen)} thrusters for one axis: the table holds {MOST}")
                a.count = len(chosen)
                a.longest = max(weights)
                for k in range(a.count):
                    a.thruster[k], a.on_time_s_per_n_m_s[k] = chosen[k]
                c.capacity_n_m[which][axis // 2] = fmin(c.capacity_n_m[which][axis // 2], 1.0 / a.longest)
        return 0

    def allocation(self, int which, int axis):
        """{thruster: seconds for each newton-metre-second} of the 150 N set (0) or the 10 N set (1); axis 0..5 is +x, -x, +y, -y, +z, -z."""
        if not (0 <= which < SETS and 0 <= axis < AXES):
            raise IndexError(f"no allocation for set {which}, axis {axis}")
        cdef Allocation* a = &self.context.allocation[which][axis]
        return {a.thruster[k]: a.on_time_s_per_n_m_s[k] for k in range(a.count)}
