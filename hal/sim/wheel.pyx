# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""SimWheel: one wheel's motor, gear and drive, a CANopen node with the CiA 402 profile (protocol: docs/devices.md, "Rover drives").

Model: rotor inertia 5e-6 kg.m2, torque constant 0.03 N.m/A, winding 1.5 ohm, rated 1 A, limit 1.5 A; gear 1200:1 of 60 % efficiency;
Coulomb friction 0.0015 N.m and viscous 1e-6 N.m.s at the motor; a speed loop of 20 ms behind a ramp; 0.5 W for the electronics, twice
that while enabled; nothing is fed back to the supply. Figures are a choice of ours, of the size of a drive that turns a 0.3 m wheel at
5.6 cm/s (facts: change4, section 4). The wheel's rate is integrated by the rover's physics from our torque and friction. The drive
trips (2310h) after one second at its current limit, and on a missing receive process data (8250h) once its deadline is set.
Not simulated: the current loop, back-EMF limits, backlash and compliance of the gear, heating of the winding, cold lubricant,
segmented transfers, the synchronisation object, node guarding.
"""

from libc.math cimport fabs
from libc.stdint cimport int32_t, uint8_t

import math

import numpy as np

from hal.core.arena cimport Arena
from hal.core.random cimport random_gaussian
from hal.core.slot cimport SlotCode
from hal.sim.drive_node cimport (
    ENABLED, PROFILE_VELOCITY, QUICK_STOP, node_due, node_first, node_listen, node_lost, node_restart, node_second, node_speaks, node_take,
    node_tend, node_trip,
)
from hal.sim.far_end cimport CanFarEnd, record_of
from hal.sim.faults cimport (
    FAULT_BIAS, FAULT_DELAY, FAULT_FROZEN, FAULT_NOISE, FAULT_SATURATE, FAULT_SCALE, FAULT_STUCK, HISTORY, fault_capture, fault_gone,
    fault_look_back, fault_on, fault_parameter, value_faults,
)

cdef double GEAR = 1200.0
cdef double EFFICIENCY = 0.6
cdef double INERTIA_KG_M2 = 5e-6
cdef double RATED_N_M = 0.03
cdef double LIMIT_N_M = 0.045
cdef double FRICTION_N_M = 0.0015
cdef double VISCOUS_N_M_S = 1e-6
cdef double INTEGRAL_N_M_RAD = 0.002
cdef double TORQUE_CONSTANT_N_M_A = 0.03
cdef double WINDING_OHM = 1.5
cdef double ELECTRONICS_W = 0.5
cdef double RAD_S_PER_UNIT = 6.283185307179586 / 600.0        # 0.1 rpm
cdef double COUNTS_PER_RAD = 4096.0 / 6.283185307179586
cdef double FASTEST_RAD_S = 628.3185307179587                  # 6000 rpm
cdef double TO_WHEEL = 1200.0 * 0.6                            # torque of the motor to torque of the wheel


cdef void restart(SimWheelContext* c, int64_t boot_tick) noexcept nogil:
    """Power-on. The shaft keeps turning as it did; the encoder counts from zero again."""
    cdef SimWheelState* s = c.state
    node_restart(&c.drive, boot_tick)
    s.count_origin = <int64_t>(c.body.wheel_angle_rad[c.index] * GEAR * COUNTS_PER_RAD)
    s.demand_rad_s = s.integral_n_m = s.torque_n_m = 0.0
    s.overload_ticks = 0


cdef void take_frame(void* context, int64_t tick, uint32_t id, const uint8_t* p, uint32_t length) noexcept nogil:
    cdef SimWheelContext* c = <SimWheelContext*>context
    if node_take(&c.drive, tick, id, p, length):
        restart(c, tick + 1)


cdef double demanded_rad_s(SimWheelContext* c, int64_t tick) noexcept nogil:
    """The ramped speed demand of the motor."""
    cdef SimWheelState* s = c.state
    cdef double target = <int32_t>s.node.target * RAD_S_PER_UNIT if s.node.drive_state == ENABLED else 0.0, step
    target = FASTEST_RAD_S if target > FASTEST_RAD_S else -FASTEST_RAD_S if target < -FASTEST_RAD_S else target
    if fault_on(c.part, FAULT_DELAY):
        target = fault_look_back(c.part, c.targets, &s.held_rad_s, tick, target, s.demand_rad_s)
    step = (s.node.acceleration if target > s.demand_rad_s else s.node.deceleration) * RAD_S_PER_UNIT * c.tick_s
    if target > s.demand_rad_s + step:
        return s.demand_rad_s + step
    return s.demand_rad_s - step if target < s.demand_rad_s - step else target


cdef double motor_torque_n_m(SimWheelContext* c, int64_t tick, double motor_rad_s) noexcept nogil:
    """What the drive makes its current for: speed loop within the current limit; none unless enabled."""
    cdef SimWheelState* s = c.state
    cdef double error, torque, sense
    if s.node.drive_state != ENABLED and s.node.drive_state != QUICK_STOP:
        s.demand_rad_s = motor_rad_s
        s.integral_n_m = 0.0
        s.overload_ticks = 0
        return 0.0
    s.demand_rad_s = demanded_rad_s(c, tick)
    error = s.demand_rad_s - motor_rad_s
    s.integral_n_m += INTEGRAL_N_M_RAD * error * c.tick_s
    s.integral_n_m = LIMIT_N_M if s.integral_n_m > LIMIT_N_M else -LIMIT_N_M if s.integral_n_m < -LIMIT_N_M else s.integral_n_m
    sense = 1.0 if s.demand_rad_s > 0.0 else -1.0 if s.demand_rad_s < 0.0 else 0.0
    torque = INERTIA_KG_M2 * error * c.follow / c.tick_s + FRICTION_N_M * sense + VISCOUS_N_M_S * motor_rad_s + s.integral_n_m
    if -LIMIT_N_M < torque < LIMIT_N_M:
        s.overload_ticks = 0
        return torque
    s.overload_ticks += 1
    return LIMIT_N_M if torque > 0.0 else -LIMIT_N_M


cdef double faulty_torque_n_m(SimWheelContext* c, int64_t tick, double torque, double motor_rad_s) noexcept nogil:
    """What reaches the shaft of the current's torque."""
    cdef FaultState* f = c.part
    cdef double limit
    if fault_gone(f, tick, c.part_random):
        c.state.torque_n_m = 0.0
        c.state.overload_ticks = 0
        return 0.0
    if fault_on(f, FAULT_FROZEN):                            # a runaway: it holds the rate that it had, whatever comes
        if fault_capture(f, FAULT_FROZEN):
            c.state.held_rad_s = motor_rad_s
        torque = (0.5 * INERTIA_KG_M2 * (c.state.held_rad_s - motor_rad_s) / c.tick_s + VISCOUS_N_M_S * motor_rad_s
                  + (FRICTION_N_M if c.state.held_rad_s > 0.0 else -FRICTION_N_M if c.state.held_rad_s < 0.0 else 0.0))
        torque = LIMIT_N_M if torque > LIMIT_N_M else -LIMIT_N_M if torque < -LIMIT_N_M else torque
    if fault_on(f, FAULT_SCALE):
        torque *= fault_parameter(f, FAULT_SCALE, 0)
    if fault_on(f, FAULT_NOISE):
        torque += fault_parameter(f, FAULT_NOISE, 0) / TO_WHEEL * random_gaussian(c.part_random)
    if fault_on(f, FAULT_SATURATE):
        limit = fault_parameter(f, FAULT_SATURATE, 0) / TO_WHEEL
        torque = limit if torque > limit else -limit if torque < -limit else torque
    return torque


