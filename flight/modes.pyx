"""Mode manager: the one writer of a computer's mode.

A change must be an edge of the vehicle's table, and have either a command behind it or two independent confirmations.
"""

import numpy as np

from flight.ports cimport AppLinks, ModeRequest, event_raise, queuing_receive
from hal.core.arena cimport Arena


cdef int _bits(uint16_t word) noexcept nogil:
    cdef int n = 0
    while word:
        word &= word - 1
        n += 1
    return n


cdef void _enter(ModeContext* c, int64_t tick, uint8_t mode) noexcept nogil:
    cdef ModeState* s = c.state
    cdef double values[2]
    values[0], values[1] = s.mode, mode
    s.previous, s.mode, s.since_tick = s.mode, mode, tick
    s.transitions += 1
    event_raise(c.own, tick, c.event_changed, 2, values)


cdef void _decide(ModeContext* c, int64_t tick, ModeRequest* m) noexcept nogil:
    cdef ModeState* s = c.state
    cdef double values[3]
    values[0], values[1], values[2] = s.mode, m.mode, m.confirmations
    if m.mode == s.mode:
        return
    if m.mode >= c.modes or not c.edges[s.mode] >> m.mode & 1 or (m.token == 0 and _bits(m.confirmations) < 2):
        s.refused += 1
        event_raise(c.own, tick, c.event_refused, 3, values)
        return
    _enter(c, tick, <uint8_t>m.mode)


cdef int _cycle(void* context, int64_t tick) noexcept nogil:
    cdef ModeContext* c = <ModeContext*>context
    cdef ModeRequest m
    cdef int a
    if c.state.mode >= c.modes:             # an upset's work: no command is legal in such a mode, none leads out of it
        _enter(c, tick, c.initial)
    for a in range(c.app_count):
        while queuing_receive(&c.apps[a].mode_requests, &m, sizeof(ModeRequest)):
            _decide(c, tick, &m)
    return 0


cdef class ModeManager:
    """`edges` are (from, to) pairs of mode numbers; a computer boots into mode `initial`."""

    def __cinit__(self, Arena arena not None, AppLinks own not None, list apps not None, int modes, list edges not None, int initial,
                  uint16_t event_changed, uint16_t event_refused):
        cdef ModeContext* c = &self.c
        cdef AppLinks links
        if not 0 < modes <= MAX_MODES or not 0 <= initial < modes or len(apps) > MAX_APPS:
            raise ValueError(f"{modes} modes from {initial}, {len(apps)} applications")
        self.keep = (arena, own, apps)
        c.state = <ModeState*>arena.take("mode", sizeof(ModeState))
        cdef ModeState[::1] view = <ModeState[:1]>c.state
        arena.bind("mode", np.asarray(view))
        c.state.mode = c.state.previous = c.initial = initial
        c.own, c.modes, c.app_count = &own.ports, modes, len(apps)
        c.event_changed, c.event_refused = event_changed, event_refused
        for i, links in enumerate(apps):
            c.apps[i] = &links.ports
        for source, target in edges:
            if not (0 <= source < modes and 0 <= target < modes):
                raise ValueError(f"mode change {source} -> {target}: no such mode")
            c.edges[source] |= 1u << <uint32_t>target
        self.slot = SlotCode.make("modes", _cycle, c, self)

    @property
    def mode_address(self) -> int:
        """Where the record lies, for applications that are wired in C."""
        return <size_t>self.c.state
