"""Reaction control: 28 thrusters, seven on each of four valve-drive units. 0..15 give 150 N, 16..27 give 10 N."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

cdef enum:
    THRUSTERS = 28
    VALVE_UNITS = 4                  # thruster t hangs on unit t % 4, at place t // 4


cdef struct ThrusterCommand:         # written by one application, sent every cycle
    double on_time_s[28]             # within the coming 10 ms cycle; below 0.2 ms is off
    uint8_t armed
    uint8_t pad[7]

cdef struct ThrusterReading:         # of the four units together
    int64_t tick                     # of the oldest unit's last status
    uint32_t sequence
    int32_t validity
    int32_t error
    uint32_t rejected
    double on_time_s[28]             # valve open, ever
    uint32_t valves_open             # bit t: thruster t was open in the last cycle
    uint32_t units_alive             # bit u: unit u answers
