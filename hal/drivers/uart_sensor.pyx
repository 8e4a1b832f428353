# distutils: extra_compile_args = -O2
"""UartSensorDriver: what the driver of every sensor on a UART does alike (docs/devices.md, "The UART frame", "The power frame")."""

import numpy as np

from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets
from hal.drivers.common cimport reading_age, reading_refuse, watch_counter, watch_start
from hal.drivers.octets cimport be16
from hal.drivers.power cimport power_send
from hal.drivers.uart_frame cimport FRAME_BAD_CHECK, FRAME_GOOD, FRAME_NONE, parser_feed, parser_next
from hal.reading cimport DEVICE_CHECKSUM, DEVICE_FORMAT, DEVICE_SEQUENCE

cdef int RESTARTED = 8


cdef int sensor_counter(SensorContext* c, const uint8_t* payload) noexcept nogil:
    cdef int error = watch_counter(&c.state.watch, be16(payload), 0xFFFF, be16(payload + 2) & RESTARTED)
    if error < 0:
        reading_refuse(c.head, DEVICE_SEQUENCE)
    return error


cdef int read_sensor(void* context, int64_t tick) noexcept nogil:
    cdef SensorContext* c = <SensorContext*>context
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
            found = parser_next(&c.state.parser, c.kind, c.payload_octets, &payload)
            if found == FRAME_NONE:
                break
            if found == FRAME_GOOD:
                c.decode(c, payload, unit.tick)
            else:
                reading_refuse(c.head, DEVICE_CHECKSUM if found == FRAME_BAD_CHECK else DEVICE_FORMAT)
        ring_drop(c.to_flight)
    reading_age(c.head, &c.state.watch, tick, c.timeout_ticks)
    return 0


cdef int write_sensor(void* context, int64_t tick) noexcept nogil:
    cdef SensorContext* c = <SensorContext*>context
    if c.power.on != c.state.power_sent or tick - c.state.power_tick >= c.repeat_ticks:
        power_send(c.to_device, c.power, tick)
        c.state.power_sent = c.power.on
        c.state.power_tick = tick
    return 0


cdef class UartSensorDriver:
    """The reading is the record `name`, the power command `name.power`. Stale after `timeout_s` without a good frame."""

    cdef void wire(self, Arena arena, Bus bus, str name, void* reading, uint8_t kind, uint8_t payload_octets, decode_function decode,
                   double tick_s, double timeout_s) except *:
        """What a subclass does when it has taken and bound its reading."""
        cdef SensorContext* c = &self.sensor
        self.name, self.arena, self.bus = name, arena, bus
        self.power = <PowerCommand*>arena.take(name + ".power", sizeof(PowerCommand))
        cdef PowerCommand[::1] power = <PowerCommand[:1]>self.power
        arena.bind(name + ".power", np.asarray(power))
        c.state = <SensorState*>arena.take(name + ".driver", sizeof(SensorState))
        cdef SensorState[::1] own = <SensorState[:1]>c.state
        arena.bind(name + ".driver", np.asarray(own))
        self.power.on = 1
        c.to_flight, c.to_device = &bus.to_flight, &bus.to_device
        c.head, c.power, c.decode = <ReadingHead*>reading, self.power, decode
        c.timeout_ticks, c.repeat_ticks = round(timeout_s / tick_s), round(1.0 / tick_s)
        c.kind, c.payload_octets = kind, payload_octets
        self.read_slot = SlotCode.make(name + ".read", read_sensor, c, self)
        self.write_slot = SlotCode.make(name + ".write", write_sensor, c, self)
