# distutils: extra_compile_args = -O2
"""CanController: takes every frame off a CAN bus once a tick and puts it into the mailbox of the driver that asked for its identifier.

Mailboxes are bounded: a full one drops the frame and counts it (`NAME.mailbox.dropped`); a frame that nobody asked for is counted.
"""

import numpy as np

from hal.core.ring cimport Unit, ring_drop, ring_front, ring_make, ring_octets, ring_push
from hal.drivers.common cimport watch_start


cdef int route_frames(void* context, int64_t tick) noexcept nogil:
    cdef CanControllerContext* c = <CanControllerContext*>context
    cdef Unit* unit
    cdef int place
    if not c.state.watch.started:
        watch_start(&c.state.watch, c.to_flight, tick)
    while True:
        unit = ring_front(c.to_flight)
        if unit == NULL:
            return 0
        c.state.received += 1
        place = c.route[unit.id] if unit.id < 2048 else 0
        if unit.id & CAN_ERROR_FRAME:
            c.state.errors += 1
        elif unit.length > 8:
            c.state.oversized += 1
        elif place:
            ring_push(&c.mailboxes[place - 1], unit.tick, unit.id, ring_octets(unit), unit.length)
        else:
            c.state.unknown += 1
        ring_drop(c.to_flight)


cdef class CanController:
    """One for each CAN bus of a computer. Raises ValueError for a bus of another kind, or an identifier asked for twice."""

    def __init__(self, Arena arena not None, Bus bus not None, str name not None):
        if bus.kind != "can":
            raise ValueError(f"bus {bus.name} is {bus.kind}, not can")
        self.name, self.arena, self.bus = name, arena, bus
        self.context.to_flight = &bus.to_flight
        self.context.state = <CanControllerState*>arena.take(name, sizeof(CanControllerState))
        cdef CanControllerState[::1] view = <CanControllerState[:1]>self.context.state
        arena.bind(name, np.asarray(view))
        self.slot = SlotCode.make(name, route_frames, &self.context, self)

    cdef Ring* mailbox(self, str owner, object identifiers, uint32_t frames) except NULL:
        """A ring of `frames` frames (a power of two) into which the named identifiers are routed."""
        if self.used == CAN_MAILBOXES:
            raise ValueError(f"{self.name}: no more than {CAN_MAILBOXES} mailboxes")
        for identifier in identifiers:
            if not 0 <= identifier < 2048 or self.context.route[identifier]:
                raise ValueError(f"{self.name}: identifier {identifier:#x} is not 11 bits, or is asked for twice")
            self.context.route[identifier] = self.used + 1
        self.context.mailboxes[self.used] = ring_make(self.arena, f"{owner}.mailbox", frames, 8)
        self.used += 1
        return &self.context.mailboxes[self.used - 1]
