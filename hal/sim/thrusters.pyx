# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""SimThrusters: 28 thrusters on four valve-drive units (protocol: docs/devices.md, "Valve-drive unit").

Model: a thruster gives its full thrust while its valve is open, 150 N (0 to 15) or 10 N (16 to 27), specific impulse 288 s (facts:
change4, section 1). Valves are set in steps of 0.05 ms within the cycle and shut below 0.2 ms; the impulse of a cycle is thrust times
on-time, without rise and fall. A real valve's least pulse is 10 to 20 ms, a whole cycle: we let it be shorter so that the control laws
see a thrust that can be modulated; ten-millisecond pulses are what remains of the true limit.
Not simulated: least impulse, rise and fall, plume impingement, feed pressure, heating, the drift of thrust with temperature.
"""

from libc.string cimport memcpy, memset

import numpy as np

from hal.core.arena cimport Arena
from hal.core.random cimport random_gaussian
from hal.sim.far_end cimport LinePoint, line_send, line_tend, record_of
from hal.sim.faults cimport (
    FAULT_BIAS, FAULT_DELAY, FAULT_DROP, FAULT_FROZEN, FAULT_INTERMITTENT, FAULT_NOISE, FAULT_OFF, FAULT_RESET, FAULT_SATURATE, FAULT_SCALE,
    FAULT_STUCK, HISTORY, FaultPoint, fault_capture, fault_cut, fault_draws, fault_gone, fault_on, fault_parameter,
)
from hal.sim.octets cimport check8

cdef double FLOW_PER_N_S = 1.0 / (288.0 * 9.80665)      # kilograms for a newton-second


cdef void restart(SimThrustersState* s, int u) noexcept nogil:
    memset(s.command + 8 * u, 0, 8)
    s.heard[u] = s.open[u] = s.counter[u] = s.place[u] = 0
    s.fresh[u] = 10


cdef void take_command(void* context, int64_t tick, uint32_t id, const uint8_t* p, uint32_t length) noexcept nogil:
    cdef ValveUnit* unit = <ValveUnit*>context
    cdef SimThrustersState* s = unit.state
    if length != 8 or ((p[7] & 0xF) != 0x5 and (p[7] & 0xF) != 0xA):
        s.refused += 1
        return
    memcpy(s.command + 8 * unit.number, p, 8)
    if (p[7] & 0xF) == 0xA:
        memset(s.command + 8 * unit.number, 0, 7)
    s.heard[unit.number] = 1


cdef double limited_counts(const FaultState* f, double counts, double lsb_s, RandomStream* random) noexcept nogil:
    """What noise, scale, bias and saturation make of an on-time, in counts, for a unit's output or a valve alike."""
    if fault_on(f, FAULT_SCALE):
        counts *= fault_parameter(f, FAULT_SCALE, 0)
    if fault_on(f, FAULT_BIAS) and counts > 0.0:
        counts += fault_parameter(f, FAULT_BIAS, 0) / lsb_s
    if fault_on(f, FAULT_NOISE) and counts > 0.0:
        counts *= 1.0 + fault_parameter(f, FAULT_NOISE, 0) * random_gaussian(random)
    if fault_on(f, FAULT_SATURATE) and counts > fault_parameter(f, FAULT_SATURATE, 0) / lsb_s:
        counts = fault_parameter(f, FAULT_SATURATE, 0) / lsb_s
    if fault_on(f, FAULT_STUCK):
        counts = fault_parameter(f, FAULT_STUCK, 0) * 200.0
    return 0.0 if counts < 0.0 else 200.0 if counts > 200.0 else counts


