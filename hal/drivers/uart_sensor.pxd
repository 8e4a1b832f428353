"""UartSensorDriver: what the driver of every sensor on a UART does alike: find frames, refuse, age, and send the power frame."""

from libc.stdint cimport int64_t, uint8_t

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.drivers.common cimport ReadingHead, Watch
from hal.drivers.uart_frame cimport Parser
from hal.reading cimport PowerCommand


# A good frame's payload, put on the bus at `tick`: watch its counter, take its values, accept or refuse.
ctypedef void (*decode_function)(SensorContext* c, const uint8_t* payload, int64_t tick) noexcept nogil


cdef struct SensorState:                 # record `NAME.driver`
    Watch watch
    Parser parser
    int64_t power_tick                   # when the power command was last sent
    uint8_t power_sent
    uint8_t pad[7]

cdef struct SensorContext:
    Ring* to_flight
    Ring* to_device
    ReadingHead* head                    # the reading, by what all readings begin with
    PowerCommand* power
    SensorState* state
    decode_function decode
    int64_t timeout_ticks
    int64_t repeat_ticks
    uint8_t kind                         # of its frames
    uint8_t payload_octets


# The counter and restart bit of a payload that begins with them: an error for `reading_accept`, or -1 and refused.
cdef int sensor_counter(SensorContext* c, const uint8_t* payload) noexcept nogil


cdef class UartSensorDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly Bus bus
    cdef readonly SlotCode read_slot     # every tick, before the applications
    cdef readonly SlotCode write_slot    # every tick, after them
    cdef PowerCommand* power             # record `NAME.power`
    cdef SensorContext sensor

    cdef void wire(self, Arena arena, Bus bus, str name, void* reading, uint8_t kind, uint8_t payload_octets, decode_function decode,
                   double tick_s, double timeout_s) except *