cdef void drive(SimWheelContext* c, int64_t tick, double motor_rad_s) noexcept nogil:
    """Torque and friction of this tick, for physics; and what the drive takes for them."""
    cdef SimWheelState* s = c.state
    cdef FaultState* f = c.part
    cdef RoverActuation* a = c.actuation
    cdef double torque, drag = FRICTION_N_M + VISCOUS_N_M_S * fabs(motor_rad_s), power, current
    s.torque_n_m = torque = motor_torque_n_m(c, tick, motor_rad_s)
    a.wheel_locked[c.index] = 0
    if f.active:
        torque = faulty_torque_n_m(c, tick, torque, motor_rad_s)
        if fault_on(f, FAULT_BIAS):
            drag += fault_parameter(f, FAULT_BIAS, 0) / TO_WHEEL
        a.wheel_locked[c.index] = fault_on(f, FAULT_STUCK)
    a.wheel_torque_n_m[c.index] = torque * TO_WHEEL
    a.wheel_friction_n_m[c.index] = drag * TO_WHEEL
    current = s.torque_n_m / TORQUE_CONSTANT_N_M_A
    power = s.torque_n_m * motor_rad_s + WINDING_OHM * current * current
    power = (power if power > 0.0 else 0.0) + ELECTRONICS_W * (2.0 if s.node.drive_state == ENABLED else 1.0)
    a.drive_power_w[c.index] = power if s.node.node_state else 0.0


