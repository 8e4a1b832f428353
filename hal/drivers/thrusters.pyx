# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""ThrustersDriver: commands to the four valve-drive units and their status (docs/devices.md, "Valve-drive unit").

Thruster t hangs on unit t % 4 at place t // 4. The reading is as old as the oldest unit's last status: one dead unit makes it stale,
and `units_alive` says which.
"""

import numpy as np

from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets, ring_push
from hal.drivers.common cimport ReadingHead, reading_age, reading_refuse, watch_start
from hal.drivers.octets cimport crc8
from hal.reading cimport (
    DEVICE_CHECKSUM,
    DEVICE_FORMAT,
    DEVICE_OK,
    DEVICE_RESET,
    DEVICE_SELF_TEST,
    DEVICE_SEQUENCE,
    SUSPECT,
    VALID,
)

COMMAND_ID = 0x110          # plus the unit's number
STATUS_ID = 0x190           # plus the unit's number

cdef double COUNTS_PER_S = 20000.0       # 0.05 ms each
cdef double SHORTEST_S = 0.0002


cdef int follow(ThrustersState* s, int u, uint32_t counter, bint restarted) noexcept nogil:
    """The unit's own counter: DEVICE_OK, DEVICE_RESET, DEVICE_SEQUENCE, or -1 for a status seen before."""
    cdef uint32_t before = s.unit_counter[u]
    cdef bint first = not s.unit_counted[u]
    if not first and counter == before:
        return -1
    s.unit_counted[u] = 1
    s.unit_counter[u] = counter
    if restarted and not first and not s.unit_restarting[u]:
        s.unit_restarting[u] = 1
        return DEVICE_RESET
    s.unit_restarting[u] = restarted
    return DEVICE_OK if first or counter == ((before + 1) & 0xFF) else DEVICE_SEQUENCE


cdef void refuse(ThrustersContext* c, int u, int error) noexcept nogil:
    c.state.unit_rejected[u] += 1
    c.state.unit_error[u] = <uint8_t>error
    reading_refuse(<ReadingHead*>c.reading, error)


cdef void decode(ThrustersContext* c, int u, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef ThrustersState* s = c.state
    cdef int place, error = follow(s, u, p[2], p[1] & 4)
    cdef uint32_t mask
    if error < 0:
        refuse(c, u, DEVICE_SEQUENCE)
        return
    if p[0] != s.unit_open[u]:
        s.unit_open[u] = p[0]
        mask = 0
        for place in range(7):
            if p[0] & (1 << place):
                mask |= <uint32_t>1 << (4 * place + u)
        c.reading.valves_open = (c.reading.valves_open & ~(<uint32_t>0x1111111 << u)) | mask
    place = p[3] >> 4
    if place < 7:
        c.reading.on_time_s[4 * place + u] = ((<uint32_t>p[4] << 16) | (<uint32_t>p[5] << 8) | p[6]) * 0.001
    s.unit_error[u] = DEVICE_SELF_TEST if p[1] & 8 else <uint8_t>error
    s.unit_tick[u] = tick
    c.reading.units_alive |= <uint32_t>1 << u
    c.reading.sequence += 1


cdef void conclude(ThrustersContext* c, int64_t tick) noexcept nogil:
    """From four units one reading: its tick the oldest, its error the first that is not OK."""
    cdef ThrustersState* s = c.state
    cdef ThrusterReading* r = c.reading
    cdef int u, error = DEVICE_OK, heard = 0
    cdef int64_t oldest = tick
    for u in range(4):
        heard += s.unit_counted[u]
        if s.unit_tick[u] < oldest:
            oldest = s.unit_tick[u]
        if tick - s.unit_tick[u] > c.timeout_ticks:
            r.units_alive &= ~(<uint32_t>1 << u)
        if error == DEVICE_OK:
            error = s.unit_error[u]
    if heard == 4:
        r.tick = oldest
        r.validity = SUSPECT if error == DEVICE_SEQUENCE or error == DEVICE_SELF_TEST else VALID
        r.error = error


cdef int read_thrusters(void* context, int64_t tick) noexcept nogil:
    cdef ThrustersContext* c = <ThrustersContext*>context
    cdef Unit* unit
    cdef const uint8_t* p
    cdef int u
    if not c.state.watch.started:
        watch_start(&c.state.watch, c.mailbox, tick)
    while True:
        unit = ring_front(c.mailbox)
        if unit == NULL:
            break
        p = ring_octets(unit)
        u = <int>(unit.id & 3)
        if unit.length != 8:
            refuse(c, u, DEVICE_FORMAT)
        elif crc8(p, 7) != p[7]:
            refuse(c, u, DEVICE_CHECKSUM)
        else:
            decode(c, u, p, unit.tick)
        c.state.watch.heard_tick = tick
        ring_drop(c.mailbox)
    conclude(c, tick)
    if tick - c.reading.tick > c.timeout_ticks:
        if c.reading.units_alive:
            c.state.watch.heard_tick = c.reading.tick     # the others talk; the reading is as silent as its oldest unit
        reading_age(<ReadingHead*>c.reading, &c.state.watch, tick, c.timeout_ticks)
    return 0


cdef int write_thrusters(void* context, int64_t tick) noexcept nogil:
    """Four frames a tick. Each holds for one cycle: a unit that hears nothing opens nothing."""
    cdef ThrustersContext* c = <ThrustersContext*>context
    cdef uint8_t frames[4][8]
    cdef bint armed = c.command.armed == 1
    cdef uint8_t last = <uint8_t>((c.state.sequence & 0xF) << 4) | (0x5 if armed else 0xA)
    cdef double on_time_s
    cdef int t, u
    for t in range(28):
        on_time_s = c.command.on_time_s[t]
        if on_time_s >= SHORTEST_S and armed:
            frames[t & 3][t >> 2] = 200 if on_time_s >= 0.01 else <uint8_t>(on_time_s * COUNTS_PER_S + 0.5)
        else:
            frames[t & 3][t >> 2] = 0
    for u in range(4):
        frames[u][7] = last
        ring_push(c.to_device, tick, <uint32_t>(0x110 + u), frames[u], 8)
    c.state.sequence += 1
    return 0


cdef class ThrustersDriver:
    """The reading is the record `name`, the command `name.command`. A unit is alive while its last status is not older than
    `timeout_s` (50 ms)."""

    def __init__(self, Arena arena not None, CanController can not None, str name not None, double tick_s=0.01, double timeout_s=0.05):
        self.name, self.arena, self.can = name, arena, can
        self.reading = <ThrusterReading*>arena.take(name, sizeof(ThrusterReading))
        cdef ThrusterReading[::1] reading = <ThrusterReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.command = <ThrusterCommand*>arena.take(name + ".command", sizeof(ThrusterCommand))
        cdef ThrusterCommand[::1] command = <ThrusterCommand[:1]>self.command
        arena.bind(name + ".command", np.asarray(command))
        cdef ThrustersState* state = <ThrustersState*>arena.take(name + ".driver", sizeof(ThrustersState))
        cdef ThrustersState[::1] own = <ThrustersState[:1]>state
        arena.bind(name + ".driver", np.asarray(own))
        self.context.mailbox = can.mailbox(name, [STATUS_ID + u for u in range(4)], 32)
        self.context.to_device = &can.bus.to_device
        self.context.reading, self.context.command, self.context.state = self.reading, self.command, state
        self.context.timeout_ticks = round(timeout_s / tick_s)
        self.read_slot = SlotCode.make(name + ".read", read_thrusters, &self.context, self)
        self.write_slot = SlotCode.make(name + ".write", write_thrusters, &self.context, self)
