# cython: cdivision=True
"""SimMechanism: hold-downs and rails of the rover's release, and their unit (protocol: docs/devices.md, "Release mechanism").

Model: one motor swings both rails from the deck to the ground in 120 s at constant speed, at 1.2 A and 0.1 A for the unit, 2.5 A at its
limit, where it trips after two seconds until it is disarmed; the hold-downs open for ever when their wires have been heated for one
second at 2 A. The unit disarms by itself after one second without a good command. All figures are a choice of ours (those of Chang'e
are not published; the real rails took most of half an hour: facts, change4, section 4).
Not simulated: the rails' own dynamics and bending, the ground that stops them early on a slope, one rail without the other.
"""

import numpy as np

from hal.core.arena cimport Arena
from hal.core.random cimport random_gaussian
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport CanFarEnd, line_send, line_tend, record_of
from hal.sim.faults cimport (
    FAULT_BIAS, FAULT_DELAY, FAULT_FROZEN, FAULT_NOISE, FAULT_RESET, FAULT_SATURATE, FAULT_SCALE, FAULT_STUCK, HISTORY, fault_capture,
    fault_gone, fault_look_back, fault_on, fault_parameter, value_faults,
)
from hal.sim.octets cimport check8, store16, to_counts

cdef double SWING_1_S = 1.0 / 120.0
cdef double UNIT_A = 0.1
cdef double MOTOR_A = 1.2
cdef double LIMIT_A = 2.5
cdef double HEATER_A = 2.0
cdef double HEAT_S = 1.0
cdef double TRIP_S = 2.0
cdef double TIMEOUT_S = 1.0
cdef double DOWN = 0.999


cdef void restart(SimMechanismState* s) noexcept nogil:
    s.armed = s.release = s.timed_out = s.tripped = 0
    s.counter = 0
    s.overload_ticks = s.heat_ticks = 0
    s.fresh = 3


cdef void take_command(void* context, int64_t tick, uint32_t id, const uint8_t* p, uint32_t length) noexcept nogil:
    cdef SimMechanismState* s = (<SimMechanismContext*>context).state
    cdef int steps
    if length != 6 or check8(p, 5) != p[5] or (p[2] != 0x5A and p[2] != 0xA5) or (p[3] != 0xC3 and p[3] != 0x3C):
        s.refused += 1
        return
    steps = (p[0] << 8) | p[1]
    s.armed = p[2] == 0x5A
    s.release = s.armed and p[3] == 0xC3
    if s.armed:
        s.commanded = 0.0001 * (steps if steps < 10000 else 10000)
    else:
        s.tripped = 0
    s.heard_tick = tick
    s.timed_out = 0
    s.echo = p[4]


cdef bint powerless(SimMechanismContext* c, int64_t tick) noexcept nogil:
    """No current reaches motor and wires."""
    cdef FaultState* f = c.part
    if f.active == 0:
        return False
    if fault_on(f, FAULT_RESET):
        if fault_capture(f, FAULT_RESET):
            restart(c.state)
        if tick - f.since_tick[<int>FAULT_RESET] < <int64_t>fault_parameter(f, FAULT_RESET, 0):
            c.state.armed = c.state.release = 0
            return True
    return fault_gone(f, tick, c.part_random)


cdef double goal(SimMechanismContext* c, int64_t tick) noexcept nogil:
    """The extension that the motor goes to, after what may lie between command and motor."""
    cdef SimMechanismState* s = c.state
    if fault_on(c.part, FAULT_DELAY):
        return fault_look_back(c.part, c.commands, &s.held, tick, s.commanded, c.ramp.extension)
    return s.commanded


cdef bint jammed(SimMechanismContext* c, int part) noexcept nogil:
    cdef double which = fault_parameter(c.part, FAULT_STUCK, 0)
    return fault_on(c.part, FAULT_STUCK) and (which < 0.0 or <int>which == part)


