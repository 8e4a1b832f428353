"""Power: the command by which a sensor's head is switched, over the sensor's own UART; sent once a second, so that it is idempotent."""

from libc.stdint cimport int64_t

from hal.core.ring cimport Ring
from hal.reading cimport PowerCommand


cdef void power_send(Ring* to_device, const PowerCommand* command, int64_t tick) noexcept nogil