cdef bint unit_faults(SimThrustersContext* c, int u, int64_t tick, uint8_t* counts) noexcept nogil:
    """Faults of the unit's own electronics, on all its seven outputs. False: it has no power and says nothing."""
    cdef FaultState* f = c.units[u]
    cdef uint8_t* row = c.unit_history + <size_t>(u * HISTORY * 8)
    cdef int place
    cdef int64_t back
    if fault_on(f, FAULT_RESET):
        if fault_capture(f, FAULT_RESET):
            restart(c.state, u)
        if tick - f.since_tick[<int>FAULT_RESET] < <int64_t>fault_parameter(f, FAULT_RESET, 0):
            memset(counts, 0, 7)
            return False
    if fault_on(f, FAULT_OFF) or (fault_on(f, FAULT_INTERMITTENT) and fault_cut(f, tick)):
        memset(counts, 0, 7)
        return False
    if fault_on(f, FAULT_DELAY):
        back = <int64_t>fault_parameter(f, FAULT_DELAY, 0)
        back = back if back < HISTORY else HISTORY - 1
        memcpy(row + 8 * (tick % HISTORY), counts, 7)
        if tick - back < f.since_tick[<int>FAULT_DELAY]:
            memset(counts, 0, 7)
        else:
            memcpy(counts, row + 8 * ((tick - back) % HISTORY), 7)
    if fault_draws(f, FAULT_DROP, c.unit_random[u]):
        memset(counts, 0, 7)
    for place in range(7):
        if fault_on(f, FAULT_FROZEN):
            if not (f.captured >> <int>FAULT_FROZEN) & 1:
                c.state.held_s[4 * place + u] = counts[place]
            counts[place] = <uint8_t>c.state.held_s[4 * place + u]
        counts[place] = <uint8_t>(limited_counts(f, counts[place], c.lsb_s, c.unit_random[u]) + 0.5)
    if fault_on(f, FAULT_FROZEN):
        fault_capture(f, FAULT_FROZEN)
    return True


cdef double thruster_faults(SimThrustersContext* c, int t, int64_t tick, double counts) noexcept nogil:
    """Faults of one valve and nozzle: on-time in counts."""
    cdef FaultState* f = c.thrusters[t]
    cdef int64_t back
    if fault_on(f, FAULT_DELAY):
        back = <int64_t>fault_parameter(f, FAULT_DELAY, 0)
        back = back if back < HISTORY else HISTORY - 1
        c.thruster_history[28 * (tick % HISTORY) + t] = <uint8_t>(counts + 0.5)
        counts = 0.0 if tick - back < f.since_tick[<int>FAULT_DELAY] else c.thruster_history[28 * ((tick - back) % HISTORY) + t]
    if fault_on(f, FAULT_FROZEN):
        if fault_capture(f, FAULT_FROZEN):
            c.state.held_s[t] = counts
        counts = c.state.held_s[t]
    if fault_gone(f, tick, c.thruster_random[t]):
        counts = 0.0
    return limited_counts(f, counts, c.lsb_s, c.thruster_random[t])


cdef void report(SimThrustersContext* c, int u, int64_t tick) noexcept nogil:
    cdef SimThrustersState* s = c.state
    cdef uint8_t frame[8]
    cdef int place = s.place[u]
    cdef uint32_t on_ms = <uint32_t>(s.on_time_s[4 * place + u] * 1000.0 + 0.5)
    frame[0] = s.open[u]
    frame[1] = (s.command[8 * u + 7] & 0xF) == 0x5
    if s.fresh[u]:
        frame[1] |= 4
        s.fresh[u] -= 1
    frame[2] = s.counter[u]
    frame[3] = <uint8_t>((place << 4) | (s.command[8 * u + 7] >> 4))
    frame[4], frame[5], frame[6] = <uint8_t>(on_ms >> 16), <uint8_t>(on_ms >> 8), <uint8_t>on_ms
    frame[7] = check8(frame, 7)
    s.counter[u] += 1
    s.place[u] = <uint8_t>(place + 1) if place < 6 else 0
    line_send(c.lines[u], tick, <uint32_t>(0x190 + u), frame, 8)


cdef double open_valves(SimThrustersContext* c, int u, int64_t tick, const uint8_t* counts) noexcept nogil:
    """One cycle of one unit's seven valves. Gives the sum of the impulses."""
    cdef SimThrustersState* s = c.state
    cdef double on, on_s, impulse_n_s, total_n_s = 0.0
    cdef int place, t
    s.open[u] = 0
    for place in range(7):
        t = 4 * place + u
        on = counts[place] if counts[place] >= 4 else 0.0
        if (c.faulty.members >> t) & 1:
            on = thruster_faults(c, t, tick, on)
        if on <= 0.0:
            continue
        on_s = (on if on < 200.0 else 200.0) * c.lsb_s
        s.open[u] |= <uint8_t>(1 << place)
        s.on_time_s[t] += on_s
        impulse_n_s = on_s * (150.0 if t < 16 else 10.0)
        c.actuation.thruster_impulse_n_s[t] = impulse_n_s
        total_n_s += impulse_n_s
    return total_n_s


