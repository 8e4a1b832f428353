# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# Hot: nothing is indexed but by ring and record.
"""Channel: a seeded model of the space link between the doors and the radios.

Up, bit errors and outages act on the octets before they are decoded; loss, duplication, delay and reordering act on what the CLTU
decoders make of them. Down, all act on frames. Bit errors of the downlink are drawn here for the octets of the frame as it will be coded;
the state from which they were drawn goes with the frame to the door, which draws the same ones again where somebody listens. So the line's
state, and what the bench reads of it, is the same with listeners and without.

Left out: fading that follows the sky, soft decisions, insertion and deletion of bits, inversion of phase.
"""

import hashlib

import numpy as np

from libc.string cimport memcpy, memset

from flight.bit_errors cimport errors_apply, errors_model, errors_restart
from flight.channel_settings import SIDES, checked
from flight.doors.outlet cimport FrameErrors, Outlet, outlet_deliver
from flight.link cimport Radio, radio_route
from hal.core.random cimport RandomSource, random_uniform
from hal.core.ring cimport Unit, ring_drop, ring_front, ring_make, ring_octets, ring_push
from wire.cltu cimport CLTU_MAX_CANDIDATE
from wire.tm_frame cimport TM_FRAME_LENGTH

CAPACITY_OCTETS = 2 * 1024 * 1024
COUNTERS = ("octets", "bits_flipped", "octets_out", "frames", "frames_out", "lost", "duplicated", "reordered", "delayed", "overrun", "delivered")


cdef inline bint happens(SideContext* side, double chance) noexcept nogil:
    """Draws only for what is possible, so that a setting of 0 costs nothing."""
    return chance > 0.0 and random_uniform(side.chance) < chance


cdef inline bint is_out(const ChannelSide* s, int64_t tick) noexcept nogil:
    cdef int64_t since = tick - s.outage_tick
    if s.outage_ticks <= 0 or since < 0:
        return False
    if s.outage_every_ticks > 0:
        since %= s.outage_every_ticks
    return since < s.outage_ticks


cdef int pass_octets(void* context, int64_t tick, uint8_t* octets, int n) noexcept nogil:
    """Octets from the ground: how many of them are left."""
    cdef SideContext* side = &(<ChannelContext*>context).up
    side.s.octets += <uint64_t>n
    if is_out(side.s, tick):
        side.s.octets_out += <uint64_t>n
        return 0
    side.s.bits_flipped += errors_apply(side.model, side.errors, octets, <uint64_t>n)
    return n


cdef void deliver_up(ChannelContext* c, int64_t tick, const uint8_t* frame, uint32_t length) noexcept nogil:
    c.up.s.delivered += 1
    radio_route(c.radio, tick, frame, length)


cdef void deliver_down(ChannelContext* c, const uint8_t* frame) noexcept nogil:
    """To the door, with the state from which the errors of its coded octets are drawn; here they are only counted."""
    cdef ChannelSide* s = c.down.s
    cdef FrameErrors errors
    errors.model, errors.line = c.down.model[0], c.down.errors[0]
    s.octets += c.coded_octets
    s.bits_flipped += errors_apply(c.down.model, c.down.errors, NULL, c.coded_octets)
    s.delivered += 1
    outlet_deliver(c.outlet, frame, &errors)


cdef bint put_on(ChannelContext* c, SideContext* side, const uint8_t* frame, uint32_t length) noexcept nogil:
    """One copy of a frame. True: it is through at once; else it is under way, or lost for want of room."""
    cdef ChannelSide* s = side.s
    cdef bint held = happens(side, s.reorder)
    if not held and s.delay_ticks <= 0:
        return True
    if not ring_push(&side.held if held else &side.line, c.tick + s.delay_ticks + (s.reorder_ticks if held else 0), 0, frame, length):
        s.overrun += 1
        return False
    if held:
        s.reordered += 1
    else:
        s.delayed += 1
    return False


cdef int copies_of(SideContext* side) noexcept nogil:
    """How many come through of a frame: none, one, or two."""
    if happens(side, side.s.loss):
        side.s.lost += 1
        return 0
    if happens(side, side.s.duplicate):
        side.s.duplicated += 1
        return 2
    return 1


cdef void pass_up(void* context, int64_t tick, const uint8_t* frame, uint32_t length) noexcept nogil:
    """A candidate of the decoders, on its way to the vehicles."""
    cdef ChannelContext* c = <ChannelContext*>context
    cdef int n
    c.tick = tick
    c.up.s.frames += 1
    for n in range(copies_of(&c.up)):
        if put_on(c, &c.up, frame, length):
            deliver_up(c, tick, frame, length)


cdef void pass_down(void* context, const uint8_t* frame) noexcept nogil:
    """A frame on its way to the door."""
    cdef ChannelContext* c = <ChannelContext*>context
    cdef ChannelSide* s = c.down.s
    cdef int n
    s.frames += 1
    if is_out(s, c.tick):
        s.frames_out += 1
        return
    for n in range(copies_of(&c.down)):
        if put_on(c, &c.down, frame, TM_FRAME_LENGTH):
            deliver_down(c, frame)


cdef void arrive(ChannelContext* c, Ring* ring, int64_t tick, bint up) noexcept nogil:
    """What has come to the end of a line."""
    cdef Unit* unit = ring_front(ring)
    while unit != NULL and unit.tick <= tick:
        if up:
            deliver_up(c, tick, ring_octets(unit), unit.length)
        else:
            deliver_down(c, ring_octets(unit))
        ring_drop(ring)
        unit = ring_front(ring)


