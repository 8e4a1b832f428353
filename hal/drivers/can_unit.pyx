# distutils: extra_compile_args = -O2
"""CanUnitDriver: what the driver of every unit on CAN does alike that sends frames of one length, CRC-8 last (docs/devices.md)."""

from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets
from hal.drivers.common cimport reading_age, reading_refuse, watch_counter, watch_start
from hal.drivers.octets cimport crc8
from hal.reading cimport DEVICE_CHECKSUM, DEVICE_FORMAT, DEVICE_SEQUENCE


cdef int unit_counter(UnitContext* c, uint32_t counter, bint restarted) noexcept nogil:
    cdef int error = watch_counter(c.watch, counter, 0xFF, restarted)
    if error < 0:
        reading_refuse(c.head, DEVICE_SEQUENCE)
    return error


cdef int read_unit(void* context, int64_t tick) noexcept nogil:
    cdef UnitContext* c = <UnitContext*>context
    cdef Unit* unit
    cdef const uint8_t* p
    if not c.watch.started:
        watch_start(c.watch, c.mailbox, tick)
    while True:
        unit = ring_front(c.mailbox)
        if unit == NULL:
            break
        p = ring_octets(unit)
        c.watch.heard_tick = tick
        if unit.length != c.octets:
            reading_refuse(c.head, DEVICE_FORMAT)
        elif crc8(p, c.octets - 1) != p[c.octets - 1]:
            reading_refuse(c.head, DEVICE_CHECKSUM)
        else:
            c.decode(c, unit.id, p, unit.tick)
        ring_drop(c.mailbox)
    reading_age(c.head, c.watch, tick, c.timeout_ticks)
    return 0


cdef class CanUnitDriver:
    """The reading is the record `name`. Stale after `timeout_s` without a good frame."""

    cdef void wire(self, Arena arena, CanController can, str name, void* reading, void* state, tuple identifiers, uint32_t octets,
                   decode_function decode, double tick_s, double timeout_s) except *:
        """What a subclass does when it has taken and bound its records; its state begins with a Watch."""
        cdef UnitContext* c = &self.unit
        self.name, self.arena, self.can = name, arena, can
        c.mailbox = can.mailbox(name, identifiers, 16)
        c.to_device = &can.bus.to_device
        c.head, c.watch = <ReadingHead*>reading, <Watch*>state
        c.decode, c.octets = decode, octets
        c.timeout_ticks = round(timeout_s / tick_s)
        self.read_slot = SlotCode.make(name + ".read", read_unit, c, self)