cdef int serve_thrusters(void* context, int64_t tick) noexcept nogil:
    cdef SimThrustersContext* c = <SimThrustersContext*>context
    cdef SimThrustersState* s = c.state
    cdef uint8_t counts[8]
    cdef double total_n_s = 0.0
    cdef bint alive
    cdef int u
    memset(c.actuation.thruster_impulse_n_s, 0, sizeof(c.actuation.thruster_impulse_n_s))
    for u in range(4):
        if line_tend(c.lines[u], tick):
            restart(s, u)
        if s.heard[u]:
            memcpy(counts, s.command + 8 * u, 8)
            s.heard[u] = 0
        else:
            memset(counts, 0, 8)
        alive = c.units[u].active == 0 or unit_faults(c, u, tick, counts)
        total_n_s += open_valves(c, u, tick, counts)
        if alive:
            report(c, u, tick)
    if c.body.propellant_kg <= 0.0 and total_n_s > 0.0:
        memset(c.actuation.thruster_impulse_n_s, 0, sizeof(c.actuation.thruster_impulse_n_s))
        total_n_s = 0.0
    c.actuation.thruster_flow_kg = total_n_s * FLOW_PER_N_S
    return 0


cdef class SimThrusters:
    """Listens and talks on the CAN bus of `can`. Reads record `lander`, writes record `lander.actuation` of the world's arena."""

    def __init__(self, Arena arena not None, CanFarEnd can not None, str name="lander.thrusters", double tick_s=0.01):
        cdef int u, t
        cdef LinePoint line
        cdef FaultPoint point
        cdef str vehicle = name.rsplit(".", 1)[0]
        self.name, self.can = name, can
        self.members = FaultMembers(arena, name)
        self.lines = tuple(LinePoint(arena, f"{vehicle}.valve_unit.{u}", can.bus, can.bus_line) for u in range(4))
        self.units = tuple(FaultPoint(arena, f"{vehicle}.valve_unit.{u}", "physics") for u in range(4))
        self.thrusters = tuple(FaultPoint(arena, f"{vehicle}.thruster.{t}", "physics", self.members, t) for t in range(28))
        cdef SimThrustersContext* c = &self.context
        c.body = <LanderBody*>record_of(arena, "lander", sizeof(LanderBody))
        c.actuation = <LanderActuation*>record_of(arena, "lander.actuation", sizeof(LanderActuation))
        c.state = <SimThrustersState*>arena.take(f"device.{name}", sizeof(SimThrustersState))
        cdef SimThrustersState[::1] view = <SimThrustersState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        c.unit_history = <uint8_t*>arena.take(f"device.{name}.unit_commands", 4 * HISTORY * 8)
        c.thruster_history = <uint8_t*>arena.take(f"device.{name}.valve_commands", 28 * HISTORY)
        c.faulty, c.lsb_s = self.members.group, 0.005 * tick_s
        for u in range(4):
            line, point = self.lines[u], self.units[u]
            c.lines[u], c.units[u], c.unit_random[u] = &line.line, point.state, point.random.stream
            c.wiring[u].state, c.wiring[u].number = c.state, u
            c.state.fresh[u] = 10
            can.listen(0x110 + u, take_command, &c.wiring[u], line, self)
        for t in range(28):
            point = self.thrusters[t]
            c.thrusters[t], c.thruster_random[t] = point.state, point.random.stream
        self.slot = SlotCode.make(name, serve_thrusters, c, self)

    @property
    def points(self) -> tuple:
        """Where this device can be broken."""
        return self.units + self.thrusters + tuple(line.point for line in self.lines)

    def seed(self, unsigned long long seed):
        """Start a run: nothing here is drawn unless a fault is injected."""
