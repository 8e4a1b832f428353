# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (pointers to single records; the one divisor is a constant)
"""Forwarding: the relay takes frames of lander and rover out of its receiver and queues them for Earth, and commands the other way.

Frames are passed on unchanged, in the order in which they came, and only in mode FORWARDING; what waits when the mode is left is thrown
away, counted. Commands go to lander and rover over one line of 125 bit/s, coded as CLTUs: a frame has left when its last bit has. On the
link `lab` nothing comes here.
"""

from libc.stdint cimport int64_t, uint16_t, uint32_t

import numpy as np

from flight.apps.records cimport record_of
from flight.ports cimport (
    STAGE_COMPLETED,
    STAGE_FAILED,
    STAGE_START_FAILED,
    STAGE_STARTED,
    AppLinks,
    CommandMessage,
    ModeRequest,
    event_raise,
    queuing_receive,
    queuing_send,
    reply_send,
)
from flight.space cimport Space
from hal.core.ring cimport Unit, ring_count, ring_drop, ring_flush, ring_front, ring_make, ring_octets, ring_push
from wire.cltu cimport CLTU_MAX_CANDIDATE, CLTU_MAX_FRAME, cltu_size
from wire.tm_frame cimport TM_FRAME_LENGTH

from wire.dictionary import FAILURE_CODE, RELAY
from wire.dictionary.links import FORWARD_BIT_S

cdef int64_t COMMAND_BIT_S = FORWARD_BIT_S
cdef int64_t SECOND_NS = 1_000_000_000
cdef int64_t MODE_TICKS = 10                     # for the mode manager's answer


cdef void take_commands(ForwardingContext* c, int64_t tick) noexcept nogil:
    """The one command: go to FORWARDING."""
    cdef ForwardingRecord* r = c.record
    cdef CommandMessage m
    cdef ModeRequest request
    while queuing_receive(&c.ports.commands, &m, sizeof(CommandMessage)):
        if m.function != c.function_forward:
            reply_send(c.ports, tick, m.token, STAGE_START_FAILED, c.code_function)
            continue
        if r.asking:
            reply_send(c.ports, tick, r.token, STAGE_FAILED, c.code_refused)
        reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
        request.mode, request.confirmations, request.token = c.mode_forwarding, 0, m.token
        queuing_send(&c.ports.mode_requests, tick, &request, sizeof(ModeRequest))
        r.asking, r.token, r.asked_tick = 1, m.token, tick
    if not r.asking:
        return
    if c.mode.mode == c.mode_forwarding:
        reply_send(c.ports, tick, r.token, STAGE_COMPLETED, 0)
        r.asking = 0
    elif tick - r.asked_tick > MODE_TICKS:
        reply_send(c.ports, tick, r.token, STAGE_FAILED, c.code_refused)
        r.asking = 0


cdef void queue_all(ForwardingRecord* r, int64_t tick, Ring* source, Ring* queue, uint32_t* lost) noexcept nogil:
    """What the receiver has, into a queue."""
    cdef Unit* unit
    while True:
        unit = ring_front(source)
        if unit == NULL:
            return
        if not ring_push(queue, tick, unit.id, ring_octets(unit), unit.length):
            lost[0] += 1
        ring_drop(source)


cdef void throw_away(ForwardingRecord* r, Ring* ring) noexcept nogil:
    if ring.state != NULL and ring_count(ring):
        r.refused += ring_count(ring)
        ring_flush(ring)


cdef void send(ForwardingContext* c, int64_t tick) noexcept nogil:
    """Keep the line to lander and rover busy: 125 bits a second."""
    cdef ForwardingRecord* r = c.record
    cdef Unit* unit
    cdef int64_t bits
    while True:
        unit = ring_front(&c.waiting)
        if unit == NULL:
            r.sending = 0
            return
        if not r.sending:
            bits = 8 * cltu_size(unit.length if unit.length <= CLTU_MAX_FRAME else CLTU_MAX_FRAME)
            r.sending, r.left = 1, bits * SECOND_NS + (r.left if r.left < 0 else 0)
        r.left -= COMMAND_BIT_S * c.tick_ns
        if r.left > 0:
            return
        if ring_push(&c.out, tick + 1, unit.id, ring_octets(unit), unit.length):
            r.commanded += 1
        else:
            r.commanded_lost += 1
        ring_drop(&c.waiting)
        r.sending, r.left = 0, 0


cdef int forward(void* context, int64_t tick) noexcept nogil:
    cdef ForwardingContext* c = <ForwardingContext*>context
    cdef ForwardingRecord* r = c.record
    cdef uint32_t lost
    cdef double value
    take_commands(c, tick)
    if c.received.state == NULL:
        return 0
    if c.mode.mode == c.mode_forwarding:
        r.returned += ring_count(&c.received)
        queue_all(r, tick, &c.received, &c.returned, &r.returned_lost)
        queue_all(r, tick, &c.commands, &c.waiting, &r.commanded_lost)
        send(c, tick)
    else:
        throw_away(r, &c.received)
        throw_away(r, &c.commands)
        throw_away(r, &c.returned)
        throw_away(r, &c.waiting)
        r.sending = 0
    r.return_waiting, r.command_waiting = <uint16_t>ring_count(&c.returned), <uint16_t>ring_count(&c.waiting)
    if r.return_waiting > r.most_now:
        r.most_now = r.return_waiting
    if tick % c.ticks_per_second == 0:
        r.return_most, r.most_now = r.most_now, r.return_waiting
        lost = r.returned_lost + r.commanded_lost
        if lost != r.told:
            value = lost
            event_raise(c.ports, tick, c.event_lost, 1, &value)
            r.told = lost
    return 0


cdef class Forwarding:
    """Takes the record `forwarding`, and on the link `queqiao` two queues; reads the record `mode`."""

    def __init__(self, Arena arena not None, AppLinks links not None, double tick_s=0.01):
        cdef ForwardingContext* c = &self.c
        self.arena, self.keep = arena, [links]
        c.record = <ForwardingRecord*>arena.take("forwarding", sizeof(ForwardingRecord))
        cdef ForwardingRecord[::1] view = <ForwardingRecord[:1]>c.record
        arena.bind("forwarding", np.asarray(view))
        c.mode = <ModeState*>record_of(arena, "mode", sizeof(ModeState))
        c.ports, c.ticks_per_second = &links.ports, round(1.0 / tick_s)
        c.tick_ns = SECOND_NS // c.ticks_per_second
        c.function_forward = RELAY.command("forward").function
        c.code_function, c.code_refused = FAILURE_CODE["UNKNOWN_FUNCTION"], FAILURE_CODE["MODE_REFUSED"]
        c.event_lost = RELAY.event("frames_lost").id
        c.mode_forwarding = RELAY.vehicle.modes["FORWARDING"]
        self.slot = SlotCode.make("forwarding", forward, c, self)

    def join(self, Space space not None):
        """Give it the relay's receiver and its line to lander and rover."""
        cdef ForwardingContext* c = &self.c
        self.keep.append(space)
        c.received, c.commands, c.out = space.c.received, space.c.commands, space.c.forward
        c.returned = ring_make(self.arena, "forwarding.queue.returned", RETURN_FRAMES, TM_FRAME_LENGTH)
        c.waiting = ring_make(self.arena, "forwarding.queue.commands", COMMANDS, CLTU_MAX_CANDIDATE)
