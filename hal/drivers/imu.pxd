"""ImuDriver: the inertial unit's frames become an ImuReading."""

from libc.stdint cimport int64_t, uint32_t, uint8_t

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.drivers.common cimport Watch
from hal.drivers.uart_frame cimport Parser
from hal.imu cimport ImuReading
from hal.reading cimport PowerCommand


cdef struct ImuState:                    # record `NAME.driver`
    Watch watch
    Parser parser
    int64_t power_tick                   # when the power command was last sent
    uint8_t power_sent
    uint8_t pad[7]

cdef struct ImuContext:
    Ring* to_flight
    Ring* to_device
    ImuReading* reading
    PowerCommand* power
    ImuState* state
    int64_t timeout_ticks
    int64_t repeat_ticks


cdef class ImuDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly Bus bus
    cdef readonly SlotCode read_slot     # every tick, before the applications
    cdef readonly SlotCode write_slot    # every tick, after them
    cdef ImuReading* reading             # record `NAME`
    cdef PowerCommand* power             # record `NAME.power`
    cdef ImuContext context
