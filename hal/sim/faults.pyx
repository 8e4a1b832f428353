"""Faults: thirteen kinds at three depths; what they do to values, and the records that hold them.

Bytes are treated in `hal.sim.far_end`, physics by each device itself. Every point draws from its own random stream, and draws only
while a fault is active: a fault in one device shifts nothing elsewhere.
"""

from libc.math cimport fabs

import numpy as np

from hal.core.random cimport random_gaussian, random_uniform

KINDS = (
    "off", "stuck", "frozen", "noise", "bias", "scale", "delay", "drop", "corrupt", "babble", "intermittent", "saturate", "reset",
)
DEPTHS = ("bytes", "value", "physics")

cdef int[7] ORDER          # in which a value's faults act: what overrides the rest comes last
ORDER[:] = [FAULT_SCALE, FAULT_BIAS, FAULT_NOISE, FAULT_SATURATE, FAULT_CORRUPT, FAULT_FROZEN, FAULT_STUCK]


cdef bint fault_capture(FaultState* s, int kind) noexcept nogil:
    if (s.captured >> kind) & 1:
        return False
    s.captured |= <uint32_t>1 << kind
    return True


cdef bint fault_cut(const FaultState* s, int64_t tick) noexcept nogil:
    """Bad for the first parameter's ticks, good for the second's, and so on from the injection."""
    cdef int64_t bad = <int64_t>fault_parameter(s, FAULT_INTERMITTENT, 0)
    cdef int64_t cycle = bad + <int64_t>fault_parameter(s, FAULT_INTERMITTENT, 1)
    return cycle > 0 and (tick - s.since_tick[<int>FAULT_INTERMITTENT]) % cycle < bad


cdef bint fault_draws(const FaultState* s, int kind, RandomStream* random) noexcept nogil:
    return fault_on(s, kind) and random_uniform(random) < fault_parameter(s, kind, 0)


cdef bint fault_gone(const FaultState* s, int64_t tick, RandomStream* random) noexcept nogil:
    return fault_on(s, FAULT_OFF) or (fault_on(s, FAULT_INTERMITTENT) and fault_cut(s, tick)) or fault_draws(s, FAULT_DROP, random)


cdef double fault_look_back(FaultState* s, double* history, double* held, int64_t tick, double now, double before) noexcept nogil:
    cdef int64_t back = <int64_t>fault_parameter(s, FAULT_DELAY, 0)
    back = back if back < HISTORY else HISTORY - 1
    if fault_capture(s, FAULT_DELAY):
        held[0] = before
    history[tick % HISTORY] = now
    return held[0] if tick - back < s.since_tick[<int>FAULT_DELAY] else history[(tick - back) % HISTORY]


cdef void value_look_back(ValueFault* v, double* values) noexcept nogil:
    """The values of some samples ago; the oldest known ones until so many have been seen."""
    cdef uint32_t n = v.memory.written, i, back
    cdef int64_t samples = <int64_t>fault_parameter(v.fault, FAULT_DELAY, 0) // v.sample_ticks
    if fault_capture(v.fault, FAULT_DELAY):
        n = 0
    back = <uint32_t>samples if samples < HISTORY else HISTORY - 1
    if back > n:
        back = n
    for i in range(v.channels):
        v.history[(n % HISTORY) * v.channels + i] = values[i]
    for i in range(v.channels):
        values[i] = v.history[((n - back) % HISTORY) * v.channels + i]
    v.memory.written = n + 1


cdef bint value_there(ValueFault* v, int64_t tick) noexcept nogil:
    return not fault_gone(v.fault, tick, v.random)


