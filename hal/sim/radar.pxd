"""SimRadar: a range and velocity radar at the far end of its UART."""

from hal.sim.lander_body cimport LanderBody
from hal.sim.sensor cimport Head, HeadState, SimSensor
from hal.sim.terrain cimport Surface, Terrain


cdef struct SimRadarState:               # record `device.lander.radar`
    HeadState head
    double range_error_m[4]              # of each beam, of this run
    double speed_error_m_s[4]
    double last_m[4]                     # true range of the last echo, -1 without: where the next one is sought
    double temperature_k

cdef struct SimRadarContext:
    Head head
    SimRadarState* state
    const LanderBody* body
    Surface* surface
    double antenna_m[3]                  # body frame
    double beam[4][3]                    # unit vectors, body frame


cdef class SimRadar(SimSensor):          # it measures at 10 Hz
    cdef readonly Terrain terrain
    cdef SimRadarContext context
