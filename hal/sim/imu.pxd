"""SimImu: an inertial unit at the far end of its UART."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.core.bus cimport Bus
from hal.core.random cimport RandomSource, RandomStream
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport Line, LinePoint
from hal.sim.faults cimport FaultPoint, ValueFault
from hal.sim.lander_body cimport LanderBody


cdef struct SimImuState:                 # record `device.lander.imu`
    double gyro_bias_rad_s[3]            # of this run
    double accelerometer_bias_m_s2[3]
    double temperature_k
    uint32_t counter
    uint8_t on
    uint8_t fresh                        # frames still to be marked as after a restart
    uint8_t pad[2]

cdef struct SimImuContext:
    const LanderBody* body
    SimImuState* state
    RandomStream* random
    Ring* to_device
    Line* bus
    Line* line
    ValueFault value
    double gyro_noise_rad_s
    double accelerometer_noise_m_s2


cdef class SimImu:
    cdef readonly str name
    cdef readonly RandomSource random
    cdef readonly LinePoint bus_line
    cdef readonly LinePoint line
    cdef readonly FaultPoint value
    cdef readonly SlotCode slot          # every tick, after physics
    cdef Bus bus
    cdef double tick_s
    cdef SimImuContext context
