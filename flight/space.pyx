# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# Hot: two vehicles and one relay, by places fixed when it is built.
"""Space: what lies between the antennas on the `queqiao` link.

Frames on their way are state: they lie in rings of the arena `space`, each with the tick at which its last bit left, and arrive when the
light time of now has passed; on the way down, to the nanosecond, at the first tick after that. Order is kept on each path. The relay's receiver hands what arrives to its computer, which must be on and
take it. What is heard below the mask of 5 degrees at the site is lost.
Left out: modulation, Doppler (at most 85 m/s), link budget and bit errors, pointing of the antennas, the ground's three stations (one
that always sees the relay stands for them); light goes to the Earth's centre, at most 21 ms farther than to a station.
"""

import numpy as np

from libc.stdint cimport int64_t, uint32_t

from flight.doors.outlet cimport Outlet, outlet_put
from hal.core.ring cimport Unit, ring_count, ring_drop, ring_flush, ring_front, ring_make, ring_octets, ring_push
from wire.cltu cimport CLTU_MAX_CANDIDATE
from wire.tm_frame cimport TM_FRAME_LENGTH

CAPACITY_OCTETS = 3 * 1024 * 1024
cdef double SPEED_OF_LIGHT_M_S = 299_792_458.0
cdef double MASK_RAD = 5.0 * 0.017453292519943295
RELAYED = ("lander", "rover")


cdef inline int64_t light(SpaceContext* c, double metres) noexcept nogil:
    cdef double ticks = metres * c.ticks_per_metre
    return <int64_t>(ticks + 0.5) if 0.0 <= ticks < 1e9 else 0


cdef inline int64_t light_ns(double metres) noexcept nogil:
    cdef double ns = metres * (1e9 / SPEED_OF_LIGHT_M_S)
    return <int64_t>ns if 0.0 <= ns < 1e16 else 0


cdef inline bint seen(SpaceContext* c) noexcept nogil:
    if c.ranges.relay_elevation_rad >= c.mask_rad:
        return True
    c.state.unseen += 1
    return False


cdef void hear(SpaceContext* c, Ring* receiver, int64_t tick, Unit* unit, uint32_t id) noexcept nogil:
    """A frame reaches the relay's receiver."""
    if not c.radio.powered[c.relay][0]:
        c.state.unpowered += 1
    elif not ring_push(receiver, tick, id, ring_octets(unit), unit.length):
        c.state.overrun += 1


cdef bint hear_earth(SpaceContext* c, int64_t tick, Unit* unit) noexcept nogil:
    """A frame from the ground: the relay's own goes to its uplink, the others' to its computer. False: not now, its uplink is full."""
    cdef uint32_t v
    for v in range(<uint32_t>c.radio.vehicles):
        if c.radio.spacecraft_ids[v] == unit.id:
            if <int>v != c.relay:
                hear(c, &c.commands, tick, unit, v)
            elif not c.radio.powered[v][0]:
                c.radio.state.unpowered[v] += 1
            elif ring_count(&c.radio.uplinks[v]) >= c.radio.uplinks[v].capacity:
                return False
            else:
                ring_push(&c.radio.uplinks[v], tick, unit.id, ring_octets(unit), unit.length)
                c.radio.state.routed[v] += 1
            c.state.from_earth += 1
            return True
    c.state.unknown_spacecraft += 1
    return True


cdef void arrive(SpaceContext* c, int64_t tick, Unit* unit) noexcept nogil:
    """A frame reaches lander or rover."""
    cdef uint32_t v = unit.id
    if v >= <uint32_t>c.radio.vehicles or not seen(c):
        return
    c.state.to_site += 1
    if not c.radio.powered[v][0]:
        c.radio.state.unpowered[v] += 1
    elif ring_push(&c.radio.uplinks[v], tick, c.radio.spacecraft_ids[v], ring_octets(unit), unit.length):
        c.radio.state.routed[v] += 1
    else:
        c.radio.state.undelivered += 1


cdef void forget(SpaceContext* c, Ring* ring) noexcept nogil:
    """What waited for a computer dies with its power."""
    if ring_count(ring):
        c.state.unpowered += ring_count(ring)
        ring_flush(ring)


