# cython: cdivision=True
"""SimWheel: one wheel's motor, gear and drive, a CANopen node with the CiA 402 profile (protocol: docs/devices.md, "Wheel drive").

Model: rotor inertia 5e-6 kg.m2, torque constant 0.03 N.m/A, rated 1 A, limit 1.5 A; gear 1200:1 of 60 % efficiency; Coulomb friction
0.003 N.m and viscous 5e-6 N.m.s at the motor; a speed loop of 20 ms behind a ramp. Figures are a choice of ours, of the size of a
drive that turns a 0.3 m wheel at 5.6 cm/s (facts: change4, section 4). The drive trips (2310h) after one second at its current limit,
and on a missing receive process data (8250h) once its deadline is set.
Not simulated: the current loop, back-EMF limits, backlash and compliance of the gear, heating of the winding, cold lubricant, the
ground under the wheel (its torque is an input), segmented transfers, the synchronisation object, node guarding.
"""

from libc.stdint cimport int32_t

import math

import numpy as np

from hal.core.arena cimport Arena
from hal.core.random cimport random_gaussian
from hal.sim.far_end cimport line_send, line_tend
from hal.sim.faults cimport (
    FAULT_BIAS,
    FAULT_DELAY,
    FAULT_DROP,
    FAULT_FROZEN,
    FAULT_INTERMITTENT,
    FAULT_NOISE,
    FAULT_OFF,
    FAULT_RESET,
    FAULT_SATURATE,
    FAULT_SCALE,
    FAULT_STUCK,
    HISTORY,
    fault_capture,
    fault_cut,
    fault_draws,
    fault_on,
    fault_parameter,
    value_faults,
)
from hal.sim.wheel_objects cimport lay16, lay32, load16, load32, serve_object, statusword_of

cdef double GEAR = 1200.0
cdef double EFFICIENCY = 0.6
cdef double INERTIA_KG_M2 = 5e-6
cdef double RATED_N_M = 0.03
cdef double LIMIT_N_M = 0.045
cdef double FRICTION_N_M = 0.003
cdef double VISCOUS_N_M_S = 5e-6
cdef double INTEGRAL_N_M_RAD = 0.002
cdef double RAD_S_PER_UNIT = 6.283185307179586 / 600.0        # 0.1 rpm
cdef double COUNTS_PER_RAD = 4096.0 / 6.283185307179586
cdef double FASTEST_RAD_S = 628.3185307179587                  # 6000 rpm

cdef enum:
    NOT_READY = 0
    DISABLED = 1
    READY = 2
    ON = 3
    ENABLED = 4
    QUICK_STOP = 5
    FAULT = 7


cdef void restart(SimWheelState* s, int64_t boot_tick) noexcept nogil:
    """Power-on defaults. The shaft keeps turning as it did; the encoder counts from zero again."""
    s.node_state, s.drive_state, s.boot_tick = 0, NOT_READY, boot_tick
    s.count_origin = <int64_t>s.counts
    s.demand_rad_s = s.integral_n_m = s.torque_n_m = 0.0
    s.heard_tick = s.overload_ticks = 0
    s.target = 0
    s.acceleration = s.deceleration = 60000
    s.controlword = s.error_code = s.heartbeat_ms = s.motion_ms = s.load_ms = s.deadline_ms = 0
    s.mode = 0


cdef void say_state(SimWheelContext* c, int64_t tick) noexcept nogil:
    line_send(c.line, tick, 0x700 + c.node, &c.state.node_state, 1)


cdef void emergency(SimWheelContext* c, int64_t tick, uint32_t code) noexcept nogil:
    """The emergency object: code, error register, five octets of ours."""
    cdef uint8_t frame[8]
    cdef int i
    for i in range(8):
        frame[i] = 0
    lay16(frame, code)
    frame[2] = 1 if code else 0
    c.state.error_code = <uint16_t>code
    line_send(c.line, tick, 0x080 + c.node, frame, 8)


cdef void trip(SimWheelContext* c, int64_t tick, uint32_t code) noexcept nogil:
    """Fault: torque off at once."""
    if c.state.drive_state != FAULT:
        c.state.drive_state = FAULT
        emergency(c, tick, code)


