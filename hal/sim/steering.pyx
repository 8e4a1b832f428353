# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""SimSteering: what turns one corner wheel of the rover about its vertical axis (protocol: docs/devices.md, "Rover drives").

Model: gear 2000:1 of 50 % efficiency, self-locking; torque constant 0.03 N.m/A, winding 4 ohm, rated 0.5 A, limit 0.75 A; stops at
70 degrees. The wheel resists with 1 N.m of the gear and 0.03 m times its load, the arm with which a wheel of 0.15 m width is screwed on
its spot; the motor's speed follows the profile of 6081h, 6083h and 6084h exactly while its torque suffices, and stands still when it
does not. Figures are a choice of ours. The drive trips (2310h) after one second at its current limit, and on a missing receive process
data (8250h) once its deadline is set.
Not simulated: the rotor's inertia, side loads of the ground on the gear, backlash, heating, homing (the encoder is absolute).
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int32_t, uint8_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.random cimport random_gaussian
from hal.core.slot cimport SlotCode
from hal.sim.drive_node cimport (
    ENABLED, PROFILE_POSITION, node_due, node_first, node_listen, node_lost, node_restart, node_second, node_speaks, node_take, node_tend,
    node_trip,
)
from hal.sim.far_end cimport CanFarEnd, record_of
from hal.sim.faults cimport (
    FAULT_BIAS, FAULT_DELAY, FAULT_FROZEN, FAULT_NOISE, FAULT_SATURATE, FAULT_SCALE, FAULT_STUCK, HISTORY, fault_capture, fault_gone,
    fault_look_back, fault_on, fault_parameter, value_faults,
)

cdef double GEAR = 2000.0
cdef double TO_WHEEL = 2000.0 * 0.5
cdef double LIMIT_N_M = 0.0225
cdef double RATED_N_M = 0.015
cdef double TORQUE_CONSTANT_N_M_A = 0.03
cdef double WINDING_OHM = 4.0
cdef double ELECTRONICS_W = 0.5
cdef double GEAR_FRICTION_N_M = 1.0                             # at the wheel
cdef double SCREW_M = 0.03
cdef double STOP_RAD = 1.2217304763960306                       # 70 degrees
cdef double COUNTS_PER_RAD = 2000.0 * 4096.0 / 6.283185307179586
cdef double RAD_S_PER_UNIT = 6.283185307179586 / 600.0 / 2000.0
cdef double NEAR_RAD = 0.0005
cdef int[4] WHEEL
WHEEL[:] = [0, 2, 3, 5]


cdef void restart(SimSteeringContext* c, int64_t boot_tick) noexcept nogil:
    """Power-on: the gear stands where it stands, and the encoder knows."""
    node_restart(&c.drive, boot_tick)
    c.state.rate_rad_s = c.state.torque_n_m = 0.0
    c.state.goal_rad = c.state.angle_rad
    c.state.overload_ticks = 0


cdef void take_frame(void* context, int64_t tick, uint32_t id, const uint8_t* p, uint32_t length) noexcept nogil:
    cdef SimSteeringContext* c = <SimSteeringContext*>context
    if node_take(&c.drive, tick, id, p, length):
        restart(c, tick + 1)


cdef double wanted_rad(SimSteeringContext* c, int64_t tick) noexcept nogil:
    """The set-point in force, within the stops."""
    cdef SimSteeringState* s = c.state
    cdef double goal
    if s.node.set_point:
        s.node.set_point = 0
        goal = <int32_t>s.node.target / COUNTS_PER_RAD
        s.goal_rad = STOP_RAD if goal > STOP_RAD else -STOP_RAD if goal < -STOP_RAD else goal
    if fault_on(c.part, FAULT_DELAY):
        return fault_look_back(c.part, c.goals, &s.held_rad_s, tick, s.goal_rad, s.goal_rad)
    return s.goal_rad


cdef double profile_rad_s(SimSteeringContext* c, double distance) noexcept nogil:
    """The rate of this tick on a trapezoidal profile that ends at rest at the goal."""
    cdef SimSteeringState* s = c.state
    cdef double most = s.node.profile_velocity * RAD_S_PER_UNIT, grow = s.node.acceleration * RAD_S_PER_UNIT * c.tick_s
    cdef double slow = s.node.deceleration * RAD_S_PER_UNIT, rate = sqrt(2.0 * slow * fabs(distance))
    rate = most if rate > most else rate
    rate = fabs(distance) / c.tick_s if rate * c.tick_s > fabs(distance) else rate
    rate = rate if distance > 0.0 else -rate
    return s.rate_rad_s + grow if rate > s.rate_rad_s + grow else s.rate_rad_s - grow if rate < s.rate_rad_s - grow else rate


cdef void spoil(SimSteeringContext* c, int64_t tick, double* rate, double* need, double* most) noexcept nogil:
    """What faults make of the rate, of the torque that it needs, and of the torque that there is (of the motor)."""
    cdef FaultState* f = c.part
    if fault_on(f, FAULT_BIAS):
        need[0] += fault_parameter(f, FAULT_BIAS, 0) / TO_WHEEL
    if fault_on(f, FAULT_SCALE):
        need[0] = need[0] / fault_parameter(f, FAULT_SCALE, 0) if fault_parameter(f, FAULT_SCALE, 0) > 0.01 else 100.0 * need[0]
    if fault_on(f, FAULT_SATURATE) and fault_parameter(f, FAULT_SATURATE, 0) / TO_WHEEL < most[0]:
        most[0] = fault_parameter(f, FAULT_SATURATE, 0) / TO_WHEEL
    if fault_on(f, FAULT_NOISE) and rate[0] != 0.0:
        rate[0] += fault_parameter(f, FAULT_NOISE, 0) * random_gaussian(c.part_random)
    if fault_gone(f, tick, c.part_random):
        rate[0] = need[0] = 0.0
    if fault_on(f, FAULT_STUCK) and rate[0] != 0.0:
        need[0] = 1.0


