# cython: cdivision=True
"""SimEngine: the main engine and its valve-drive unit (protocol: docs/devices.md, "Main engine").

Model: thrust follows the commanded throttle with a first-order lag of 0.4 s (facts: change4, section 1), falls with 0.05 s when the
valves close, and is held within 1500 N to 7500 N on the command's side. Specific impulse 308 s at full thrust, falling linearly to 298 s
at a fifth of it (published: 308 to 310 s at full thrust, 299.8 s as a mean; the slope is a choice of ours). Chamber pressure 0.8 MPa at
full thrust, proportional (our choice). The unit closes the valves by itself after 0.2 s without a good command.
Not simulated: ignition transients, mixture ratio, combustion roughness unless injected, nozzle erosion, feed pressure, heating, a
limit to the number of starts, side thrust.
"""

import math

import numpy as np

from hal.core.arena cimport Arena
from hal.core.random cimport random_gaussian
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport CanFarEnd, line_send, line_tend, record_of
from hal.sim.faults cimport (
    FAULT_BIAS, FAULT_DELAY, FAULT_FROZEN, FAULT_NOISE, FAULT_RESET, FAULT_SATURATE, FAULT_SCALE, FAULT_STUCK, HISTORY, fault_capture,
    fault_gone, fault_look_back, fault_on, fault_parameter, value_faults,
)
from hal.sim.octets cimport check8, store16, store32, to_counts

cdef double FULL_THRUST_N = 7500.0
cdef double LEAST_THROTTLE = 0.2
cdef double LAG_S = 0.4
cdef double TAIL_S = 0.05
cdef double ISP_S = 308.0
cdef double ISP_LOSS_S = 12.5                 # from full throttle to none, linear: 10 s at a fifth
cdef double G0_M_S2 = 9.80665
cdef double FULL_PRESSURE_PA = 800000.0
cdef double TIMEOUT_S = 0.2


cdef void restart(SimEngineState* s) noexcept nogil:
    s.commanded = 0.0
    s.armed = s.timed_out = 0
    s.counter = s.hours_counter = 0
    s.fresh = 10


cdef void take_command(void* context, int64_t tick, uint32_t id, const uint8_t* p, uint32_t length) noexcept nogil:
    cdef SimEngineState* s = (<SimEngineContext*>context).state
    cdef int steps
    if length != 5 or check8(p, 4) != p[4] or (p[2] != 0x5A and p[2] != 0xA5):
        s.refused += 1
        return
    steps = (p[0] << 8) | p[1]
    s.armed = p[2] == 0x5A
    s.commanded = 0.001 * (steps if steps < 1000 else 1000) if s.armed and steps else 0.0
    if 0.0 < s.commanded < LEAST_THROTTLE:
        s.commanded = LEAST_THROTTLE
    s.heard_tick = tick
    s.timed_out = 0
    s.echo = p[3]


cdef double command_now(SimEngineContext* c, int64_t tick) noexcept nogil:
    """The throttle that the unit sets, after its own time-out and the faults between it and the valves."""
    cdef SimEngineState* s = c.state
    cdef FaultState* f = c.part
    cdef double now
    if s.armed and tick - s.heard_tick >= c.timeout_ticks:
        s.armed, s.commanded, s.timed_out = 0, 0.0, 1
    now = s.commanded
    if f.active == 0:
        return now
    if fault_on(f, FAULT_RESET):
        if fault_capture(f, FAULT_RESET):
            restart(s)
        if tick - f.since_tick[<int>FAULT_RESET] < <int64_t>fault_parameter(f, FAULT_RESET, 0):
            s.armed, s.commanded, now = 0, 0.0, 0.0
    if fault_on(f, FAULT_DELAY):
        now = fault_look_back(f, c.commands, &s.held, tick, now, now)
    return 0.0 if fault_gone(f, tick, c.part_random) else now


cdef double faulty_thrust_n(SimEngineContext* c, double thrust_n) noexcept nogil:
    cdef FaultState* f = c.part
    if thrust_n <= 0.0:
        return 0.0
    if fault_on(f, FAULT_SCALE):
        thrust_n *= fault_parameter(f, FAULT_SCALE, 0)
    if fault_on(f, FAULT_BIAS):
        thrust_n += fault_parameter(f, FAULT_BIAS, 0)
    if fault_on(f, FAULT_NOISE):
        thrust_n += fault_parameter(f, FAULT_NOISE, 0) * random_gaussian(c.part_random)
    if fault_on(f, FAULT_SATURATE) and thrust_n > fault_parameter(f, FAULT_SATURATE, 0):
        thrust_n = fault_parameter(f, FAULT_SATURATE, 0)
    return thrust_n if thrust_n > 0.0 else 0.0