cdef void obey_management(SimWheelContext* c, int64_t tick, uint32_t command) noexcept nogil:
    cdef SimWheelState* s = c.state
    if s.node_state == 0:
        return
    if command == 0x01:
        s.node_state = 5
        s.heard_tick = tick
    elif command == 0x02 or command == 0x80:
        s.node_state = 4 if command == 0x02 else 127
        if s.drive_state == ENABLED or s.drive_state == QUICK_STOP:
            s.drive_state = DISABLED
    elif command == 0x81 or command == 0x82:
        restart(s, tick + 1)


cdef void walk(SimWheelContext* c, int64_t tick, uint32_t before) noexcept nogil:
    """The state machine of CiA 402-2: one transition for one controlword."""
    cdef SimWheelState* s = c.state
    cdef uint32_t w = s.controlword
    if s.drive_state == FAULT:
        if w & 0x80 and not before & 0x80:
            s.drive_state = DISABLED
            s.overload_ticks = 0
            emergency(c, tick, 0)
        return
    if s.drive_state == NOT_READY:
        return
    if not w & 2:                                            # disable voltage
        s.drive_state = DISABLED
    elif not w & 4:                                          # quick stop
        s.drive_state = QUICK_STOP if s.drive_state == ENABLED or s.drive_state == QUICK_STOP else DISABLED
    elif s.drive_state == DISABLED:
        if not w & 1:
            s.drive_state = READY
    elif s.drive_state != QUICK_STOP:
        if not w & 1:
            s.drive_state = READY
        elif not w & 8:
            s.drive_state = ON
        elif s.drive_state == ON and s.mode == 3:
            s.drive_state = ENABLED
        elif s.drive_state == READY:
            s.drive_state = ON


cdef void take_frame(void* context, int64_t tick, uint32_t id, const uint8_t* p, uint32_t length) noexcept nogil:
    cdef SimWheelContext* c = <SimWheelContext*>context
    cdef SimWheelState* s = c.state
    cdef uint8_t answer[8]
    cdef uint32_t before = s.controlword
    if id == 0x000:
        if length == 2 and (p[1] == c.node or p[1] == 0):
            obey_management(c, tick, p[0])
    elif id == 0x200 + c.node:
        if length == 6 and s.node_state == 5:
            s.heard_tick = tick
            s.controlword, s.target = <uint16_t>load16(p), load32(p + 2)
            walk(c, tick, before)
    elif length == 8 and (s.node_state == 5 or s.node_state == 127):
        serve_object(s, p, answer)
        line_send(c.line, tick, 0x580 + c.node, answer, 8)
        if s.controlword != before:
            walk(c, tick, before)


cdef double demanded_rad_s(SimWheelContext* c, int64_t tick) noexcept nogil:
    """The ramped speed demand of the motor."""
    cdef SimWheelState* s = c.state
    cdef FaultState* f = c.part
    cdef double target = <int32_t>s.target * RAD_S_PER_UNIT if s.drive_state == ENABLED else 0.0, step
    cdef int64_t back
    target = FASTEST_RAD_S if target > FASTEST_RAD_S else -FASTEST_RAD_S if target < -FASTEST_RAD_S else target
    if fault_on(f, FAULT_DELAY):
        back = <int64_t>fault_parameter(f, FAULT_DELAY, 0)
        back = back if back < HISTORY else HISTORY - 1
        if fault_capture(f, FAULT_DELAY):
            s.held_rad_s = s.demand_rad_s
        c.targets[tick % HISTORY] = target
        target = s.held_rad_s if tick - back < f.since_tick[<int>FAULT_DELAY] else c.targets[(tick - back) % HISTORY]
    step = (s.acceleration if target > s.demand_rad_s else s.deceleration) * RAD_S_PER_UNIT * c.tick_s
    if target > s.demand_rad_s + step:
        return s.demand_rad_s + step
    return s.demand_rad_s - step if target < s.demand_rad_s - step else target