cdef void turn(SimSteeringContext* c, int64_t tick) noexcept nogil:
    """One tick of motor and gear."""
    cdef SimSteeringState* s = c.state
    cdef FaultState* f = c.part
    cdef double rate = 0.0, need = 0.0, most = LIMIT_N_M, load = c.body.wheel_load_n[c.wheel], distance
    if s.node.drive_state == ENABLED:
        distance = wanted_rad(c, tick) - s.angle_rad
        s.node.reached = -NEAR_RAD < distance < NEAR_RAD
        rate = profile_rad_s(c, distance)
        if rate != 0.0:
            need = (GEAR_FRICTION_N_M + SCREW_M * load) / TO_WHEEL
        if f.active:
            spoil(c, tick, &rate, &need, &most)
    else:
        s.node.reached = 0
    if fault_on(f, FAULT_FROZEN):
        if fault_capture(f, FAULT_FROZEN):
            s.held_rad_s = s.rate_rad_s
        rate = s.held_rad_s
    if need > most:
        need, rate = most, 0.0
        s.overload_ticks += 1
    else:
        s.overload_ticks = 0
    if s.angle_rad + rate * c.tick_s > STOP_RAD or s.angle_rad + rate * c.tick_s < -STOP_RAD:
        rate = 0.0
    s.rate_rad_s = rate
    s.angle_rad += rate * c.tick_s
    s.torque_n_m = need if rate >= 0.0 else -need


cdef void report(SimSteeringContext* c, int64_t tick) noexcept nogil:
    cdef SimSteeringState* s = c.state
    cdef double angle = s.angle_rad
    cdef bint known
    if not node_speaks(&c.drive, tick):
        return
    if node_due(&c.drive, tick, s.node.first_ms):
        known = value_faults(&c.value, tick, &angle)
        node_first(&c.drive, tick, known, angle * COUNTS_PER_RAD)
    if node_due(&c.drive, tick, s.node.second_ms):
        node_second(&c.drive, tick, s.torque_n_m * (1000.0 / RATED_N_M), <uint32_t>s.node.velocity)


cdef int serve_steering(void* context, int64_t tick) noexcept nogil:
    cdef SimSteeringContext* c = <SimSteeringContext*>context
    cdef SimSteeringState* s = c.state
    cdef int64_t boot_tick
    cdef double current, power
    if node_lost(&c.drive, c.part, tick, &boot_tick):
        restart(c, boot_tick)
    node_tend(&c.drive, tick)
    if s.overload_ticks * c.tick_s >= 1.0:
        node_trip(&c.drive, tick, 0x2310)
    turn(c, tick)
    s.node.limited = s.overload_ticks > 0
    s.node.position = <uint32_t><int32_t>(s.angle_rad * COUNTS_PER_RAD)
    s.node.velocity = <int32_t>(s.rate_rad_s / RAD_S_PER_UNIT)
    c.actuation.steering_angle_rad[c.index] = s.angle_rad
    current = s.torque_n_m / TORQUE_CONSTANT_N_M_A
    power = fabs(s.torque_n_m * s.rate_rad_s * GEAR) + WINDING_OHM * current * current
    power += ELECTRONICS_W * (2.0 if s.node.drive_state == ENABLED else 1.0)
    c.actuation.drive_power_w[6 + c.index] = power if s.node.node_state else 0.0
    if s.node.node_state:
        report(c, tick)
    return 0


cdef class SimSteering(SimCanUnit):
    """Steering `index`, 0 to 3: CANopen node `index` + 11 on the bus of `can`. The records `rover` and `rover.actuation` must be there."""

    def __init__(self, Arena arena not None, CanFarEnd can not None, int index=0, double tick_s=0.01):
        if not 0 <= index < 4:
            raise ValueError(f"the rover has no steering {index}")
        cdef SimSteeringContext* c = &self.context
        self.wire(arena, can, f"rover.steering.{index}", &c.value, 1, STOP_RAD, max(1, round(0.02 / tick_s)), True)
        c.body = <const RoverBody*>record_of(arena, "rover", sizeof(RoverBody))
        c.actuation = <RoverActuation*>record_of(arena, "rover.actuation", sizeof(RoverActuation))
        c.state = <SimSteeringState*>arena.take(f"device.{self.name}", sizeof(SimSteeringState))
        cdef SimSteeringState[::1] view = <SimSteeringState[:1]>c.state
        arena.bind(f"device.{self.name}", np.asarray(view))
        c.goals = <double*>arena.take(f"device.{self.name}.goals", HISTORY * sizeof(double))
        c.part, c.part_random = self.part.state, self.part.random.stream
        c.drive.s, c.drive.line, c.drive.node = &c.state.node, &self.line.line, index + 11
        c.drive.mode, c.drive.tick_s = PROFILE_POSITION, tick_s
        c.index, c.wheel, c.tick_s = index, WHEEL[index], tick_s
        restart(c, 0)
        node_listen(&c.drive, can, take_frame, c, self.line, self)
        self.slot = SlotCode.make(self.name, serve_steering, c, self)
