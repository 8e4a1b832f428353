# cython: cdivision=True
"""WheelDriver: a wheel drive in profile velocity mode (docs/devices.md, "Rover drives")."""

from libc.stdint cimport int32_t, uint8_t, uint32_t

import numpy as np

from hal.core.arena cimport Arena
from hal.drivers.can_controller cimport CanController
from hal.drivers.canopen_drive cimport Drive, DriveState
from hal.drivers.octets cimport le16, le32
from hal.reading cimport DEVICE_OK, DEVICE_RANGE

cdef double SPEED_UNITS_PER_RAD_S = 1200.0 * 600.0 / 6.283185307179586      # 0.1 rpm of the motor, for 1 rad/s of the wheel
cdef double COUNTS_PER_RAD = 1200.0 * 4096.0 / 6.283185307179586
cdef double TORQUE_N_M = 0.001 * 0.03 * 1200.0 * 0.6                        # of the wheel, for 0.1 % of the motor's rated torque
cdef double CURRENT_A = 0.001 * 1.0
cdef double FASTEST_RAD_S = 0.5
cdef double CREDIBLE_RAD_S = 0.63                                           # 20 % above the motor's 6000 rpm

STEPS = (                            # of the set-up: object, value, octets (0: read)
    (0x100000, 0x00020192, 0), (0x606000, 3, 1), (0x101700, 100, 2), (0x180005, 20, 2), (0x180105, 20, 2), (0x140005, 200, 2),
    (0x608300, 60000, 4), (0x608400, 60000, 4), (0x606100, 3, 0),
)


cdef int take_rate(Drive* d, uint32_t number) noexcept nogil:
    cdef WheelReading* r = <WheelReading*>d.reading
    r.rate_rad_s = <int32_t>number / SPEED_UNITS_PER_RAD_S
    return DEVICE_OK if -CREDIBLE_RAD_S <= r.rate_rad_s <= CREDIBLE_RAD_S else DEVICE_RANGE


cdef void take_load(Drive* d, const uint8_t* p) noexcept nogil:
    """Torque, current, position. The encoder's count rolls over; ours does not."""
    cdef WheelReading* r = <WheelReading*>d.reading
    cdef DriveState* s = d.state
    cdef uint32_t position = le32(p + 4)
    r.torque_n_m = <int32_t>(<uint32_t>le16(p) << 16) / 65536 * TORQUE_N_M
    r.current_a = <int32_t>(<uint32_t>le16(p + 2) << 16) / 65536 * CURRENT_A
    if s.positioned:
        s.counts += <int32_t>(position - s.position)
    s.position, s.positioned = position, 1
    r.angle_rad = s.counts / COUNTS_PER_RAD


cdef uint32_t target_speed(Drive* d) noexcept nogil:
    """Not a number is no motion."""
    cdef WheelCommand* command = <WheelCommand*>d.command
    cdef double rate = command.rate_rad_s if command.enabled else 0.0
    if not -FASTEST_RAD_S <= rate <= FASTEST_RAD_S:
        rate = FASTEST_RAD_S if rate > 0.0 else -FASTEST_RAD_S if rate < 0.0 else 0.0
    return <uint32_t><int32_t>(rate * SPEED_UNITS_PER_RAD_S)


cdef class WheelDriver(CanopenDriver):
    """One wheel's drive, which turns."""

    def __init__(self, Arena arena not None, CanController can not None, str name not None, int node=1, double tick_s=0.01,
                 double timeout_s=0.1):
        self.reading = <WheelReading*>arena.take(name, sizeof(WheelReading))
        cdef WheelReading[::1] reading = <WheelReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.command = <WheelCommand*>arena.take(name + ".command", sizeof(WheelCommand))
        cdef WheelCommand[::1] command = <WheelCommand[:1]>self.command
        arena.bind(name + ".command", np.asarray(command))
        self.wire(arena, can, name, self.reading, self.command, node, tick_s, timeout_s, STEPS)
        cdef Drive* d = &self.drive
        d.statusword, d.error_code = &self.reading.statusword, &self.reading.error_code
        d.operational, d.enabled = &self.reading.operational, &self.command.enabled
        d.first, d.second, d.target = take_rate, take_load, target_speed