cdef int propagate(void* context, int64_t tick) noexcept nogil:
    cdef ChannelContext* c = <ChannelContext*>context
    c.tick = tick
    arrive(c, &c.up.line, tick, True)
    arrive(c, &c.up.held, tick, True)
    arrive(c, &c.down.line, tick, False)
    arrive(c, &c.down.held, tick, False)
    return 0


cdef void build_side(SideContext* side, Arena arena, str name, RandomSource chance, uint32_t line, uint32_t held, uint32_t octets) except *:
    """The records of one direction."""
    cdef ChannelSide[::1] side_view
    cdef ErrorModel[::1] model_view
    cdef ErrorLine[::1] error_view
    side.s = <ChannelSide*>arena.take(name, sizeof(ChannelSide))
    side_view = <ChannelSide[:1]>side.s
    arena.bind(name, np.asarray(side_view))
    side.model = <ErrorModel*>arena.take(f"{name}.model", sizeof(ErrorModel))
    model_view = <ErrorModel[:1]>side.model
    arena.bind(f"{name}.model", np.asarray(model_view))
    side.errors = <ErrorLine*>arena.take(f"{name}.errors", sizeof(ErrorLine))
    error_view = <ErrorLine[:1]>side.errors
    arena.bind(f"{name}.errors", np.asarray(error_view))
    side.chance = chance.stream
    side.line = ring_make(arena, f"{name}.line", line, octets)
    side.held = ring_make(arena, f"{name}.held", held, octets)


cdef class Channel:
    """Stands between the doors and the radios from when it is built. `settings` are those of `flight.channel_settings` that a reset brings back."""

    def __cinit__(self, Radio radio not None, Outlet outlet not None, dict settings not None, uint64_t coded_octets, int64_t tick_ns):
        cdef ChannelContext* c = &self.c
        self.arena = Arena("channel", CAPACITY_OCTETS)
        self.tick_ns, self.keep = tick_ns, (radio, outlet)
        self.settings = {name: checked(settings.get(name, {})) for name in SIDES}
        self.chances = [RandomSource(self.arena, f"channel.{name}.chance") for name in SIDES]
        build_side(&c.up, self.arena, "channel.up", self.chances[0], 64, 64, CLTU_MAX_CANDIDATE)
        build_side(&c.down, self.arena, "channel.down", self.chances[1], 1024, 64, TM_FRAME_LENGTH)
        c.radio, c.outlet, c.coded_octets = &radio.c, &outlet.ring, coded_octets
        radio.c.gate.context, radio.c.gate.octets, radio.c.gate.frame = c, pass_octets, pass_up
        outlet.keep_errors()
        outlet.ring.gate, outlet.ring.gate_context = pass_down, c
        self.slot = SlotCode.make("channel", propagate, c, self)

    def start(self, unsigned long long seed):
        """The start of a run: the settings of the start, and draws from their beginning."""
        for i, source in enumerate(self.chances):
            source.seed(seed)
            self.restart(SIDES[i], seed)
        for name in SIDES:
            self.set(name, self.settings[name], 0)

    cdef SideContext* side(self, str name) except NULL:
        if name not in SIDES:
            raise ValueError(f"a channel has the directions {' and '.join(SIDES)}, not {name!r}")
        return &self.c.up if name == "up" else &self.c.down

    def restart(self, str name, unsigned long long seed):
        """Bit errors of one direction from their beginning."""
        cdef SideContext* side = self.side(name)
        cdef bytes key = hashlib.blake2s(f"{seed}/channel.{name}.errors".encode(), digest_size=8).digest()
        memset(side.errors, 0, sizeof(ErrorLine))
        memcpy(side.errors.stream.key, <const char*>key, 8)

    def set(self, str name, settings, int64_t tick):
        """Change one direction from this tick on; what is not named is off. Raises ValueError."""
        cdef SideContext* side = self.side(name)
        cdef ChannelSide* s = side.s
        full = checked(settings)
        errors_model(side.model, full["ber"], full["burst_ber"], full["burst_bits"], full["calm_bits"])
        errors_restart(side.errors)
        s.loss, s.duplicate, s.reorder = full["loss"], full["duplicate"], full["reorder"]
        s.reorder_ticks, s.delay_ticks = self.ticks(full["reorder_s"]), self.ticks(full["delay_s"])
        s.outage_ticks, s.outage_every_ticks = self.ticks(full["outage_s"]), self.ticks(full["outage_every_s"])
        s.outage_tick = tick + self.ticks(full["outage_from_s"])

    def ticks(self, double seconds):
        """The whole ticks nearest to a time; something above nothing is at least one."""
        return max(round(seconds * 1e9 / self.tick_ns), 1 if seconds > 0.0 else 0)

    def status(self):
        """Each direction's settings in force and what has happened, by kind."""
        return {name: self.settings_now(name) | {key: int(self.arena.view(f"channel.{name}")[key]) for key in COUNTERS} for name in SIDES}

    def settings_now(self, str name):
        """The settings in force of one direction."""
        cdef SideContext* side = self.side(name)
        cdef ChannelSide* s = side.s
        second = 1e9 / self.tick_ns
        return {
            "ber": side.model.good_rate, "burst_ber": side.model.burst_rate, "burst_bits": side.model.burst_bits, "calm_bits": side.model.calm_bits,
            "loss": s.loss, "duplicate": s.duplicate, "reorder": s.reorder, "reorder_s": s.reorder_ticks / second, "delay_s": s.delay_ticks / second,
            "outage_s": s.outage_ticks / second, "outage_every_s": s.outage_every_ticks / second,
        }