cdef void report(SimWheelContext* c, int64_t tick, double motor_rad_s) noexcept nogil:
    cdef SimWheelState* s = c.state
    cdef double rate = motor_rad_s / GEAR
    cdef bint known
    if not node_speaks(&c.drive, tick):
        return
    if node_due(&c.drive, tick, s.node.first_ms):
        known = value_faults(&c.value, tick, &rate)
        node_first(&c.drive, tick, known, rate * GEAR / RAD_S_PER_UNIT)
    if node_due(&c.drive, tick, s.node.second_ms):
        node_second(&c.drive, tick, s.torque_n_m * (1000.0 / RATED_N_M), s.node.position)


cdef int serve_wheel(void* context, int64_t tick) noexcept nogil:
    cdef SimWheelContext* c = <SimWheelContext*>context
    cdef SimWheelState* s = c.state
    cdef int64_t boot_tick
    cdef double motor_rad_s = c.body.wheel_rate_rad_s[c.index] * GEAR
    if node_lost(&c.drive, c.part, tick, &boot_tick):
        restart(c, boot_tick)
    node_tend(&c.drive, tick)
    if s.overload_ticks * c.tick_s >= 1.0:
        node_trip(&c.drive, tick, 0x2310)
    drive(c, tick, motor_rad_s)
    s.node.velocity = <int32_t>(motor_rad_s / RAD_S_PER_UNIT)
    s.node.position = <uint32_t>(<int64_t>(c.body.wheel_angle_rad[c.index] * GEAR * COUNTS_PER_RAD) - s.count_origin)
    s.node.reached = s.node.drive_state == ENABLED and -2.0 < s.demand_rad_s - motor_rad_s < 2.0
    s.node.limited = s.overload_ticks > 0
    s.node.special = -0.5 < motor_rad_s < 0.5
    if s.node.node_state:
        report(c, tick, motor_rad_s)
    return 0


cdef class SimWheel(SimCanUnit):
    """Wheel `index`, 0 to 5: CANopen node `index` + 1 on the bus of `can`. The records `rover` and `rover.actuation` must be there."""

    def __init__(self, Arena arena not None, CanFarEnd can not None, int index=0, double tick_s=0.01):
        if not 0 <= index < 6:
            raise ValueError(f"the rover has no wheel {index}")
        cdef SimWheelContext* c = &self.context
        self.wire(arena, can, f"rover.wheel.{index}", &c.value, 1, FASTEST_RAD_S / GEAR, max(1, round(0.02 / tick_s)), True)
        c.body = <const RoverBody*>record_of(arena, "rover", sizeof(RoverBody))
        c.actuation = <RoverActuation*>record_of(arena, "rover.actuation", sizeof(RoverActuation))
        c.state = <SimWheelState*>arena.take(f"device.{self.name}", sizeof(SimWheelState))
        cdef SimWheelState[::1] view = <SimWheelState[:1]>c.state
        arena.bind(f"device.{self.name}", np.asarray(view))
        c.targets = <double*>arena.take(f"device.{self.name}.targets", HISTORY * sizeof(double))
        c.part, c.part_random = self.part.state, self.part.random.stream
        c.drive.s, c.drive.line, c.drive.node = &c.state.node, &self.line.line, index + 1
        c.drive.mode, c.drive.tick_s = PROFILE_VELOCITY, tick_s
        c.index, c.tick_s, c.follow = index, tick_s, 1.0 - math.exp(-tick_s / 0.02)
        restart(c, 0)
        node_listen(&c.drive, can, take_frame, c, self.line, self)
        self.slot = SlotCode.make(self.name, serve_wheel, c, self)