cdef double motor_torque_n_m(SimWheelContext* c, int64_t tick, double resist_n_m) noexcept nogil:
    """What the drive makes its current for: speed loop within the current limit; none unless enabled."""
    cdef SimWheelState* s = c.state
    cdef double error, torque
    if s.drive_state != ENABLED and s.drive_state != QUICK_STOP:
        s.demand_rad_s = s.motor_rad_s
        s.integral_n_m = 0.0
        s.overload_ticks = 0
        return 0.0
    s.demand_rad_s = demanded_rad_s(c, tick)
    error = s.demand_rad_s - s.motor_rad_s
    s.integral_n_m += INTEGRAL_N_M_RAD * error * c.tick_s
    s.integral_n_m = LIMIT_N_M if s.integral_n_m > LIMIT_N_M else -LIMIT_N_M if s.integral_n_m < -LIMIT_N_M else s.integral_n_m
    torque = INERTIA_KG_M2 * error * c.follow / c.tick_s + resist_n_m + s.integral_n_m
    if -LIMIT_N_M < torque < LIMIT_N_M:
        s.overload_ticks = 0
        return torque
    s.overload_ticks += 1
    return LIMIT_N_M if torque > 0.0 else -LIMIT_N_M


cdef double faulty_torque_n_m(SimWheelContext* c, int64_t tick, double torque) noexcept nogil:
    """What reaches the shaft of the current's torque."""
    cdef FaultState* f = c.part
    cdef double limit
    if (fault_on(f, FAULT_OFF) or (fault_on(f, FAULT_INTERMITTENT) and fault_cut(f, tick))
            or fault_draws(f, FAULT_DROP, c.part_random)):
        c.state.torque_n_m = 0.0
        c.state.overload_ticks = 0
        return 0.0
    if fault_on(f, FAULT_SCALE):
        torque *= fault_parameter(f, FAULT_SCALE, 0)
    if fault_on(f, FAULT_NOISE):
        torque += fault_parameter(f, FAULT_NOISE, 0) / (GEAR * EFFICIENCY) * random_gaussian(c.part_random)
    if fault_on(f, FAULT_SATURATE):
        limit = fault_parameter(f, FAULT_SATURATE, 0) / (GEAR * EFFICIENCY)
        torque = limit if torque > limit else -limit if torque < -limit else torque
    return torque


cdef void turn(SimWheelContext* c, int64_t tick) noexcept nogil:
    """One tick of motor, gear and wheel."""
    cdef SimWheelState* s = c.state
    cdef FaultState* f = c.part
    cdef double load = c.body.load_torque_n_m / (GEAR * EFFICIENCY), drag = FRICTION_N_M, before = s.motor_rad_s
    cdef double torque, net, sense, after
    if f.active and fault_on(f, FAULT_BIAS):
        drag += fault_parameter(f, FAULT_BIAS, 0) / (GEAR * EFFICIENCY)
    sense = 1.0 if s.demand_rad_s > 0.0 else -1.0 if s.demand_rad_s < 0.0 else 0.0
    torque = motor_torque_n_m(c, tick, load + FRICTION_N_M * sense + VISCOUS_N_M_S * before)
    s.torque_n_m = torque
    if f.active:
        torque = faulty_torque_n_m(c, tick, torque)
    net = torque - load
    if before == 0.0 and -drag <= net <= drag:
        after = 0.0
    else:
        sense = 1.0 if before > 0.0 or (before == 0.0 and net > 0.0) else -1.0
        after = before + c.tick_s * (net - drag * sense - VISCOUS_N_M_S * before) / INERTIA_KG_M2
        if before * after < 0.0 and -drag <= net <= drag:
            after = 0.0
    if f.active:
        if fault_on(f, FAULT_FROZEN):
            if fault_capture(f, FAULT_FROZEN):
                s.held_rad_s = before
            after = s.held_rad_s
        if fault_on(f, FAULT_STUCK):
            after = 0.0
    s.motor_rad_s = after
    s.counts += 0.5 * (before + after) * c.tick_s * COUNTS_PER_RAD
    c.body.rate_rad_s = after / GEAR
    c.body.angle_rad += 0.5 * (before + after) * c.tick_s / GEAR
    c.body.drive_torque_n_m = torque * GEAR * EFFICIENCY


cdef bint due(int64_t tick, double period_ms, double tick_s) noexcept nogil:
    cdef int64_t ticks = <int64_t>(0.001 * period_ms / tick_s + 0.5)
    return period_ms > 0.0 and (ticks <= 1 or tick % ticks == 0)