cdef int propagate(void* context, int64_t tick) noexcept nogil:
    cdef SpaceContext* c = <SpaceContext*>context
    cdef SpaceState* s = c.state
    cdef Unit* unit
    cdef int i
    s.earth_relay_ticks, s.relay_site_ticks = light(c, c.ranges.earth_relay_m), light(c, c.ranges.relay_site_m)
    s.earth_relay_ns, s.relay_site_ns = light_ns(c.ranges.earth_relay_m), light_ns(c.ranges.relay_site_m)
    if not c.radio.powered[c.relay][0]:
        forget(c, &c.received)
        forget(c, &c.commands)
    for i in range(2):
        while True:
            unit = ring_front(&c.returned[i])
            if unit == NULL or unit.tick * c.tick_ns - unit.id + s.relay_site_ns > tick * c.tick_ns:
                break
            if seen(c):
                s.from_site[i] += 1
                hear(c, &c.received, tick, unit, i)
            ring_drop(&c.returned[i])
    while True:
        unit = ring_front(&c.earth)
        if unit == NULL or unit.tick * c.tick_ns - unit.id + s.earth_relay_ns > tick * c.tick_ns:
            break
        s.to_earth += 1
        outlet_put(c.outlet, ring_octets(unit))
        ring_drop(&c.earth)
    while True:
        unit = ring_front(&c.up)
        if unit == NULL or unit.tick + s.earth_relay_ticks > tick:
            break
        if not hear_earth(c, tick, unit):
            break
        ring_drop(&c.up)
    while True:
        unit = ring_front(&c.forward)
        if unit == NULL or unit.tick + s.relay_site_ticks > tick:
            break
        arrive(c, tick, unit)
        ring_drop(&c.forward)
    return 0


cdef class Space:
    """Joins the radio of all vehicles to Earth by way of the relay. Raises ValueError when one of the three is not there."""

    def __cinit__(self, RangeRecord ranges not None, Radio radio not None, Outlet outlet not None, int64_t tick_ns):
        cdef SpaceContext* c = &self.c
        cdef Arena arena = Arena("space", CAPACITY_OCTETS)
        missing = [name for name in (*RELAYED, "relay") if name not in radio.names]
        if missing:
            raise ValueError(f"the link queqiao joins lander, rover and relay; this scenario has no {' and no '.join(missing)}")
        self.arena, self.keep = arena, (ranges, radio, outlet)
        c.ranges, c.radio, c.outlet, c.mask_rad = ranges.record, &radio.c, &outlet.ring, MASK_RAD
        c.tick_ns = tick_ns
        c.ticks_per_metre = 1e9 / (SPEED_OF_LIGHT_M_S * tick_ns)
        c.relay = radio.names.index("relay")
        c.state = <SpaceState*>arena.take("space", sizeof(SpaceState))
        cdef SpaceState[::1] view = <SpaceState[:1]>c.state
        arena.bind("space", np.asarray(view))
        for i, name in enumerate(RELAYED):
            c.places[i] = radio.names.index(name)
            c.returned[i] = ring_make(arena, f"return.{name}", SPACE_RETURN_FRAMES, TM_FRAME_LENGTH)
        c.earth = ring_make(arena, "return.relay", SPACE_EARTH_FRAMES, TM_FRAME_LENGTH)
        c.up = ring_make(arena, "up", SPACE_UP_FRAMES, CLTU_MAX_CANDIDATE)
        c.forward = ring_make(arena, "forward", SPACE_FORWARD_FRAMES, CLTU_MAX_CANDIDATE)
        c.received = ring_make(arena, "receiver.returned", RECEIVED_FRAMES, TM_FRAME_LENGTH)
        c.commands = ring_make(arena, "receiver.commands", COMMAND_FRAMES, CLTU_MAX_CANDIDATE)
        radio.send_through(self.c.up)
        self.slot = SlotCode.make("space", propagate, c, self)

    def status(self):
        """What has been carried and lost, and the light times in ticks."""
        cdef SpaceState* s = self.c.state
        return {
            "earth_relay_ticks": s.earth_relay_ticks, "relay_site_ticks": s.relay_site_ticks, "to_earth": s.to_earth,
            "from_lander": s.from_site[0], "from_rover": s.from_site[1], "from_earth": s.from_earth, "to_site": s.to_site,
            "unpowered": s.unpowered, "overrun": s.overrun, "unseen": s.unseen, "unknown_spacecraft": s.unknown_spacecraft,
            "cut_short": s.cut_short,
        }
