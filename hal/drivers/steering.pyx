# cython: cdivision=True
"""SteeringDriver: a steering drive in profile position mode (docs/devices.md, "Rover drives")."""

from libc.stdint cimport int32_t, uint8_t, uint32_t

import numpy as np

from hal.core.arena cimport Arena
from hal.drivers.can_controller cimport CanController
from hal.drivers.canopen_drive cimport Drive
from hal.drivers.octets cimport le16
from hal.reading cimport DEVICE_OK, DEVICE_RANGE

cdef double COUNTS_PER_RAD = 2000.0 * 4096.0 / 6.283185307179586
cdef double TORQUE_N_M = 0.001 * 0.015 * 2000.0 * 0.5                       # of the wheel, for 0.1 % of the motor's rated torque
cdef double CURRENT_A = 0.001 * 0.5
cdef double FARTHEST_RAD = 1.1
cdef double CREDIBLE_RAD = 1.3                                              # a little beyond the stops, at 70 degrees

STEPS = (                            # of the set-up: object, value, octets (0: read); 0.1 rad/s and 0.2 rad/s2 of the wheel
    (0x100000, 0x00020192, 0), (0x606000, 1, 1), (0x101700, 100, 2), (0x180005, 20, 2), (0x180105, 20, 2), (0x140005, 200, 2),
    (0x608100, 19099, 4), (0x608300, 38197, 4), (0x608400, 38197, 4), (0x606100, 1, 0),
)


cdef int take_angle(Drive* d, uint32_t number) noexcept nogil:
    cdef SteeringReading* r = <SteeringReading*>d.reading
    r.angle_rad = <int32_t>number / COUNTS_PER_RAD
    r.reached = r.statusword >> 10 & 1
    return DEVICE_OK if -CREDIBLE_RAD <= r.angle_rad <= CREDIBLE_RAD else DEVICE_RANGE


cdef void take_load(Drive* d, const uint8_t* p) noexcept nogil:
    """Torque and current; the rate, in the last four octets, is not used."""
    cdef SteeringReading* r = <SteeringReading*>d.reading
    r.torque_n_m = <int32_t>(<uint32_t>le16(p) << 16) / 65536 * TORQUE_N_M
    r.current_a = <int32_t>(<uint32_t>le16(p + 2) << 16) / 65536 * CURRENT_A


cdef uint32_t target_angle(Drive* d) noexcept nogil:
    """Not a number is straight ahead."""
    cdef double angle = (<SteeringCommand*>d.command).angle_rad
    if not -FARTHEST_RAD <= angle <= FARTHEST_RAD:
        angle = FARTHEST_RAD if angle > 0.0 else -FARTHEST_RAD if angle < 0.0 else 0.0
    return <uint32_t><int32_t>(angle * COUNTS_PER_RAD)


cdef class SteeringDriver(CanopenDriver):
    """One corner wheel's drive, which points."""

    def __init__(self, Arena arena not None, CanController can not None, str name not None, int node=11, double tick_s=0.01,
                 double timeout_s=0.1):
        self.reading = <SteeringReading*>arena.take(name, sizeof(SteeringReading))
        cdef SteeringReading[::1] reading = <SteeringReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.command = <SteeringCommand*>arena.take(name + ".command", sizeof(SteeringCommand))
        cdef SteeringCommand[::1] command = <SteeringCommand[:1]>self.command
        arena.bind(name + ".command", np.asarray(command))
        self.wire(arena, can, name, self.reading, self.command, node, tick_s, timeout_s, STEPS)
        cdef Drive* d = &self.drive
        d.statusword, d.error_code = &self.reading.statusword, &self.reading.error_code
        d.operational, d.enabled = &self.reading.operational, &self.command.enabled
        d.points, d.first, d.second, d.target = True, take_angle, take_load, target_angle
