# distutils: extra_compile_args = -O2
"""PacketHeadDriver: what the driver of every head on SpaceWire does alike (docs/devices.md, "Imaging laser", "Camera")."""

from hal.core.ring cimport ring_push
from hal.drivers.common cimport reading_refuse, watch_counter
from hal.drivers.octets cimport be16, crc16, put_be16, put_be32
from hal.reading cimport DEVICE_CHECKSUM, DEVICE_SEQUENCE


cdef bint head_checked(PacketHead* h, const uint8_t* p, uint32_t length) noexcept nogil:
    if crc16(p, length - 2) == be16(p + length - 2):
        return True
    reading_refuse(h.reading, DEVICE_CHECKSUM)
    return False


cdef int head_counter(PacketHead* h, const uint8_t* p) noexcept nogil:
    cdef int error = watch_counter(h.watch, be16(p + 2), 0xFFFF, p[1] & HEAD_RESTARTED)
    if error < 0:
        reading_refuse(h.reading, DEVICE_SEQUENCE)
    return error


cdef void head_ask(PacketHead* h, int64_t tick, uint8_t* packet, uint32_t octets, uint32_t number) noexcept nogil:
    packet[0], packet[1] = 0x43, 0
    put_be32(packet + 2, number)
    put_be16(packet + octets - 2, crc16(packet, octets - 2))
    ring_push(h.to_device, tick, 0, packet, octets)


cdef class PacketHeadDriver:
    """The reading is the record `name`. Stale `timeout_s` after a last good packet."""

    cdef void wire(self, Arena arena, Bus bus, str name, PacketHead* head, void* reading, Watch* watch, slot_function read,
                   slot_function write, double tick_s, double timeout_s) except *:
        """What a subclass does when it has taken and bound its records; `head` begins its context, which its slots are given."""
        self.name, self.arena, self.bus = name, arena, bus
        head.to_flight, head.to_device = &bus.to_flight, &bus.to_device
        head.reading, head.watch = <ReadingHead*>reading, watch
        head.timeout_ticks, head.repeat_ticks = round(timeout_s / tick_s), round(1.0 / tick_s)
        self.read_slot = SlotCode.make(name + ".read", read, head, self)
        self.write_slot = SlotCode.make(name + ".write", write, head, self)
