# cython: cdivision=True
"""SimPowerUnit: a power unit at the far end of its UART (protocol: docs/devices.md, "Power unit").

Model: it says ten times a second what the vehicle's plant is at (`hal.sim.power_plant`), the voltage off by a constant of 20 mV and
scattered by 5 mV, both one sigma; told to spread the wings, it passes that on to the plant. Figures are choices of ours.
Not simulated: errors of currents, temperatures and state of charge, over-current protection, switched outlets, commands to fold the wings.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

import numpy as np

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.random cimport random_gaussian
from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport line_receive, record_of
from hal.sim.faults cimport value_faults
from hal.sim.octets cimport check16, store16, to_counts
from hal.sim.sensor cimport head_due, head_send

cdef double BIAS_SIGMA_V = 0.02
cdef double NOISE_V = 0.005
cdef double FULL_SCALE_V = 60.0
cdef int NO_VOLTAGE = 2


cdef void hear_wings(SimPowerUnitContext* c, int64_t tick) noexcept nogil:
    """Wing frames: FE81h, 'W', 1, 1, check. Others stay for the head."""
    cdef Unit* unit
    cdef uint8_t* p
    cdef uint32_t length
    while True:
        unit = ring_front(c.to_device)
        if unit == NULL or unit.length != 7 or ring_octets(unit)[2] != 0x57:
            return
        p = ring_octets(unit)
        length = unit.length
        if line_receive(c.head.line, tick, p, &length) and length == 7 and p[0] == 0xFE and p[1] == 0x81 and p[2] == 0x57 and p[3] == 1:
            if check16(p + 2, 3) == ((p[5] << 8) | p[6]) and p[4] == 1:
                c.body.deploy = 1
        ring_drop(c.to_device)


cdef inline uint32_t counts(double value, double per_unit) noexcept nogil:
    """An unsigned field of 16 bits."""
    return <uint32_t>to_counts(value if value > 0.0 else 0.0, per_unit, 65535)


cdef int serve_power_unit(void* context, int64_t tick) noexcept nogil:
    cdef SimPowerUnitContext* c = <SimPowerUnitContext*>context
    cdef PowerBody* b = c.body
    cdef double volts
    cdef uint8_t frame[30]
    cdef int i, status = 0
    hear_wings(c, tick)
    if not head_due(&c.head, tick):
        return 0
    volts = b.bus_voltage_v + c.state.bias_v + NOISE_V * random_gaussian(c.head.random)
    if not value_faults(&c.head.value, tick, &volts) or not 0.0 <= volts <= FULL_SCALE_V:
        status, volts = NO_VOLTAGE, 0.0
    store16(frame + 8, counts(volts, 1000.0))
    store16(frame + 10, counts(b.wing_current_a, 100.0))
    store16(frame + 12, counts(b.load_current_a, 100.0))
    store16(frame + 14, <uint32_t>to_counts(b.battery_current_a, 100.0, 32767) & 0xFFFF)
    store16(frame + 16, counts(b.state_of_charge, 10000.0))
    for i in range(4):
        store16(frame + 18 + 2 * i, counts(b.temperature_k[i], 100.0))
    frame[26], frame[27] = <uint8_t>counts(b.deployment, 100.0), b.heating
    head_send(&c.head, tick, frame, 0x45, 24, status)
    return 0


cdef class SimPowerUnit(SimSensor):
    """The power unit of one vehicle; its record `VEHICLE.power` must be in the world's arena."""

    def __init__(self, Arena arena not None, Bus bus not None, str vehicle="lander", double tick_s=0.01):
        cdef SimPowerUnitContext* c = &self.context
        cdef str name = f"{vehicle}.power_unit"
        self.wire(arena, bus, name, f"{vehicle}.bus.power_unit", &c.head, 10.0, tick_s, 3)
        self.value.value_wiring(&c.head.value, arena, 1, 1, c.head.period_ticks)
        c.head.value.full_scale[0] = FULL_SCALE_V
        c.body, c.to_device = <PowerBody*>record_of(arena, f"{vehicle}.power", sizeof(PowerBody)), &bus.to_device
        c.state = <SimPowerUnitState*>arena.take(f"device.{name}", sizeof(SimPowerUnitState))
        cdef SimPowerUnitState[::1] view = <SimPowerUnitState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        self.start(&c.state.head)
        self.slot = SlotCode.make(name, serve_power_unit, c, self)

    def seed(self, unsigned long long seed):
        """Start a run: key the stream and draw the voltmeter's bias."""
        self.random.seed(seed)
        self.context.state.bias_v = BIAS_SIGMA_V * random_gaussian(self.random.stream)
