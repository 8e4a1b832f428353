"""AltimeterDriver: the laser's frames become an AltimeterReading."""

from libc.stdint cimport int64_t, uint32_t, uint8_t

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.drivers.common cimport Watch
from hal.drivers.uart_frame cimport Parser
from hal.altimeter cimport AltimeterReading
from hal.reading cimport PowerCommand


cdef struct AltimeterState:                    # record `NAME.driver`
    Watch watch
    Parser parser
    int64_t power_tick                   # when the power command was last sent
    uint8_t power_sent
    uint8_t pad[7]

cdef struct AltimeterContext:
    Ring* to_flight
    Ring* to_device
    AltimeterReading* reading
    PowerCommand* power
    AltimeterState* state
    int64_t timeout_ticks
    int64_t repeat_ticks


cdef class AltimeterDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly Bus bus
    cdef readonly SlotCode read_slot     # every tick, before the applications
    cdef readonly SlotCode write_slot    # every tick, after them
    cdef AltimeterReading* reading             # record `NAME`
    cdef PowerCommand* power             # record `NAME.power`
    cdef AltimeterContext context
