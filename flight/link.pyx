# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False, initializedcheck=False
# Hot: sources and vehicles are compared with their counts before they index anything.
"""Link: from octets of the radio to transfer frames of each vehicle, and from packets to frames on their way down.

The `lab` link: every octet reaches every receiver, a frame's spacecraft identifier routes it, and nothing is delayed. A frame leaves
whenever packets wait at the end of a tick, filled with idle packets, and one idle frame a second besides. (The link `queqiao` is
`flight.space` and `flight.transmitter`.)
"""

import numpy as np

from flight.computer cimport Computer
from flight.doors.inbox cimport INBOX_ANEW, inbox_take
from flight.doors.outlet cimport outlet_put
from flight.record_log cimport LOG_UPLINK, record_put, record_room
from flight.telemetry cimport CHANNEL_EVENTS, CHANNEL_FILES, CHANNEL_REAL_TIME, CHANNELS, UNDER_WAY
from hal.core.ring cimport Unit, ring_count, ring_drop, ring_flush, ring_front, ring_make, ring_octets, ring_push
from wire.bare_frame cimport bare_feed
from wire.cltu cimport BCH_TED, CLTU_MAX_CANDIDATE, cltu_feed, cltu_reset
from wire.tm_frame cimport tm_append, tm_begin, tm_finish, tm_idle, tm_waiting

cdef enum:
    UPLINK_FRAMES = 16           # transfer frames that wait for one vehicle
    FRAMES_PER_TICK = 16         # a bound on the downlink's work in one tick
    REPORT_HEAD = 0xC            # type 1, first bit of version 4: a word hit by an upset must not pass for a CLCW


cdef void radio_route(RadioContext* c, int64_t tick, const uint8_t* frame, uint32_t length) noexcept nogil:
    cdef uint16_t spacecraft
    cdef int v
    c.state.frames += 1
    if length < 5:
        c.state.short_frames += 1
        return
    spacecraft = ((frame[0] & 3) << 8) | frame[1]
    if c.up.state != NULL:
        if not ring_push(&c.up, tick, spacecraft, frame, length):
            c.state.undelivered += 1
        return
    for v in range(c.vehicles):
        if c.spacecraft_ids[v] == spacecraft:
            if not c.powered[v][0]:
                c.state.unpowered[v] += 1
            elif ring_push(&c.uplinks[v], tick, spacecraft, frame, length):
                c.state.routed[v] += 1
            else:
                c.state.undelivered += 1
            return
    c.state.unknown_spacecraft += 1


cdef void _decode(RadioContext* c, int64_t tick, CltuDecoder* decoder, const uint8_t* octets, uint32_t n) noexcept nogil:
    """Octets of one source to candidates, and these to their vehicles, by way of the channel if there is one."""
    cdef uint32_t at = 0, consumed
    cdef int ready
    while at < n:
        ready = bare_feed(decoder, octets + at, n - at, &consumed) if c.bare else cltu_feed(decoder, octets + at, n - at, &consumed)
        at += consumed
        if ready and c.gate.frame != NULL:
            c.gate.frame(c.gate.context, tick, decoder.frame, decoder.frame_length)
        elif ready:
            radio_route(c, tick, decoder.frame, decoder.frame_length)