cdef void swing(SimMechanismContext* c, int64_t tick, bint dead) noexcept nogil:
    """One tick of the motor and the rails."""
    cdef SimMechanismState* s = c.state
    cdef FaultState* f = c.part
    cdef double way, step = SWING_1_S * c.tick_s, need = MOTOR_A, most = LIMIT_A
    s.rate_1_s = 0.0
    if fault_on(f, FAULT_FROZEN):
        s.rate_1_s = s.held
        way = s.held * c.tick_s
    else:
        way = goal(c, tick) - c.ramp.extension if s.armed and not s.tripped and not dead else 0.0
    if way != 0.0:
        if f.active:
            need += fault_parameter(f, FAULT_BIAS, 0) if fault_on(f, FAULT_BIAS) else 0.0
            need += fault_parameter(f, FAULT_NOISE, 0) * random_gaussian(c.part_random) if fault_on(f, FAULT_NOISE) else 0.0
            step *= fault_parameter(f, FAULT_SCALE, 0) if fault_on(f, FAULT_SCALE) else 1.0
            if fault_on(f, FAULT_SATURATE) and fault_parameter(f, FAULT_SATURATE, 0) < most:
                most = fault_parameter(f, FAULT_SATURATE, 0)
            if jammed(c, 0):
                need = LIMIT_A
        if need >= LIMIT_A or need > most:
            need = most if need > most else need
            way = 0.0
            s.overload_ticks += 1
        else:
            s.overload_ticks = 0
        s.current_a += need
    else:
        s.overload_ticks = 0
    s.tripped |= s.overload_ticks * c.tick_s >= TRIP_S
    way = step if way > step else -step if way < -step else way
    s.rate_1_s = way / c.tick_s
    way += c.ramp.extension
    c.ramp.extension = 1.0 if way > 1.0 else 0.0 if way < 0.0 else way


cdef void heat(SimMechanismContext* c, bint dead) noexcept nogil:
    """The hold-downs' wires: once open, open."""
    cdef SimMechanismState* s = c.state
    if not s.armed or not s.release or dead or c.ramp.released:
        s.heat_ticks = 0
        return
    s.current_a += HEATER_A
    s.heat_ticks += 1
    if s.heat_ticks * c.tick_s >= HEAT_S and not jammed(c, 1):
        c.ramp.released = 1


cdef void report(SimMechanismContext* c, int64_t tick) noexcept nogil:
    cdef SimMechanismState* s = c.state
    cdef uint8_t frame[8]
    cdef double extension = c.ramp.extension
    cdef int flags = (c.ramp.released | ((c.ramp.extension >= DOWN) << 1) | (s.timed_out << 4) | (s.armed << 5) | (s.tripped << 6))
    if not value_faults(&c.value, tick, &extension):
        flags |= 8
        extension = 0.0
    if s.fresh:
        flags |= 4
        s.fresh -= 1
    store16(frame, <uint32_t>to_counts(extension if extension > 0.0 else 0.0, 10000.0, 65535))
    store16(frame + 2, <uint32_t>to_counts(s.current_a if s.current_a > 0.0 else 0.0, 1000.0, 65535))
    frame[4], frame[5], frame[6] = <uint8_t>flags, s.echo, <uint8_t>s.counter
    frame[7] = check8(frame, 7)
    s.counter = (s.counter + 1) & 0xFF
    line_send(c.line, tick, 0x1C0, frame, 8)


cdef int serve_mechanism(void* context, int64_t tick) noexcept nogil:
    cdef SimMechanismContext* c = <SimMechanismContext*>context
    cdef SimMechanismState* s = c.state
    cdef double rate = s.rate_1_s
    cdef bint dead
    if line_tend(c.line, tick):
        restart(s)
    if s.armed and tick - s.heard_tick >= c.timeout_ticks:
        s.armed, s.release, s.timed_out = 0, 0, 1
    dead = powerless(c, tick)
    if fault_on(c.part, FAULT_FROZEN) and fault_capture(c.part, FAULT_FROZEN):
        s.held = rate
    s.current_a = UNIT_A
    swing(c, tick, dead)
    heat(c, dead)
    if tick % c.period_ticks == 3:
        report(c, tick)
    return 0


cdef class SimMechanism(SimCanUnit):
    """Listens and talks on the CAN bus of `can`. The record `ramp` of the world's arena must be there: this is its one writer."""

    def __init__(self, Arena arena not None, CanFarEnd can not None, str name="lander.mechanism", double tick_s=0.01):
        cdef SimMechanismContext* c = &self.context
        c.period_ticks = max(1, round(0.1 / tick_s))
        self.wire(arena, can, name, &c.value, 1, 1.0, c.period_ticks, True)
        c.ramp = <RampBody*>record_of(arena, "ramp", sizeof(RampBody))
        c.state = <SimMechanismState*>arena.take(f"device.{name}", sizeof(SimMechanismState))
        cdef SimMechanismState[::1] view = <SimMechanismState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        c.commands = <double*>arena.take(f"device.{name}.commands", HISTORY * sizeof(double))
        c.line, c.part, c.part_random = &self.line.line, self.part.state, self.part.random.stream
        c.tick_s, c.timeout_ticks = tick_s, round(TIMEOUT_S / tick_s)
        c.state.fresh = 3
        can.listen(0x128, take_command, c, self.line, self)
        self.slot = SlotCode.make(name, serve_mechanism, c, self)
