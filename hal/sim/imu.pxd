"""SimImu: an inertial unit at the far end of its UART."""

from hal.sim.sensor cimport Head, HeadState, SimSensor


cdef struct SimImuState:                 # record `device.VEHICLE.imu`
    HeadState head
    double gyro_bias_rad_s[3]            # of this run
    double accelerometer_bias_m_s2[3]
    double temperature_k

cdef struct SimImuContext:
    Head head
    SimImuState* state
    const double* rate_rad_s             # of the body
    const double* specific_force_m_s2
    double gyro_noise_rad_s
    double accelerometer_noise_m_s2


cdef class SimImu(SimSensor):
    cdef SimImuContext context
