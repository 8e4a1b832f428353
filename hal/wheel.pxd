"""Wheel drive: one rover wheel's motor and gear, on CANopen with the CiA 402 drive profile, in profile velocity mode."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t


cdef struct WheelCommand:            # written by one application, sent every drive cycle (20 ms)
    double rate_rad_s                # of the wheel, not the motor
    uint8_t enabled                  # 0: the drive is asked to switch off (free-wheel)
    uint8_t pad[7]

cdef struct WheelReading:
    int64_t tick
    uint32_t sequence
    int32_t validity
    int32_t error
    uint32_t rejected
    double rate_rad_s
    double angle_rad                 # since power-on
    double torque_n_m
    double current_a
    uint16_t statusword              # CiA 402 object 6041h
    uint16_t error_code              # object 603Fh, from the emergency message
    uint8_t operational              # CANopen NMT state operational and drive in "operation enabled"
    uint8_t pad[3]