cdef void value_change(ValueFault* v, double* values) noexcept nogil:
    """A fault's last parameter names one channel of each group, or all by -1."""
    cdef FaultState* s = v.fault
    cdef uint32_t i, group
    cdef int step, kind, axis
    cdef double amount
    if fault_on(s, FAULT_FROZEN) and fault_capture(s, FAULT_FROZEN):
        for i in range(v.channels):
            v.memory.held[i] = values[i]
    for step in range(7):
        kind = ORDER[step]
        if not fault_on(s, kind) or (kind == FAULT_CORRUPT and not fault_draws(s, kind, v.random)):
            continue
        axis = <int>fault_parameter(s, kind, 3)
        for i in range(v.channels):
            if axis >= 0 and axis != <int>(i % v.group):
                continue
            group = i // v.group
            amount = fault_parameter(s, kind, <int>group)
            if kind == FAULT_SCALE:
                values[i] *= amount
            elif kind == FAULT_BIAS:
                values[i] += amount
            elif kind == FAULT_NOISE:
                values[i] += amount * random_gaussian(v.random)
            elif kind == FAULT_SATURATE:
                amount = fabs(amount)
                values[i] = amount if values[i] > amount else -amount if values[i] < -amount else values[i]
            elif kind == FAULT_CORRUPT:
                values[i] = v.full_scale[group] * (2.0 * random_uniform(v.random) - 1.0)
            elif kind == FAULT_FROZEN:
                values[i] = v.memory.held[i]
            else:
                values[i] = amount


cdef bint value_faults(ValueFault* v, int64_t tick, double* values) noexcept nogil:
    """Change the measured values as the active faults say."""
    if v.fault.active == 0:
        return True
    if not value_there(v, tick):
        return False
    if fault_on(v.fault, FAULT_DELAY):
        value_look_back(v, values)
    value_change(v, values)
    return True


cdef class FaultMembers:
    """The record `fault.NAME` that tells in one word whether any part of a device of many parts is at fault."""

    def __init__(self, Arena arena not None, str name not None):
        self.group = <FaultGroup*>arena.take(f"fault.{name}", sizeof(FaultGroup))
        cdef FaultGroup[::1] view = <FaultGroup[:1]>self.group
        arena.bind(f"fault.{name}", np.asarray(view))


cdef class FaultPoint:
    """One depth of one device: its record `fault.DEVICE.DEPTH` and its random stream. Made once, by the device; used by the board."""

    def __init__(self, Arena arena not None, str device not None, str depth not None, FaultMembers members=None, int place=0):
        self.device, self.depth, self.members, self.place = device, depth, members, place
        name = f"fault.{device}.{depth}"
        self.state = <FaultState*>arena.take(name, sizeof(FaultState))
        cdef FaultState[::1] view = <FaultState[:1]>self.state
        arena.bind(name, np.asarray(view))
        self.random = RandomSource(arena, name + ".random")

    cdef void value_wiring(self, ValueFault* v, Arena arena, int channels, int group, int64_t sample_ticks) except *:
        """What a sensor of so many channels needs to have its values faulted."""
        name = f"fault.{self.device}.{self.depth}"
        v.memory = <ValueMemory*>arena.take(name + ".memory", sizeof(ValueMemory))
        cdef ValueMemory[::1] view = <ValueMemory[:1]>v.memory
        arena.bind(name + ".memory", np.asarray(view))
        v.history = <double*>arena.take(name + ".history", sizeof(double) * HISTORY * <size_t>channels)
        v.fault, v.random = self.state, self.random.stream
        v.channels, v.group, v.sample_ticks = channels, group, sample_ticks

    def inject(self, int kind, parameters, int64_t tick):
        """Start a kind with its parameters in the order of the table, times in ticks."""
        cdef int i
        for i in range(FAULT_PARAMETERS):
            self.state.parameter[kind * FAULT_PARAMETERS + i] = parameters[i] if i < len(parameters) else 0.0
        self.state.since_tick[kind] = tick
        self.state.captured &= ~(<uint32_t>1 << kind)
        self.state.active |= <uint32_t>1 << kind
        if self.members is not None:
            self.members.group.members |= <uint32_t>1 << self.place

    def clear(self, int kind):
        """End a kind."""
        self.state.active &= ~(<uint32_t>1 << kind)
        if self.members is not None and not self.state.active:
            self.members.group.members &= ~(<uint32_t>1 << self.place)

    def active(self) -> tuple:
        """The kinds that are active now."""
        return tuple(name for kind, name in enumerate(KINDS) if fault_on(self.state, kind))
