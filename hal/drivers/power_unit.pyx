"""PowerUnitDriver: the power unit's frames (docs/devices.md, "Power unit") become a PowerUnitReading; wings are spread on command."""

from libc.stdint cimport int16_t, int64_t, uint8_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.ring cimport ring_push
from hal.core.slot cimport SlotCode
from hal.drivers.common cimport reading_accept
from hal.drivers.octets cimport be16
from hal.drivers.power cimport power_send
from hal.drivers.uart_frame cimport frame_build
from hal.drivers.uart_sensor cimport SensorContext, sensor_counter
from hal.reading cimport DEVICE_RANGE, DEVICE_SELF_TEST

cdef int SELF_TEST_FAILED = 1
cdef int NO_VOLTAGE = 2


cdef void decode(SensorContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    cdef PowerUnitReading* reading = <PowerUnitReading*>c.head
    cdef int status = be16(p + 2)
    cdef int error = sensor_counter(c, p)
    cdef int i
    if error < 0:
        return
    if status & SELF_TEST_FAILED:
        error = DEVICE_SELF_TEST
    elif status & NO_VOLTAGE:
        error = DEVICE_RANGE                                  # the last voltage stays in the reading
    else:
        reading.bus_voltage_v = be16(p + 4) * 0.001
    reading.wing_current_a, reading.load_current_a = be16(p + 6) * 0.01, be16(p + 8) * 0.01
    reading.battery_current_a, reading.state_of_charge = <int16_t>be16(p + 10) * 0.01, be16(p + 12) * 0.0001
    for i in range(4):
        reading.temperature_k[i] = be16(p + 14 + 2 * i) * 0.01
    reading.deployment, reading.heating = p[22] * 0.01, p[23] & 1
    reading_accept(c.head, tick, error)


cdef int write_unit(void* context, int64_t tick) noexcept nogil:
    """The power frame as every sensor gets it; half a second later, once a second, the wings' if they are to be spread."""
    cdef WingContext* c = <WingContext*>context
    cdef SensorContext* s = c.sensor
    cdef uint8_t frame[8]
    cdef uint8_t spread = 1
    if s.power.on != s.state.power_sent or tick - s.state.power_tick >= s.repeat_ticks:
        power_send(s.to_device, s.power, tick)
        s.state.power_sent, s.state.power_tick = s.power.on, tick
    elif c.wings.on and tick - s.state.power_tick == s.repeat_ticks // 2:
        ring_push(s.to_device, tick, 0, frame, frame_build(frame, 0x57, &spread, 1))
    return 0


cdef class PowerUnitDriver(UartSensorDriver):
    """The reading is the record `name`, the commands `name.power` and `name.wings`. Stale after `timeout_s` (0.35 s, three frames)."""

    def __init__(self, Arena arena not None, Bus bus not None, str name not None, double tick_s=0.01, double timeout_s=0.35):
        self.reading = <PowerUnitReading*>arena.take(name, sizeof(PowerUnitReading))
        cdef PowerUnitReading[::1] reading = <PowerUnitReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.wire(arena, bus, name, self.reading, 0x45, 24, decode, tick_s, timeout_s)
        self.wings = <PowerCommand*>arena.take(name + ".wings", sizeof(PowerCommand))
        cdef PowerCommand[::1] wings = <PowerCommand[:1]>self.wings
        arena.bind(name + ".wings", np.asarray(wings))
        self.context.sensor, self.context.wings = &self.sensor, self.wings
        self.write_slot = SlotCode.make(name + ".write", write_unit, &self.context, self)
