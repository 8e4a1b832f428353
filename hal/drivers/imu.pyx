# distutils: extra_compile_args = -O2
"""ImuDriver: the inertial unit's frames (docs/devices.md, "Inertial measurement unit") become an ImuReading."""

from libc.stdint cimport int32_t

import numpy as np

from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets
from hal.drivers.common cimport ReadingHead, reading_accept, reading_age, reading_refuse, watch_counter, watch_start
from hal.drivers.octets cimport be16, be32
from hal.drivers.power cimport power_send
from hal.drivers.uart_frame cimport FRAME_BAD_CHECK, FRAME_GOOD, FRAME_NONE, parser_feed, parser_next
from hal.reading cimport DEVICE_CHECKSUM, DEVICE_FORMAT, DEVICE_RANGE, DEVICE_SELF_TEST, DEVICE_SEQUENCE

cdef double RATE_LSB_RAD_S = 1.0 / 1073741824.0               # 2^-30
cdef double FORCE_LSB_M_S2 = 1.0 / 16777216.0                 # 2^-24
cdef int SELF_TEST_FAILED = 1
cdef int SATURATED = 6                                        # gyroscopes 2, accelerometers 4
cdef int RESTARTED = 8


cdef void decode(ImuContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef ReadingHead* head = <ReadingHead*>c.reading
    cdef int i, status = be16(p + 2)
    cdef int error = watch_counter(&c.state.watch, be16(p), 0xFFFF, status & RESTARTED)
    if error < 0:
        reading_refuse(head, DEVICE_SEQUENCE)
        return
    for i in range(3):
        c.reading.rate_rad_s[i] = <int32_t>be32(p + 4 + 4 * i) * RATE_LSB_RAD_S
        c.reading.specific_force_m_s2[i] = <int32_t>be32(p + 16 + 4 * i) * FORCE_LSB_M_S2
    c.reading.temperature_k = be16(p + 28) * 0.01
    if status & SELF_TEST_FAILED:
        error = DEVICE_SELF_TEST
    elif status & SATURATED:
        error = DEVICE_RANGE
    reading_accept(head, tick, error)


cdef int read_imu(void* context, int64_t tick) noexcept nogil:
    cdef ImuContext* c = <ImuContext*>context
    cdef Unit* unit
    cdef const uint8_t* payload
    cdef int found
    if not c.state.watch.started:
        watch_start(&c.state.watch, c.to_flight, tick)
    while True:
        unit = ring_front(c.to_flight)
        if unit == NULL:
            break
        parser_feed(&c.state.parser, ring_octets(unit), unit.length)
        c.state.watch.heard_tick = tick
        while True:
            found = parser_next(&c.state.parser, 0x49, 30, &payload)
            if found == FRAME_NONE:
                break
            if found == FRAME_GOOD:
                decode(c, payload, unit.tick)
            else:
                reading_refuse(<ReadingHead*>c.reading, DEVICE_CHECKSUM if found == FRAME_BAD_CHECK else DEVICE_FORMAT)
        ring_drop(c.to_flight)
    reading_age(<ReadingHead*>c.reading, &c.state.watch, tick, c.timeout_ticks)
    return 0


cdef int write_imu(void* context, int64_t tick) noexcept nogil:
    cdef ImuContext* c = <ImuContext*>context
    if c.power.on != c.state.power_sent or tick - c.state.power_tick >= c.repeat_ticks:
        power_send(c.to_device, c.power, tick)
        c.state.power_sent = c.power.on
        c.state.power_tick = tick
    return 0


cdef class ImuDriver:
    """The reading is the record `name`, the power command `name.power`. Stale after `timeout_s` (50 ms) without a good sample."""

    def __init__(self, Arena arena not None, Bus bus not None, str name not None, double tick_s=0.01, double timeout_s=0.05):
        self.name, self.arena, self.bus = name, arena, bus
        self.reading = <ImuReading*>arena.take(name, sizeof(ImuReading))
        cdef ImuReading[::1] reading = <ImuReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.power = <PowerCommand*>arena.take(name + ".power", sizeof(PowerCommand))
        cdef PowerCommand[::1] power = <PowerCommand[:1]>self.power
        arena.bind(name + ".power", np.asarray(power))
        cdef ImuState* state = <ImuState*>arena.take(name + ".driver", sizeof(ImuState))
        cdef ImuState[::1] own = <ImuState[:1]>state
        arena.bind(name + ".driver", np.asarray(own))
        self.power.on = 1
        self.context.to_flight, self.context.to_device = &bus.to_flight, &bus.to_device
        self.context.reading, self.context.power, self.context.state = self.reading, self.power, state
        self.context.timeout_ticks, self.context.repeat_ticks = round(timeout_s / tick_s), round(1.0 / tick_s)
        self.read_slot = SlotCode.make(name + ".read", read_imu, &self.context, self)
        self.write_slot = SlotCode.make(name + ".write", write_imu, &self.context, self)
