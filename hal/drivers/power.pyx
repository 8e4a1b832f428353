"""Power: the command by which a sensor's head is switched, over the sensor's own UART (docs/devices.md, "The power frame")."""

from libc.stdint cimport uint8_t, uint32_t

from hal.core.ring cimport ring_push
from hal.drivers.uart_frame cimport frame_build


cdef void power_send(Ring* to_device, const PowerCommand* command, int64_t tick) noexcept nogil:
    cdef uint8_t frame[8]
    cdef uint8_t on = 1 if command.on else 0
    cdef uint32_t length = frame_build(frame, 0x50, &on, 1)
    ring_push(to_device, tick, 0, frame, length)