cdef void report(SimWheelContext* c, int64_t tick) noexcept nogil:
    cdef SimWheelState* s = c.state
    cdef uint8_t frame[8]
    cdef double rate = s.motor_rad_s / GEAR
    cdef uint32_t current = <uint32_t><int32_t>(s.torque_n_m * (1000.0 / RATED_N_M))
    if due(tick, s.heartbeat_ms, c.tick_s):
        say_state(c, tick)
    if s.node_state != 5:
        return
    if due(tick, s.motion_ms, c.tick_s):
        lay16(frame, statusword_of(s))
        if value_faults(&c.value, tick, &rate):
            rate = rate * GEAR / RAD_S_PER_UNIT
            rate = 2e9 if rate > 2e9 else -2e9 if rate < -2e9 else rate
            lay32(frame + 2, <uint32_t><int32_t>rate)
        else:
            lay32(frame + 2, 0x80000000u)
        line_send(c.line, tick, 0x180 + c.node, frame, 6)
    if due(tick, s.load_ms, c.tick_s):
        lay16(frame, current)
        lay16(frame + 2, current)
        lay32(frame + 4, <uint32_t>(<int64_t>s.counts - s.count_origin))
        line_send(c.line, tick, 0x280 + c.node, frame, 8)


cdef void look_after(SimWheelContext* c, int64_t tick) noexcept nogil:
    """Restarts, the boot-up message, and what makes the drive trip."""
    cdef SimWheelState* s = c.state
    cdef FaultState* f = c.part
    if line_tend(c.line, tick):
        restart(s, tick)
    if fault_on(f, FAULT_RESET) and fault_capture(f, FAULT_RESET):
        restart(s, tick + <int64_t>fault_parameter(f, FAULT_RESET, 0))
    if s.node_state == 0 and tick >= s.boot_tick:
        say_state(c, tick)
        s.node_state, s.drive_state = 127, DISABLED
    if s.drive_state == ENABLED and s.deadline_ms and (tick - s.heard_tick) * c.tick_s * 1000.0 > s.deadline_ms:
        trip(c, tick, 0x8250)
    if s.overload_ticks * c.tick_s >= 1.0:
        trip(c, tick, 0x2310)


cdef int serve_wheel(void* context, int64_t tick) noexcept nogil:
    cdef SimWheelContext* c = <SimWheelContext*>context
    look_after(c, tick)
    turn(c, tick)
    if c.state.node_state:
        report(c, tick)
    return 0


cdef class SimWheel:
    """CANopen node `node` on the bus of `can`. Takes record `NAME` (`rover.wheel`): the wheel, and the ground's torque on it."""

    def __init__(self, Arena arena not None, CanFarEnd can not None, str name="rover.wheel", int node=1, double tick_s=0.01):
        cdef uint32_t identifier
        self.name, self.can = name, can
        self.line = LinePoint(arena, name, can.bus, can.bus_line)
        self.value = FaultPoint(arena, name, "value")
        self.part = FaultPoint(arena, name, "physics")
        cdef SimWheelContext* c = &self.context
        self.value.value_wiring(&c.value, arena, 1, 1, max(1, round(0.02 / tick_s)))
        c.value.full_scale[0] = FASTEST_RAD_S / GEAR
        c.body = <WheelBody*>arena.take(name, sizeof(WheelBody))
        cdef WheelBody[::1] body = <WheelBody[:1]>c.body
        arena.bind(name, np.asarray(body))
        c.state = <SimWheelState*>arena.take(f"device.{name}", sizeof(SimWheelState))
        cdef SimWheelState[::1] view = <SimWheelState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        c.targets = <double*>arena.take(f"device.{name}.targets", HISTORY * sizeof(double))
        c.line, c.part, c.part_random = &self.line.line, self.part.state, self.part.random.stream
        c.node, c.tick_s, c.follow = node, tick_s, 1.0 - math.exp(-tick_s / 0.02)
        restart(c.state, 0)
        for identifier in (0x000, 0x200 + node, 0x600 + node):
            can.listen(identifier, take_frame, c, self.line, self)
        self.slot = SlotCode.make(name, serve_wheel, c, self)

    @property
    def points(self) -> tuple:
        """Where this device can be broken."""
        return self.part, self.line.point, self.value

    def seed(self, unsigned long long seed):
        """Start a run: nothing here is drawn unless a fault is injected."""
