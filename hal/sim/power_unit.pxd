"""SimPowerUnit: a power unit at the far end of its UART."""

from hal.core.ring cimport Ring
from hal.sim.power_body cimport PowerBody
from hal.sim.sensor cimport Head, HeadState, SimSensor


cdef struct SimPowerUnitState:           # record `device.VEHICLE.power_unit`
    HeadState head
    double bias_v                        # of the voltmeter, of this run

cdef struct SimPowerUnitContext:
    Head head
    SimPowerUnitState* state
    PowerBody* body
    Ring* to_device


cdef class SimPowerUnit(SimSensor):      # 10 Hz
    cdef SimPowerUnitContext context