cdef int _radio_cycle(void* context, int64_t tick) noexcept nogil:
    """Take what the radio has received, as much as the vehicles' queues can hold, and log it with its tick."""
    cdef RadioContext* c = <RadioContext*>context
    cdef uint8_t entry[260]
    cdef uint8_t* chunk = entry + 4
    cdef uint32_t source, taken = 0
    cdef int n, v
    cdef bint room
    for v in range(c.vehicles):
        if not c.powered[v][0] and ring_count(&c.uplinks[v]):
            c.state.unpowered[v] += ring_count(&c.uplinks[v])     # what waited for a computer dies with its power
            ring_flush(&c.uplinks[v])
    while taken < TICK_OCTETS and record_room(c.log, sizeof(entry)):
        room = c.up.state == NULL or ring_count(&c.up) + 8 <= c.up.capacity
        for v in range(c.vehicles):
            room = room and ring_count(&c.uplinks[v]) <= 8
        if not room:
            break
        n = inbox_take(c.inbox, &source, chunk, CHUNK_OCTETS)
        if n == 0:
            break
        (<uint32_t*>entry)[0] = source
        record_put(c.log, tick, LOG_UPLINK, entry, 4 + (n if n > 0 else 0))
        if source >= INBOX_SOURCES:
            continue
        if n == INBOX_ANEW:
            taken += 1
            c.decoders[source].open = c.decoders[source].collected = 0
            c.decoders[source].last = 0x100
            continue
        taken += n
        c.state.octets += n
        if c.gate.octets != NULL:
            n = c.gate.octets(c.gate.context, tick, chunk, n)
        _decode(c, tick, c.decoders[source], chunk, <uint32_t>n)
    return 0


cdef class Radio:
    """The receiving front end of all vehicles: hardware, in the harness arena, not lost when a computer resets."""

    def __cinit__(self, Arena harness not None, Inbox inbox not None, RecordLog log not None, list computers not None, list spacecraft_ids not None,
                  bint bare_frames=False):
        cdef RadioContext* c = &self.c
        cdef Computer computer
        cdef CltuDecoder[::1] decoder_view
        self.keep = (harness, inbox, log, computers)
        self.names = [computer.name for computer in computers]
        c.inbox, c.log, c.vehicles = &inbox.ring, &log.ring, len(computers)
        c.bare = bare_frames
        c.state = <RadioState*>harness.take("radio", sizeof(RadioState))
        cdef RadioState[::1] view = <RadioState[:1]>c.state
        harness.bind("radio", np.asarray(view))
        for i in range(INBOX_SOURCES):
            c.decoders[i] = <CltuDecoder*>harness.take(f"radio.decoder{i}", sizeof(CltuDecoder))
            decoder_view = <CltuDecoder[:1]>c.decoders[i]
            harness.bind(f"radio.decoder{i}", np.asarray(decoder_view))
            cltu_reset(c.decoders[i], BCH_TED, 0)
        for i, computer in enumerate(computers):
            c.spacecraft_ids[i] = spacecraft_ids[i]
            c.powered[i] = &computer.wiring.state.powered
            c.uplinks[i] = ring_make(harness, f"radio.{computer.name}", UPLINK_FRAMES, CLTU_MAX_CANDIDATE)
        self.slot = SlotCode.make("radio", _radio_cycle, c, self)

    cdef void send_through(self, Ring up) noexcept:
        """From now on every frame goes into this ring, not to its vehicle."""
        self.c.up = up


cdef int[3] PRIORITY = [CHANNEL_EVENTS, CHANNEL_REAL_TIME, CHANNEL_FILES]


cdef uint32_t link_control_word(DownlinkContext* c) noexcept nogil:
    """The CLCW; or the frame security report, when it has changed or seven frames went without.

    A report never goes where the CLCW says anything new, nor in two frames one behind the other: what FOP-1 waits for is not held up. The
    type bit tells the two apart (CCSDS 132.0-B-3, 4.1.5), and may change from frame to frame.
    """
    cdef ControlField* f = c.field
    cdef uint32_t clcw = c.state.ocf, report
    if f == NULL:
        return clcw
    report = c.report[0]
    if report >> 28 == REPORT_HEAD and f.frames and f.clcw == clcw and (f.report != report or f.frames >= REPORT_FRAMES - 1):
        f.report, f.frames = report, 0
        return report
    f.clcw = clcw
    f.frames = f.frames + 1 if f.frames < REPORT_FRAMES else REPORT_FRAMES
    return clcw


