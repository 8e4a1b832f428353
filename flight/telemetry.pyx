# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# Hot: every index is masked or comes from the table of APIDs.
"""Telemetry: packets on their way out of one computer, one queue a virtual channel, and the counters and times that packets carry.

The computer's clock runs free: it has an offset and a drift that the scenario sets, and nothing on board corrects it. Ticks are the world's.
"""

from libc.string cimport memcpy

import numpy as np

from hal.core.ring cimport Unit, ring_count, ring_make, ring_octets, ring_push
from wire.space_packet cimport TM_HEADER_OCTETS, tm_packet_begin, tm_packet_finish
from wire.time_code cimport cuc_from_ns

cdef int64_t SECOND_NS = 1_000_000_000
cdef int64_t ROLL_OVER_NS = (<int64_t>1 << 32) * 1_000_000_000      # before 1958 the code reads as before its own end


cdef int64_t telemetry_clock_ns(const TelemetryState* s, int64_t elapsed_ns) noexcept nogil:
    cdef int64_t gained_ns = elapsed_ns // SECOND_NS * s.clock_drift_ppb + elapsed_ns % SECOND_NS * s.clock_drift_ppb // SECOND_NS
    cdef int64_t now_ns = s.epoch_tai_s * SECOND_NS + elapsed_ns + s.clock_offset_ns + gained_ns
    return now_ns if now_ns >= 0 else now_ns + ROLL_OVER_NS


cdef uint8_t* telemetry_begin(Telemetry* t, int64_t tick, uint16_t apid, uint8_t service, uint8_t subtype) noexcept nogil:
    """Headers of a report (ECSS-E-ST-70-41C, 7.4.3.1), with its time and counters."""
    cdef TelemetryState* s = t.state
    cdef uint8_t time7[7]
    cdef int i = 0
    cdef uint16_t* counter = &s.counter[(service % TM_SERVICES) * TM_SUBTYPES + subtype % TM_SUBTYPES]
    while i < t.apids - 1 and s.apid[i] != apid:
        i += 1
    cuc_from_ns(telemetry_clock_ns(s, tick * s.tick_ns), time7)
    tm_packet_begin(t.scratch, apid, s.sequence[i], service, subtype, counter[0], 0, time7)
    s.sequence[i] = (s.sequence[i] + 1) & 0x3FFF
    counter[0] += 1
    return t.scratch + TM_HEADER_OCTETS


cdef bint telemetry_raw(Telemetry* t, int64_t tick, const uint8_t* packet, uint32_t length, int channel) noexcept nogil:
    """Queue a whole packet; False, and counted, when there is no room."""
    if not ring_push(&t.channels[channel], tick, 0, packet, length):
        t.link.tm_lost += 1
        return False
    t.link.tm_packets += 1
    return True


cdef bint telemetry_end(Telemetry* t, int64_t tick, uint32_t data_length, int channel) noexcept nogil:
    """Length, check sum, and into the queue of a virtual channel."""
    return telemetry_raw(t, tick, t.scratch, tm_packet_finish(t.scratch, TM_HEADER_OCTETS + data_length), channel)


cdef bint telemetry_end_periodic(Telemetry* t, int64_t tick, uint32_t data_length, uint16_t kind) noexcept nogil:
    """Likewise, for a report that is made again and again. When more waits than may it takes the place of the newest of its kind.

    So where the line is slower than what is made, each kind goes down in its turn, as new as can be; what is replaced is counted. A kind of
    which none waits always finds room.
    """
    cdef Ring* queue = &t.periodic
    cdef Unit* unit
    cdef Unit* newest = NULL
    cdef uint32_t i, n = ring_count(queue), length = tm_packet_finish(t.scratch, TM_HEADER_OCTETS + data_length)
    cdef uint64_t octets = length
    for i in range(n):
        unit = telemetry_unit(queue, i)
        octets += unit.length
        if unit.id == kind:
            newest = unit
    if newest != NULL and length + sizeof(Unit) <= queue.stride:
        if n + t.kinds >= queue.capacity or (t.state.periodic_octets and octets > t.state.periodic_octets):
            memcpy(ring_octets(newest), t.scratch, length)
            newest.length = length                                      # its tick stays that since when the place waits
            t.link.tm_replaced += 1
            return True
    if not ring_push(queue, tick, kind, t.scratch, length):
        t.link.tm_lost += 1
        return False
    t.link.tm_packets += 1
    return True


def clock_ns(record, tick: int) -> int:
    """What the on-board clock said at a tick, ns of TAI since 1958, from a view or a copy of the record `telemetry`."""
    cdef TelemetryState s
    s.epoch_tai_s, s.clock_offset_ns, s.clock_drift_ppb = int(record["epoch_tai_s"]), int(record["clock_offset_ns"]), int(record["clock_drift_ppb"])
    return telemetry_clock_ns(&s, tick * int(record["tick_ns"]))


cdef class TelemetryStore:
    """Queues and counters of one computer. `apids` are those of its vehicle, at most eight."""

    def __cinit__(self, Arena arena not None, list apids not None):
        cdef Telemetry* t = &self.wiring
        if not 0 < len(apids) <= TM_APIDS:
            raise ValueError(f"{len(apids)} APIDs; 1 to {TM_APIDS} are possible")
        self.arena = arena
        self.scratch = bytearray(TM_PACKET_MAX + 64)
        t.scratch = <uint8_t*><char*>self.scratch
        t.state = <TelemetryState*>arena.take("telemetry", sizeof(TelemetryState))
        cdef TelemetryState[::1] state_view = <TelemetryState[:1]>t.state
        arena.bind("telemetry", np.asarray(state_view))
        t.link = <LinkState*>arena.take("link", sizeof(LinkState))
        cdef LinkState[::1] link_view = <LinkState[:1]>t.link
        arena.bind("link", np.asarray(link_view))
        for i, apid in enumerate(apids):
            t.state.apid[i] = apid
        t.apids = len(apids)
        t.channels[CHANNEL_REAL_TIME] = ring_make(arena, "telemetry.real_time", 32, TM_PACKET_MAX)
        t.periodic = ring_make(arena, "telemetry.periodic", PERIODIC_PLACES, TM_PACKET_MAX)
        t.channels[CHANNEL_EVENTS] = ring_make(arena, "telemetry.events", 32, 96)
        t.channels[CHANNEL_FILES] = ring_make(arena, "telemetry.files", 32, TM_PACKET_MAX)
