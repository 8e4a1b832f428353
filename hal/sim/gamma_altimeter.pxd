"""SimGammaAltimeter: a gamma altimeter at the far end of its UART."""

from hal.sim.lander_body cimport LanderBody
from hal.sim.sensor cimport Head, HeadState, SimSensor


cdef struct SimGammaAltimeterState:      # record `device.lander.gamma_altimeter`
    HeadState head
    double strength                      # of the source, of this run; 1 is what the unit believes

cdef struct SimGammaAltimeterContext:
    Head head
    SimGammaAltimeterState* state
    const LanderBody* body


cdef class SimGammaAltimeter(SimSensor):     # it counts for 20 ms
    cdef SimGammaAltimeterContext context