cdef bint link_fill(DownlinkContext* c, int k) noexcept nogil:
    """On channel 0 the packet that is under way goes on first, then what does not come again, then periodic reports."""
    cdef TmChannel* channel = c.channels[k]
    cdef Ring* queue
    cdef Unit* unit
    cdef bint periodic
    while True:
        queue = &c.telemetry.channels[k]
        periodic = False
        if k == CHANNEL_REAL_TIME:
            periodic = c.state.periodic_under_way != 0 if channel.packet_offset else ring_count(queue) == 0
        if periodic:
            queue = &c.telemetry.periodic
        unit = ring_front(queue)
        if unit == NULL:
            return False
        if not tm_append(channel, ring_octets(unit), unit.length):
            if channel.packet_offset:
                unit.id = UNDER_WAY                             # what a part of has left must not be replaced
                if k == CHANNEL_REAL_TIME:
                    c.state.periodic_under_way = periodic
            return True
        ring_drop(queue)


cdef void link_finish(DownlinkContext* c, TmChannel* channel) noexcept nogil:
    cdef uint32_t word = link_control_word(c)
    if not tm_finish(channel, <uint8_t>c.state.master_count, word, c.frame):
        channel.packet_offset = 0                           # half a packet with none behind it: the record was hit by an upset
        tm_finish(channel, <uint8_t>c.state.master_count, word, c.frame)
    if channel == c.channels[CHANNEL_REAL_TIME] and c.frame[3] % REFERENCE_FRAMES == 0:
        c.state.reference = REFERENCE_MADE
    c.state.master_count = (c.state.master_count + 1) & 0xFF
    c.telemetry.link.tm_frames += 1


cdef void _emit(DownlinkContext* c, TmChannel* channel) noexcept nogil:
    link_finish(c, channel)
    outlet_put(c.outlet, c.frame)


cdef int _downlink_cycle(void* context, int64_t tick) noexcept nogil:
    """End of the tick: events first, then real time; then, once a second, an idle frame."""
    cdef DownlinkContext* c = <DownlinkContext*>context
    cdef TmChannel* channel
    cdef int k, place, frames = 0
    for place in range(CHANNELS):
        k = PRIORITY[place]
        channel = c.channels[k]
        while frames < FRAMES_PER_TICK and link_fill(c, k):
            _emit(c, channel)
            frames += 1
        if tm_waiting(channel):
            _emit(c, channel)
            frames += 1
    if c.state.reference == REFERENCE_MADE:
        c.state.reference, c.state.reference_ns = REFERENCE_SENT, tick * c.telemetry.state.tick_ns
    if tick >= c.state.idle_tick:
        c.state.idle_tick = tick + c.idle_ticks
        if tm_idle(c.idle, <uint8_t>c.state.master_count, link_control_word(c), c.frame):
            c.state.master_count = (c.state.master_count + 1) & 0xFF
            c.telemetry.link.tm_idle_frames += 1
            outlet_put(c.outlet, c.frame)
    return 0


cdef class Downlink:
    """One vehicle's frames on the `lab` link."""

    def __cinit__(self, TelemetryStore telemetry not None, Outlet outlet not None, uint16_t spacecraft_id, int64_t ticks_per_second):
        cdef DownlinkContext* c = &self.c
        cdef Arena arena = telemetry.arena
        cdef TmChannel[::1] channel_view
        self.keep = (telemetry, outlet)
        c.telemetry, c.outlet, c.idle_ticks = &telemetry.wiring, &outlet.ring, ticks_per_second
        c.state = <DownlinkState*>arena.take("downlink", sizeof(DownlinkState))
        cdef DownlinkState[::1] view = <DownlinkState[:1]>c.state
        arena.bind("downlink", np.asarray(view))
        for i, number in enumerate((0, 1, 2, IDLE_CHANNEL)):
            name = f"downlink.vc{number}"
            if i < CHANNELS:
                c.channels[i] = <TmChannel*>arena.take(name, sizeof(TmChannel))
                channel_view = <TmChannel[:1]>c.channels[i]
                tm_begin(c.channels[i], spacecraft_id, number)
            else:
                c.idle = <TmChannel*>arena.take(name, sizeof(TmChannel))
                channel_view = <TmChannel[:1]>c.idle
                tm_begin(c.idle, spacecraft_id, number)
            arena.bind(name, np.asarray(channel_view))
        self.slot = SlotCode.make("downlink", _downlink_cycle, c, self)
