"""Bus: two bounded rings of time-stamped units, the seam between a driver and whatever moves its far side.

A unit is what the medium carries in one piece: a CAN frame (identifier, up to 8 octets), a burst of UART octets (up to 64),
a SpaceWire packet (up to 1056). The rings do not model bit timing or arbitration: a unit put in tick n can be read in tick n by
a slot that runs later, or in tick n + 1.
"""

from libc.stdint cimport uint8_t

from hal.core.ring cimport Unit, ring_count, ring_drop, ring_flush, ring_front, ring_make, ring_octets, ring_push

UNIT_OCTETS = {"can": 8, "uart": 64, "spacewire": 1056}
UNITS = {"can": 256, "uart": 64, "spacewire": 16}


cdef class Bus:
    """A bus named as in the vehicle's table. Raises ValueError for an unknown kind."""

    def __init__(self, Arena arena not None, str name not None, str kind not None):
        if kind not in UNIT_OCTETS:
            raise ValueError(f"bus {name}: kind {kind!r} is none of {sorted(UNIT_OCTETS)}")
        self.name = name
        self.kind = kind
        self.arena = arena
        self.to_flight = ring_make(arena, f"bus.{name}.to_flight", UNITS[kind], UNIT_OCTETS[kind])
        self.to_device = ring_make(arena, f"bus.{name}.to_device", UNITS[kind], UNIT_OCTETS[kind])

    cdef Ring* _ring(self, bint to_flight) noexcept:
        return &self.to_flight if to_flight else &self.to_device

    def push(self, bytes data not None, long long tick=0, unsigned int id=0, bint to_flight=True) -> bool:
        """Put one unit on the bus from Python: pump threads of real back ends, and tests."""
        return ring_push(self._ring(to_flight), tick, id, <const uint8_t*>data, <unsigned int>len(data))

    def pop(self, bint to_flight=True):
        """Take the oldest unit as (tick, id, octets), or None."""
        cdef Ring* ring = self._ring(to_flight)
        cdef Unit* unit = ring_front(ring)
        if unit == NULL:
            return None
        taken = (unit.tick, unit.id, (<char*>ring_octets(unit))[:unit.length])
        ring_drop(ring)
        return taken

    def waiting(self, bint to_flight=True) -> int:
        """Units waiting in one direction."""
        return ring_count(self._ring(to_flight))

    def flush(self):
        """Throw away what waits in both directions."""
        ring_flush(&self.to_flight)
        ring_flush(&self.to_device)
