"""SimGammaAltimeter: a gamma altimeter at the far end of its UART."""

from libc.stdint cimport uint8_t

from hal.sim.lander_body cimport LanderBody
from hal.sim.sensor cimport Head, HeadState, SimSensor


cdef struct SimGammaAltimeterState:      # record `device.lander.gamma_altimeter`
    HeadState head
    double strength                      # of the source, of this run; 1 is what the unit believes
    double mean_m                        # altitude over the last half second or so
    uint8_t near                         # low enough to say
    uint8_t reserved[7]

cdef struct SimGammaAltimeterContext:
    Head head
    SimGammaAltimeterState* state
    const LanderBody* body


cdef class SimGammaAltimeter(SimSensor):     # it counts for 20 ms
    cdef SimGammaAltimeterContext context
