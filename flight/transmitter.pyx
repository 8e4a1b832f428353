# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# Hot: channels and rates are indexed by what is compared with their counts.
"""Transmitter: one vehicle's frames on the `queqiao` link, at its rate.

The line is never silent: frame follows frame, and what goes into the next is chosen when the one before has left: events first, then
real time, then (on the relay) what is to be forwarded, then files, else an idle frame. A rate counts the bits of transfer frames; coding
is not counted.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from flight.apps.forwarding cimport Forwarding
from flight.link cimport REFERENCE_MADE, REFERENCE_SENT, DownlinkState, link_control_word, link_finish
from flight.space cimport Space
from flight.telemetry cimport CHANNEL_EVENTS, CHANNEL_FILES, CHANNEL_REAL_TIME
from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets, ring_push
from wire.tm_frame cimport TM_FRAME_LENGTH, TmChannel, tm_append, tm_idle, tm_waiting

cdef enum:
    FRAME_BITS = 8920
    MOST_FRAMES = 32                # in one tick: 10 Mbit/s send 11

cdef int64_t SECOND_NS = 1_000_000_000


cdef bint from_channel(DownlinkContext* d, int k) noexcept nogil:
    """Put the next frame of a channel together in d.frame; False when it has nothing to say."""
    cdef TmChannel* channel = d.channels[k]
    cdef Unit* unit
    while True:
        unit = ring_front(&d.telemetry.channels[k])
        if unit == NULL:
            break
        if not tm_append(channel, ring_octets(unit), unit.length):
            link_finish(d, channel)
            return True
        ring_drop(&d.telemetry.channels[k])
    if not tm_waiting(channel):
        return False
    link_finish(d, channel)
    return True


cdef const uint8_t* next_frame(TransmitterContext* c) noexcept nogil:
    cdef DownlinkContext* d = c.down
    cdef Unit* unit
    if from_channel(d, CHANNEL_EVENTS) or from_channel(d, CHANNEL_REAL_TIME):
        return d.frame
    if c.forwarded.state != NULL:
        unit = ring_front(&c.forwarded)
        if unit != NULL:
            return ring_octets(unit)
    if from_channel(d, CHANNEL_FILES):
        return d.frame
    tm_idle(d.idle, <uint8_t>d.state.master_count, link_control_word(d), d.frame)
    d.state.master_count = (d.state.master_count + 1) & 0xFF
    d.telemetry.link.tm_idle_frames += 1
    return d.frame


cdef int transmit(void* context, int64_t tick) noexcept nogil:
    cdef TransmitterContext* c = <TransmitterContext*>context
    cdef DownlinkState* s = c.down.state
    cdef int64_t rate = c.rate_bit_s[s.rate if s.rate < c.rates else c.rates - 1]
    cdef int64_t frame_time_ns = FRAME_BITS * SECOND_NS // rate, cost = FRAME_BITS * SECOND_NS
    cdef int64_t late_ns, end_ns
    cdef const uint8_t* frame
    cdef int frames = 0
    s.debt -= rate * c.tick_ns
    if s.debt < -cost * MOST_FRAMES or s.debt > cost:               # the record was hit by an upset
        s.debt = 0
    while s.debt <= 0 and frames < MOST_FRAMES:
        frame = next_frame(c)
        late_ns = -s.debt // rate                                    # the line fell free so long before the end of this tick
        end_ns = c.tick_ns - late_ns + frame_time_ns                 # of this frame, since the beginning of this tick
        ring_push(&c.out, tick + (end_ns + c.tick_ns - 1) // c.tick_ns, <uint32_t>(c.tick_ns - 1 - (end_ns - 1) % c.tick_ns), frame, TM_FRAME_LENGTH)
        if s.reference == REFERENCE_MADE:
            s.reference, s.reference_ns = REFERENCE_SENT, (tick + 1) * c.tick_ns - late_ns
        if frame != c.down.frame:
            ring_drop(&c.forwarded)
        s.debt += cost
        frames += 1
    return 0


cdef class Transmitter:
    """Takes the place of `Downlink`, whose channels it empties. The field `rate` of its record is the place of the rate in use."""

    def __cinit__(self, Downlink downlink not None, Space space not None, str vehicle not None, rates_bit_s, Forwarding forwarding, int64_t tick_ns):
        cdef TransmitterContext* c = &self.c
        self.keep = (downlink, space, forwarding)
        c.down, c.tick_ns, c.rates = &downlink.c, tick_ns, len(rates_bit_s)
        if not 0 < c.rates <= 4:
            raise ValueError(f"{c.rates} rates; one to four are possible")
        for i, rate in enumerate(rates_bit_s):
            c.rate_bit_s[i] = rate
        if forwarding is None:
            c.out = space.c.returned[0 if vehicle == "lander" else 1]
        else:
            c.out, c.forwarded = space.c.earth, forwarding.c.returned
        self.slot = SlotCode.make("downlink", transmit, c, self)