cdef void report(SimEngineContext* c, int64_t tick, double thrust_n) noexcept nogil:
    cdef SimEngineState* s = c.state
    cdef uint8_t frame[8]
    cdef double pressure_pa = thrust_n * (FULL_PRESSURE_PA / FULL_THRUST_N)
    cdef int flags = s.open | (s.armed << 1) | (s.timed_out << 4)
    if not value_faults(&c.value, tick, &pressure_pa):
        flags |= 8
        pressure_pa = 0.0
    if s.fresh:
        flags |= 4
        s.fresh -= 1
    pressure_pa = pressure_pa if pressure_pa > 0.0 else 0.0
    store16(frame, <uint32_t>to_counts(pressure_pa, 0.05, 65535))
    store16(frame + 2, <uint32_t>to_counts(s.throttle, 10000.0, 65535))
    frame[4], frame[5], frame[6] = <uint8_t>flags, s.echo, <uint8_t>s.counter
    frame[7] = check8(frame, 7)
    s.counter = (s.counter + 1) & 0xFF
    line_send(c.line, tick, 0x1A0, frame, 8)
    if tick % 10 == 5:
        store32(frame, <uint32_t>to_counts(s.on_time_s, 1000.0, 0x7FFFFFFF))
        store16(frame + 4, s.starts)
        frame[6] = <uint8_t>s.hours_counter
        frame[7] = check8(frame, 7)
        s.hours_counter = (s.hours_counter + 1) & 0xFF
        line_send(c.line, tick, 0x1A8, frame, 8)


cdef int serve_engine(void* context, int64_t tick) noexcept nogil:
    cdef SimEngineContext* c = <SimEngineContext*>context
    cdef SimEngineState* s = c.state
    cdef FaultState* f = c.part
    cdef double target, thrust_n, before = s.throttle
    if line_tend(c.line, tick):
        restart(s)
    target = command_now(c, tick)
    if target > 0.0:
        s.starts += not s.open
        s.open = 1
        s.on_time_s += c.tick_s
        s.throttle += (target - s.throttle) * c.lag
    else:
        s.open = 0
        s.throttle = s.throttle * c.tail if s.throttle > 1e-4 else 0.0
    if f.active and s.open and (fault_on(f, FAULT_STUCK) or fault_on(f, FAULT_FROZEN)):
        s.throttle = fault_parameter(f, FAULT_STUCK, 0) if fault_on(f, FAULT_STUCK) else before
    thrust_n = s.throttle * FULL_THRUST_N * s.thrust_factor
    if c.body.propellant_kg <= 0.0:
        thrust_n = 0.0
    c.actuation.engine_flow_kg_s = thrust_n / ((ISP_S - ISP_LOSS_S * (1.0 - s.throttle)) * s.isp_factor * G0_M_S2)
    if f.active:
        thrust_n = faulty_thrust_n(c, thrust_n)
    c.actuation.engine_thrust_n = thrust_n
    report(c, tick, thrust_n)
    return 0


cdef class SimEngine(SimCanUnit):
    """Listens and talks on the CAN bus of `can`. Reads record `lander`, writes record `lander.actuation` of the world's arena."""

    def __init__(self, Arena arena not None, CanFarEnd can not None, str name="lander.engine", double tick_s=0.01):
        cdef SimEngineContext* c = &self.context
        self.wire(arena, can, name, &c.value, 1, 1.5 * FULL_PRESSURE_PA, 1, True)
        c.body = <LanderBody*>record_of(arena, "lander", sizeof(LanderBody))
        c.actuation = <LanderActuation*>record_of(arena, "lander.actuation", sizeof(LanderActuation))
        c.state = <SimEngineState*>arena.take(f"device.{name}", sizeof(SimEngineState))
        cdef SimEngineState[::1] view = <SimEngineState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        c.commands = <double*>arena.take(f"device.{name}.commands", HISTORY * sizeof(double))
        c.line, c.part, c.part_random = &self.line.line, self.part.state, self.part.random.stream
        c.tick_s, c.timeout_ticks = tick_s, round(TIMEOUT_S / tick_s)
        c.lag, c.tail = 1.0 - math.exp(-tick_s / LAG_S), math.exp(-tick_s / TAIL_S)
        c.state.fresh = 10
        c.state.thrust_factor = c.state.isp_factor = 1.0
        can.listen(0x120, take_command, c, self.line, self)
        self.slot = SlotCode.make(name, serve_engine, c, self)
