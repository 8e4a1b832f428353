# cython: boundscheck=False, wraparound=False, initializedcheck=False
# Hot: all loops run over counts fixed when the gate is built; what a record says is compared with them first.
"""Gate: between the radio and the service of requests, a batch of frames at a time through the security unit (`flight.security`).

The unit is a Python slot: ciphers cannot run in the loop. `gather`, before it, hands over a batch; `deliver`, behind it, passes on what the
unit let through and counts what it refused; nothing else of a refused frame leaves the gate. One batch is under way at a time, so that the
numbers that it was judged by are those it was given. A batch that does not come back is lost, never passed.
"""

import numpy as np

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcmp, memcpy

from flight.link cimport ControlField, Downlink, Radio
from flight.ports cimport AppLinks, event_raise
from flight.services.requests cimport RequestService
from flight.telemetry cimport TelemetryStore
from flight.transmitter cimport Transmitter
from hal.core.arena cimport Arena
from hal.core.ring cimport Unit, ring_count, ring_drop, ring_front, ring_make, ring_octets, ring_push
from wire.tm_frame cimport tm_reserve

INTERNAL = 8                        # wire.sdls.Refusal.INTERNAL
cdef int _INTERNAL = INTERNAL
cdef uint32_t REPORT = 0xC0000000u  # a frame security report that has nothing to tell: type 1, version 4 (CCSDS 355.1-B-1, 4.2.2)
cdef uint32_t ALARM = 0x08000000u


cdef void _tell(GateContext* c, int64_t tick, int reason, uint32_t frames) noexcept nogil:
    """Of so many refused frames, with the reason of the last: counters and one event."""
    cdef double values[2]
    c.telemetry.link.tc_frames_rejected += frames
    c.telemetry.link.last_frame_error = SECURITY_REASONS + reason
    values[0], values[1] = SECURITY_REASONS + reason, c.telemetry.link.tc_frames_rejected + c.telemetry.link.tc_packets_rejected
    event_raise(c.own, tick, c.event_rejected, 2, values)


cdef int _gather(void* context, int64_t tick) noexcept nogil:
    cdef GateContext* c = <GateContext*>context
    cdef GateState* s = c.state
    cdef Unit* unit
    cdef uint32_t n = 0, length
    cdef int k
    for k in range(3):
        tm_reserve(c.down.channels[k], c.lead, c.tail)
    tm_reserve(c.down.idle, c.lead, c.tail)
    if s.given != s.delivered:
        if c.found.batch != s.given and not 0 <= tick - s.since_tick <= c.patience_ticks:
            n = c.given.count if c.given.count < BATCH else BATCH
            c.kept.refused[_INTERNAL] += n
            c.kept.report |= ALARM
            _tell(c, tick, _INTERNAL, n)
            s.delivered = s.given                           # given up: its answer, should it come, has an old number
        return 0
    while n < BATCH:
        unit = ring_front(c.uplink)
        if unit == NULL:
            break
        length = unit.length if unit.length < UNIT else UNIT
        memcpy(c.given.octets + n * UNIT, ring_octets(unit), length)
        c.given.length[n] = <uint16_t>length
        ring_drop(c.uplink)
        n += 1
    if n:
        c.given.count = n
        c.given.report = c.kept.report
        memcpy(c.given.next, c.kept.next, sizeof(c.given.next))
        s.given += 1
        s.since_tick = tick
        c.given.batch = s.given
    return 0


cdef bint _numbers_hold(GateContext* c) noexcept nogil:
    """The unit was given the numbers that are kept, and gives back none that is lower: else an upset has hit one of the records."""
    cdef int i
    for i in range(ASSOCIATIONS):
        if memcmp(c.found.next + i * NUMBER, c.kept.next + i * NUMBER, NUMBER) < 0:
            return False
    return memcmp(c.given.next, c.kept.next, sizeof(c.kept.next)) == 0


cdef int _deliver(void* context, int64_t tick) noexcept nogil:
    cdef GateContext* c = <GateContext*>context
    cdef GateState* s = c.state
    cdef BatchOut* found = c.found
    cdef uint32_t i, length, refused = 0, count = found.count if found.count < BATCH else BATCH
    cdef int reason = 0
    cdef bint sound
    if s.given == s.delivered or found.batch != s.given or ring_count(&c.passed) + count > PASSED:
        return 0
    sound = _numbers_hold(c)
    for i in range(count):
        length = found.length[i] if found.length[i] < UNIT else UNIT
        if found.verdict[i] or not sound:
            reason = found.verdict[i] if sound and found.verdict[i] < REASONS else _INTERNAL
            c.kept.refused[reason] += 1
            refused += 1
        elif ring_push(&c.passed, tick, 0, found.octets + i * UNIT, length):
            c.kept.passed += 1
    if sound:
        memcpy(c.kept.next, found.next, sizeof(c.kept.next))
    c.kept.report = found.report if sound and found.report >> 28 == REPORT >> 28 else REPORT | ALARM
    s.delivered = s.given
    if refused:
        _tell(c, tick, reason, refused)
    return 0


cdef class Gate:
    """One computer's gate, put before its service of requests. `part` is its downlink, which keeps `lead` and `tail` octets free."""

    def __cinit__(self, Arena arena not None, Arena harness not None, str vehicle not None, Radio radio not None, RequestService requests not None,
                  part, TelemetryStore telemetry not None, AppLinks own not None, uint16_t event_rejected, uint8_t lead, uint8_t tail,
                  int64_t patience_ticks):
        cdef GateContext* c = &self.c
        cdef Downlink downlink
        cdef Transmitter transmitter
        self.keep = (radio, requests, part, telemetry, own)
        c.state = <GateState*>arena.take("security", sizeof(GateState))
        cdef GateState[::1] state = <GateState[:1]>c.state
        arena.bind("security", np.asarray(state))
        c.given = <BatchIn*>arena.take("security.in", sizeof(BatchIn))
        cdef BatchIn[::1] given = <BatchIn[:1]>c.given
        arena.bind("security.in", np.asarray(given))
        c.found = <BatchOut*>arena.take("security.out", sizeof(BatchOut))
        cdef BatchOut[::1] found = <BatchOut[:1]>c.found
        arena.bind("security.out", np.asarray(found))
        c.kept = <SecurityState*>harness.take(f"security.{vehicle}", sizeof(SecurityState))
        cdef SecurityState[::1] kept = <SecurityState[:1]>c.kept
        harness.bind(f"security.{vehicle}", np.asarray(kept))
        c.kept.report = REPORT
        c.field = <ControlField*>arena.take("security.field", sizeof(ControlField))
        cdef ControlField[::1] field = <ControlField[:1]>c.field
        arena.bind("security.field", np.asarray(field))
        c.passed = ring_make(arena, "security.passed", PASSED, UNIT)
        c.uplink = &radio.c.uplinks[radio.names.index(vehicle)]
        requests.c.uplink = &c.passed
        if isinstance(part, Downlink):
            downlink = part
            c.down = &downlink.c
        else:
            transmitter = part
            c.down = transmitter.c.down
        c.down.field, c.down.report = c.field, &c.kept.report
        c.telemetry, c.own, c.event_rejected = &telemetry.wiring, &own.ports, event_rejected
        c.lead, c.tail, c.patience_ticks = lead, tail, patience_ticks
        for k in range(3):
            tm_reserve(c.down.channels[k], lead, tail)
        tm_reserve(c.down.idle, lead, tail)
        self.gather = SlotCode.make("security.gather", _gather, c, self)
        self.deliver = SlotCode.make("security.deliver", _deliver, c, self)
