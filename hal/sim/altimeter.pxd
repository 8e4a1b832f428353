"""SimAltimeter: a laser altimeter at the far end of its UART."""

from hal.sim.lander_body cimport LanderBody
from hal.sim.sensor cimport Head, HeadState, SimSensor


cdef struct SimAltimeterState:           # record `device.lander.altimeter`
    HeadState head
    double temperature_k

cdef struct SimAltimeterContext:
    Head head
    SimAltimeterState* state
    const LanderBody* body


cdef class SimAltimeter(SimSensor):      # it fires at 10 Hz
    cdef SimAltimeterContext context
