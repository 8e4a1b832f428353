# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# Hot: channels and rates are indexed by what is compared with their counts.
"""Transmitter: one vehicle's frames on the `queqiao` link, at its rate.

The line is never silent: frame follows frame, and what goes into the next is chosen when the one before has left. What claims the line are
the vehicle's channels and, on the relay, frames of others; the page says in which order, and which share of the frames each is sure of:

* a claim is ready when it has a frame full, or its oldest packet has waited for `patience_frames` frames, at most a second. On channel 0 only
  periodic reports wait: an answer is ready at once;
* a claim that is ready and has got less than its share goes first, else the first that is ready, else the first that has anything, so that
  nothing waits for company while the line would be idle; else an idle frame goes.

A rate counts the bits of transfer frames; coding is not counted. A new rate is that of the next frame.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from flight.apps.forwarding cimport Forwarding
from flight.link cimport REFERENCE_MADE, REFERENCE_SENT, DownlinkState, link_control_word, link_fill, link_finish
from flight.space cimport Space
from flight.telemetry cimport CHANNEL_EVENTS, CHANNEL_FILES, CHANNEL_REAL_TIME, telemetry_unit
from hal.core.ring cimport Unit, ring_count, ring_drop, ring_front, ring_octets, ring_push
from wire.tm_frame cimport TM_FRAME_LENGTH, tm_idle, tm_room, tm_waiting

cdef enum:
    FRAME_BITS = 8920
    MOST_FRAMES = 32                # in one tick: 10 Mbit/s send 11
    NOBODY = -1
    NOTHING = 0
    PARTLY = 1
    READY = 2
    FRAME_CREDIT = 100
    MOST_CREDIT = 200               # frames that are owed: two

cdef int64_t SECOND_NS = 1_000_000_000
cdef int64_t MOST_PATIENCE_NS = 1_000_000_000
cdef int64_t PERIODIC_NS = 1_000_000_000    # of periodic reports no more may wait than the line carries in so long
CLAIMS = {"events": CHANNEL_EVENTS, "real time": CHANNEL_REAL_TIME, "files": CHANNEL_FILES, "forwarded": FORWARDED}


cdef int look(TransmitterContext* c, int k, int64_t tick, int64_t frame_time_ns) noexcept nogil:
    """What a claim has: NOTHING, PARTLY a frame, which can still wait, or READY."""
    cdef DownlinkContext* d = c.down
    cdef Ring* queue
    cdef uint64_t octets = 0, room
    cdef uint32_t i, n
    cdef int64_t patience_ns = c.patience_frames[k] * frame_time_ns
    if k == FORWARDED:
        return READY if ring_count(&c.forwarded) else NOTHING
    queue = &d.telemetry.channels[k]
    if k == CHANNEL_REAL_TIME:
        if ring_count(queue):
            return READY
        queue = &d.telemetry.periodic
    n = ring_count(queue)
    if n == 0:
        return PARTLY if tm_waiting(d.channels[k]) else NOTHING
    if patience_ns > MOST_PATIENCE_NS:
        patience_ns = MOST_PATIENCE_NS
    if tick - telemetry_unit(queue, 0).tick >= patience_ns // c.tick_ns:
        return READY
    room = tm_room(d.channels[k]) + d.channels[k].packet_offset
    for i in range(n):
        octets += telemetry_unit(queue, i).length
    return READY if octets >= room else PARTLY


cdef int choose(TransmitterContext* c, int64_t tick, int64_t frame_time_ns) noexcept nogil:
    """Whose the next frame is, or NOBODY. What is owed is settled."""
    cdef uint32_t* credit = c.down.state.credit_percent
    cdef int i, k, found, owed = NOBODY, ready = NOBODY, partly = NOBODY
    for i in range(c.claims):
        k = c.order[i]
        found = look(c, k, tick, frame_time_ns)
        if found == NOTHING:
            credit[k] = 0
        elif found == PARTLY:
            partly = k if partly == NOBODY else partly
        else:
            ready = k if ready == NOBODY else ready
            credit[k] = credit[k] + c.share_percent[k] if credit[k] < MOST_CREDIT else MOST_CREDIT
            owed = k if owed == NOBODY and credit[k] >= FRAME_CREDIT else owed
    k = owed if owed != NOBODY else ready if ready != NOBODY else partly
    if k != NOBODY:
        credit[k] = credit[k] - FRAME_CREDIT if credit[k] > FRAME_CREDIT else 0
    return k


cdef const uint8_t* next_frame(TransmitterContext* c, int64_t tick, int64_t frame_time_ns) noexcept nogil:
    cdef DownlinkContext* d = c.down
    cdef int k = choose(c, tick, frame_time_ns)
    if k == FORWARDED:
        return ring_octets(ring_front(&c.forwarded))
    if k != NOBODY:
        link_fill(d, k)
        link_finish(d, d.channels[k])
        return d.frame
    tm_idle(d.idle, <uint8_t>d.state.master_count, link_control_word(d), d.frame)
    d.state.master_count = (d.state.master_count + 1) & 0xFF
    d.telemetry.link.tm_idle_frames += 1
    return d.frame


cdef void cut_short(TransmitterContext* c, int64_t begin_ns) noexcept nogil:
    """A frame that would still be leaving when another begins died with the computer that was sending it."""
    cdef uint32_t n = ring_count(&c.out)
    cdef Unit* last
    if n:
        last = telemetry_unit(&c.out, n - 1)
        if last.tick * c.tick_ns - last.id > begin_ns:
            c.out.state.head -= 1
            c.cut[0] += 1


cdef int transmit(void* context, int64_t tick) noexcept nogil:
    cdef TransmitterContext* c = <TransmitterContext*>context
    cdef DownlinkState* s = c.down.state
    cdef int64_t frame_time_ns = c.frame_time_ns[s.rate if s.rate < c.rates else c.rates - 1]
    cdef int64_t end_ns
    cdef const uint8_t* frame
    cdef int frames = 0
    if not 0 <= s.busy_ns <= c.longest_ns:                          # the record was hit by an upset
        s.busy_ns = 0
    c.down.telemetry.state.periodic_octets = <uint32_t>(FRAME_BITS // 8 * PERIODIC_NS // frame_time_ns)
    while s.busy_ns < c.tick_ns and frames < MOST_FRAMES:           # the line falls free so long after the beginning of this tick
        cut_short(c, tick * c.tick_ns + s.busy_ns)
        frame = next_frame(c, tick, frame_time_ns)
        end_ns = s.busy_ns + frame_time_ns
        ring_push(&c.out, tick + (end_ns + c.tick_ns - 1) // c.tick_ns, <uint32_t>(c.tick_ns - 1 - (end_ns - 1) % c.tick_ns), frame, TM_FRAME_LENGTH)
        if s.reference == REFERENCE_MADE:
            s.reference, s.reference_ns = REFERENCE_SENT, tick * c.tick_ns + s.busy_ns
        if frame != c.down.frame:
            ring_drop(&c.forwarded)
        s.busy_ns = end_ns
        frames += 1
    s.busy_ns = s.busy_ns - c.tick_ns if s.busy_ns > c.tick_ns else 0
    return 0


cdef class Transmitter:
    """Takes the place of `Downlink`, whose channels it empties. The field `rate` of its record is the place of the rate in use.

    `claims` are rows (name, share of the frames in per cent, patience in frames) in order of priority.
    """

    def __cinit__(self, Downlink downlink not None, Space space not None, str vehicle not None, rates_bit_s, claims, Forwarding forwarding,
                  int64_t tick_ns):
        cdef TransmitterContext* c = &self.c
        self.keep = (downlink, space, forwarding)
        c.down, c.tick_ns, c.rates = &downlink.c, tick_ns, len(rates_bit_s)
        if not 0 < c.rates <= 4:
            raise ValueError(f"{c.rates} rates; one to four are possible")
        for i, rate in enumerate(rates_bit_s):
            c.frame_time_ns[i] = FRAME_BITS * SECOND_NS // rate
            c.longest_ns = max(c.longest_ns, c.frame_time_ns[i])
        self._share(claims, forwarding is not None)
        c.cut = &space.c.state.cut_short
        if forwarding is None:
            c.out = space.c.returned[0 if vehicle == "lander" else 1]
        else:
            c.out, c.forwarded = space.c.earth, forwarding.c.returned
        self.slot = SlotCode.make("downlink", transmit, c, self)

    cdef _share(self, claims, bint forwards):
        cdef TransmitterContext* c = &self.c
        names = [name for name, _, _ in claims]
        wanted = [name for name in CLAIMS if forwards or name != "forwarded"]
        if sorted(names) != sorted(wanted):
            raise ValueError(f"claims on the line are {', '.join(names)}; they must be {', '.join(wanted)}")
        if sum(share for _, share, _ in claims) > FRAME_CREDIT:
            raise ValueError("the shares of the line are more than all of it")
        c.claims = len(names)
        for i, (name, share_percent, patience_frames) in enumerate(claims):
            k = CLAIMS[name]
            c.order[i], c.share_percent[k], c.patience_frames[k] = k, share_percent, patience_frames
