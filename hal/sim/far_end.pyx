# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Far ends: the devices' side of a bus, and what faults do to the bytes on their way.

A unit passes the device's own line, then the bus's, in both directions. Off, intermittent, drop, stuck, corrupt and noise act on units
both ways; frozen, delay, babble act on what goes towards flight; reset mutes the line, and restarts the device behind it.

`corrupt` puts wrong octets into a unit whose medium is sound (the talker is at fault). `noise` flips bits on the medium: a CAN
controller destroys such a frame and reports an error frame in its place, a SpaceWire packet ends early, a UART lets it pass.
"""

from libc.math cimport log, log1p
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

import numpy as np

from hal.core.bus import UNIT_OCTETS

from hal.core.random cimport random_bits, random_uniform
from hal.core.ring cimport Unit, ring_count, ring_drop, ring_front, ring_make, ring_octets, ring_push
from hal.sim.faults cimport (
    FAULT_BABBLE,
    FAULT_CORRUPT,
    FAULT_DELAY,
    FAULT_DROP,
    FAULT_FROZEN,
    FAULT_INTERMITTENT,
    FAULT_NOISE,
    FAULT_OFF,
    FAULT_RESET,
    FAULT_STUCK,
    fault_capture,
    fault_cut,
    fault_draws,
    fault_on,
    fault_parameter,
)

cdef uint32_t ERROR_FRAME = 0x20000000        # bit 29 of a CAN identifier, as SocketCAN marks it
cdef dict MEDIA = {"uart": MEDIUM_UART, "can": MEDIUM_CAN, "spacewire": MEDIUM_SPACEWIRE}


cdef bint is_cut(Line* l, int64_t tick) noexcept nogil:
    """Nothing passes at all, neither way."""
    cdef FaultState* s = l.fault
    return (
        fault_on(s, FAULT_OFF)
        or (fault_on(s, FAULT_INTERMITTENT) and fault_cut(s, tick))
        or (fault_on(s, FAULT_RESET) and tick - s.since_tick[<int>FAULT_RESET] < <int64_t>fault_parameter(s, FAULT_RESET, 0))
    )


cdef int64_t next_hit(Line* l, double rate) noexcept nogil:
    """How many bits until the next one that the noise flips: geometric."""
    cdef double u
    if rate >= 1.0:
        return 0
    if rate <= 0.0:
        return 1 << 40
    u = 1.0 - random_uniform(l.random)
    return <int64_t>(log(u) / log1p(-rate))


cdef bint add_noise(Line* l, uint32_t* id, uint8_t* data, uint32_t* length) noexcept nogil:
    cdef double rate = fault_parameter(l.fault, FAULT_NOISE, 0)
    cdef int64_t bits = 8 * <int64_t>length[0], hit = next_hit(l, rate)
    if hit >= bits:
        return True
    l.state.damaged += 1
    if l.medium == MEDIUM_CAN:
        id[0], length[0] = ERROR_FRAME, 0
        return True
    if l.medium == MEDIUM_SPACEWIRE:
        length[0] = <uint32_t>(hit >> 3)
        return True
    while hit < bits:
        data[hit >> 3] ^= <uint8_t>(1 << (hit & 7))
        hit += 1 + next_hit(l, rate)
    return True


cdef bint damage(Line* l, int64_t tick, uint32_t* id, uint8_t* data, uint32_t* length) noexcept nogil:
    """The faults that act both ways. False: the unit is lost."""
    cdef FaultState* s = l.fault
    cdef uint32_t i, place
    cdef uint64_t bits
    if is_cut(l, tick) or fault_draws(s, FAULT_DROP, l.random):
        l.state.lost += 1
        return False
    if fault_on(s, FAULT_STUCK):
        memset(data, <int>fault_parameter(s, FAULT_STUCK, 0), length[0])
        l.state.damaged += 1
    if length[0] and fault_draws(s, FAULT_CORRUPT, l.random):
        for i in range(<uint32_t>fault_parameter(s, FAULT_CORRUPT, 1)):
            bits = random_bits(l.random)
            place = <uint32_t>((bits >> 32) % length[0])
            data[place] ^= <uint8_t>(1 + bits % 255)
        l.state.damaged += 1
    return not fault_on(s, FAULT_NOISE) or add_noise(l, id, data, length)


cdef void pass_on(Line* l, int64_t tick, uint32_t id, const uint8_t* data, uint32_t length) noexcept nogil:
    l.state.sent += 1
    if l.next != NULL:
        line_send(l.next, tick, id, data, length)
    else:
        ring_push(l.out, tick, id, data, length)


cdef void line_send(Line* l, int64_t tick, uint32_t id, const uint8_t* data, uint32_t length) noexcept nogil:
    """One unit from a device towards flight."""
    cdef FaultState* s = l.fault
    if s.active == 0:
        pass_on(l, tick, id, data, length)
        return
    if length > l.unit_octets:
        length = l.unit_octets
    memcpy(l.scratch, data, length)
    if fault_on(s, FAULT_FROZEN):
        if fault_capture(s, FAULT_FROZEN):
            l.state.last_id, l.state.last_length = id, length
            memcpy(l.last, data, length)
        id, length = l.state.last_id, l.state.last_length
        memcpy(l.scratch, l.last, length)
    if not damage(l, tick, &id, l.scratch, &length):
        return
    if fault_on(s, FAULT_DELAY):
        if not ring_push(&l.delayed, tick + <int64_t>fault_parameter(s, FAULT_DELAY, 0), id, l.scratch, length):
            l.state.lost += 1
        return
    pass_on(l, tick, id, l.scratch, length)


cdef bint line_receive(Line* l, int64_t tick, uint8_t* data, uint32_t* length) noexcept nogil:
    """One unit from flight towards a device, changed in place: through the bus's line, then the device's own."""
    cdef uint32_t id = 0
    if l.next != NULL and not line_receive(l.next, tick, data, length):
        return False
    if l.fault.active == 0:
        return True
    if not damage(l, tick, &id, data, length):
        return False
    if id == ERROR_FRAME:
        l.state.lost += 1
        return False
    return True


cdef void babble(Line* l, int64_t tick) noexcept nogil:
    """Units of random octets that nobody asked for; on CAN with random identifiers, the most urgent ones among them."""
    cdef int64_t unit
    cdef uint64_t bits
    cdef uint32_t i, length = <uint32_t>fault_parameter(l.fault, FAULT_BABBLE, 1)
    if length > l.unit_octets:
        length = l.unit_octets
    for unit in range(<int64_t>fault_parameter(l.fault, FAULT_BABBLE, 0)):
        bits = 0
        for i in range(length):
            if i % 8 == 0:
                bits = random_bits(l.random)
            l.scratch[i] = <uint8_t>(bits >> (8 * (i % 8)))
        pass_on(l, tick, <uint32_t>random_bits(l.random) & 0x7FF if l.medium == MEDIUM_CAN else 0, l.scratch, length)


cdef bint line_tend(Line* l, int64_t tick) noexcept nogil:
    """What a line does by itself each tick: give out what is due, babble. True when the device loses its state: as the silence of a
    reset begins, and as it ends, when the device is up again."""
    cdef Unit* unit
    if ring_count(&l.delayed):
        while True:
            unit = ring_front(&l.delayed)
            if unit == NULL or unit.tick > tick:
                break
            pass_on(l, tick, unit.id, ring_octets(unit), unit.length)
            ring_drop(&l.delayed)
    if l.fault.active == 0:
        return False
    if fault_on(l.fault, FAULT_BABBLE):
        babble(l, tick)
    return fault_on(l.fault, FAULT_RESET) and (
        fault_capture(l.fault, FAULT_RESET)
        or tick - l.fault.since_tick[<int>FAULT_RESET] == <int64_t>fault_parameter(l.fault, FAULT_RESET, 0)
    )


cdef void* record_of(Arena arena, str name, size_t size) except NULL:
    """The memory of a record that another class has taken. Raises KeyError, or ValueError when its size is not what we expect."""
    record = arena.records[name]
    if record.size != size:
        raise ValueError(f"record {name!r} of arena {arena.name} has {record.size} octets, not {size}")
    return arena.base + <size_t>record.offset


cdef class LinePoint:
    """The line of a device (before `behind`, its bus's line) or of a bus (`out` is the bus's ring towards flight).

    `delayed` units, a power of two, can be held back at once; by default as many as the fastest talker of such a bus needs."""

    def __init__(self, Arena arena not None, str device not None, Bus bus not None, LinePoint behind=None, int delayed=0):
        cdef str name = f"line.{device}"
        cdef uint8_t[::1] octets
        self.point = FaultPoint(arena, device, "bytes")
        self.kind, self.behind = bus.kind, behind
        cdef Line* l = &self.line
        l.unit_octets = UNIT_OCTETS[bus.kind]
        l.medium = MEDIA[bus.kind]
        l.state = <LineState*>arena.take(name, sizeof(LineState))
        cdef LineState[::1] view = <LineState[:1]>l.state
        arena.bind(name, np.asarray(view))
        l.last = <uint8_t*>arena.take(name + ".last", l.unit_octets)
        octets = <uint8_t[:l.unit_octets]>l.last
        arena.bind(name + ".last", np.asarray(octets))
        l.delayed = ring_make(arena, name + ".delayed", delayed or (16 if bus.kind == "spacewire" else 128), l.unit_octets)
        l.fault, l.random = self.point.state, self.point.random.stream
        l.next = NULL if behind is None else &behind.line
        l.out = &bus.to_flight
        l.scratch = <uint8_t*>malloc(l.unit_octets)
        if l.scratch == NULL:
            raise MemoryError(name)

    def __dealloc__(self):
        free(self.line.scratch)


cdef int serve_can(void* context, int64_t tick) noexcept nogil:
    """Hand every frame from flight to the devices that listen to its identifier; others go outside, or are counted."""
    cdef CanFarEndContext* c = <CanFarEndContext*>context
    cdef Unit* unit
    cdef Listener* l
    cdef uint8_t copy[8]
    cdef uint32_t length
    cdef int place
    line_tend(c.line, tick)
    while True:
        unit = ring_front(c.to_device)
        if unit == NULL:
            break
        c.state.received += 1
        place = c.first[unit.id] if unit.id < 2048 else -1
        if place < 0 and c.outside_out == NULL:
            c.state.unheard += 1
        while place >= 0 and unit.length <= 8:
            l = &c.listeners[place]
            place = l.next
            if (l.line.fault.active | c.line.fault.active) == 0:
                l.function(l.context, tick, unit.id, ring_octets(unit), unit.length)
                continue
            length = unit.length
            memcpy(copy, ring_octets(unit), length)
            if line_receive(l.line, tick, copy, &length):
                l.function(l.context, tick, unit.id, copy, length)
        if c.outside_out != NULL:
            ring_push(c.outside_out, unit.tick, unit.id, ring_octets(unit), unit.length)
        ring_drop(c.to_device)
    if c.outside_in != NULL:
        while True:
            unit = ring_front(c.outside_in)
            if unit == NULL:
                break
            line_send(c.line, tick, unit.id, ring_octets(unit), unit.length)
            ring_drop(c.outside_in)
    return 0


cdef class CanFarEnd:
    """The devices' side of a CAN bus: routes frames to simulated devices by identifier. With `outside`, a bus whose far side a real
    back end moves, real devices share the bus with simulated ones: all frames from flight go there too, and theirs come in."""

    def __init__(self, Arena arena not None, str name not None, Bus bus not None, Bus outside=None):
        cdef int i
        self.bus, self.outside, self.owners = bus, outside, []
        self.bus_line = LinePoint(arena, name, bus)
        self.context.to_device, self.context.line = &bus.to_device, &self.bus_line.line
        self.context.outside_in = NULL if outside is None else &outside.to_flight
        self.context.outside_out = NULL if outside is None else &outside.to_device
        self.context.state = <CanFarEndState*>arena.take(f"far_end.{name}", sizeof(CanFarEndState))
        cdef CanFarEndState[::1] view = <CanFarEndState[:1]>self.context.state
        arena.bind(f"far_end.{name}", np.asarray(view))
        for i in range(2048):
            self.context.first[i] = -1
        self.slot = SlotCode.make(name, serve_can, &self.context, self)

    cdef void listen(self, uint32_t identifier, frame_function function, void* context, LinePoint line, object owner) except *:
        if identifier >= 2048 or self.used == 96:
            raise ValueError(f"identifier {identifier:#x} is not 11 bits, or too many devices listen")
        cdef Listener* l = &self.context.listeners[self.used]
        l.function, l.context, l.line, l.next = function, context, &line.line, self.context.first[identifier]
        self.context.first[identifier] = self.used
        self.used += 1
        self.owners.append(owner)


cdef int serve_plain(void* context, int64_t tick) noexcept nogil:
    cdef FarEndContext* c = <FarEndContext*>context
    cdef Unit* unit
    cdef uint32_t length
    line_tend(c.line, tick)
    while True:
        unit = ring_front(c.to_device)
        if unit == NULL:
            break
        length = unit.length
        memcpy(c.line.scratch, ring_octets(unit), length)
        if line_receive(c.line, tick, c.line.scratch, &length):
            ring_push(c.for_device, tick, unit.id, c.line.scratch, length)
        ring_drop(c.to_device)
    while True:
        unit = ring_front(c.from_device)
        if unit == NULL:
            break
        line_send(c.line, tick, unit.id, ring_octets(unit), unit.length)
        ring_drop(c.from_device)
    return 0


cdef class FarEnd:
    """Joins a bus to another bus of the same kind, on which the device (or a real back end) sits, with the bus's faults between them."""

    def __init__(self, Arena arena not None, str name not None, Bus bus not None, Bus device_side not None):
        if bus.kind != device_side.kind:
            raise ValueError(f"bus {bus.name} is {bus.kind}, {device_side.name} is {device_side.kind}")
        self.bus, self.device_side = bus, device_side
        self.bus_line = LinePoint(arena, name, bus)
        self.context.line = &self.bus_line.line
        self.context.to_device, self.context.for_device = &bus.to_device, &device_side.to_device
        self.context.from_device = &device_side.to_flight
        self.slot = SlotCode.make(name, serve_plain, &self.context, self)
