# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Sensors on a bus of their own: what the far end of each does alike (docs/devices.md, "The UART frame", "The power frame", and the
heads on SpaceWire).

The power frame is obeyed and the counter runs here; what is measured, and how it is coded, is each sensor's own.
"""

from libc.string cimport memcpy

from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets
from hal.sim.far_end cimport line_receive, line_send, line_tend
from hal.sim.octets cimport check16, seal_frame, store16, store32

cdef int RESTARTED = 8


cdef void restart(Head* h) noexcept nogil:
    """The defaults after power-on."""
    h.state.counter = 0
    h.state.on = 1
    h.state.fresh = h.fresh_units


cdef bint head_tend(Head* h, int64_t tick) noexcept nogil:
    line_tend(h.bus, tick)
    if line_tend(h.line, tick):
        restart(h)
        return True
    return False


cdef void obey(Head* h, int64_t tick) noexcept nogil:
    """Power frames: FE81h, 'P', 1, on or off, check."""
    cdef Unit* unit
    cdef uint8_t* p
    cdef uint32_t length
    while True:
        unit = ring_front(h.to_device)
        if unit == NULL:
            return
        p = ring_octets(unit)
        length = unit.length
        if line_receive(h.line, tick, p, &length) and length == 7 and p[0] == 0xFE and p[1] == 0x81 and p[2] == 0x50 and p[3] == 1:
            if check16(p + 2, 3) == ((p[5] << 8) | p[6]) and p[4] <= 1:
                if p[4] == 1 and not h.state.on:
                    restart(h)
                h.state.on = p[4]
        ring_drop(h.to_device)


cdef bint head_due(Head* h, int64_t tick) noexcept nogil:
    head_tend(h, tick)
    obey(h, tick)
    return h.state.on and tick % h.period_ticks == h.phase_ticks


cdef int restart_bit(HeadState* s) noexcept nogil:
    """RESTARTED in the first units after a restart."""
    if not s.fresh:
        return 0
    s.fresh -= 1
    return RESTARTED


cdef void head_send(Head* h, int64_t tick, uint8_t* frame, uint8_t kind, uint8_t payload_octets, int status) noexcept nogil:
    """Put counter and status into a payload that stands at frame + 4, seal the frame and send it."""
    store16(frame + 4, h.state.counter)
    store16(frame + 6, <uint32_t>(status | restart_bit(h.state)))
    h.state.counter = (h.state.counter + 1) & 0xFFFF
    line_send(h.line, tick, 0, frame, seal_frame(frame, kind, payload_octets))


cdef bint head_asked(Head* h, int64_t tick, uint8_t* request, uint32_t octets) noexcept nogil:
    """Requests: 'C', 0, number, what else the head is asked for, check."""
    cdef Unit* unit
    cdef uint8_t* p
    cdef uint32_t length
    cdef bint good = False
    while not good:
        unit = ring_front(h.to_device)
        if unit == NULL:
            return False
        p = ring_octets(unit)
        length = unit.length
        if line_receive(h.line, tick, p, &length) and length == octets and p[0] == 0x43 and p[1] == 0:
            good = check16(p, octets - 2) == ((p[octets - 2] << 8) | p[octets - 1])
            memcpy(request, p, octets)
        ring_drop(h.to_device)
    return True


cdef void head_answer(Head* h, int64_t tick, uint8_t* packet, uint32_t octets, uint8_t kind, int status, uint32_t request) noexcept nogil:
    packet[0], packet[1] = kind, <uint8_t>(status | restart_bit(h.state))
    store16(packet + 2, h.state.counter)
    store32(packet + 4, request)
    h.state.counter = (h.state.counter + 1) & 0xFFFF
    store16(packet + octets, check16(packet, octets))
    line_send(h.line, tick, 0, packet, octets + 2)


cdef class SimSensor:
    """At the far end of a bus, whose faults it also carries. A subclass takes its record, whose first part is a HeadState."""

    cdef void wire(self, Arena arena, Bus bus, str name, str bus_name, Head* head, double rate_hz, double tick_s,
                   uint8_t fresh_units) except *:
        """Take streams, lines and fault points: the same records in the same order for every sensor. A UART's line holds the units of
        a second, the longest delay of the fault table."""
        cdef int held = 8
        while held < rate_hz + 2.0 and held < 128:
            held *= 2
        if bus.kind != "uart":
            held = 0
        self.name, self.bus, self.arena, self.head = name, bus, arena, head
        self.random = RandomSource(arena, f"device.{name}.random")
        self.bus_line = LinePoint(arena, bus_name, bus, delayed=held)
        self.line = LinePoint(arena, name, bus, self.bus_line, held)
        self.value = FaultPoint(arena, name, "value")
        head.random, head.to_device = self.random.stream, &bus.to_device
        head.bus, head.line = &self.bus_line.line, &self.line.line
        head.period_ticks, head.phase_ticks, head.fresh_units = max(1, round(1.0 / (rate_hz * tick_s))), 0, fresh_units

    cdef void start(self, HeadState* state) except *:
        """Begin as after power-on."""
        self.head.state = state
        restart(self.head)

    @property
    def points(self) -> tuple:
        """Where this device can be broken."""
        return self.line.point, self.value, self.bus_line.point

    def seed(self, unsigned long long seed):
        """Start a run: key the stream; a sensor with biases draws them next."""
        self.random.seed(seed)
