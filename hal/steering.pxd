"""Steering drive: turns one corner wheel of the rover about its vertical axis, on CANopen with CiA 402, in profile position mode."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t


cdef struct SteeringCommand:
    double angle_rad                 # of the wheel's heading from the body's x, positive to the left
    uint8_t enabled                  # 0: the drive is asked to switch off (its gear holds by friction)
    uint8_t pad[7]

cdef struct SteeringReading:
    int64_t tick
    uint32_t sequence
    int32_t validity
    int32_t error
    uint32_t rejected
    double angle_rad
    double torque_n_m
    double current_a
    uint16_t statusword              # CiA 402 object 6041h
    uint16_t error_code              # object 603Fh
    uint8_t operational
    uint8_t reached                  # target reached, statusword bit 10
    uint8_t pad[2]
