"""WheelDriver: a WheelCommand becomes CANopen traffic to a CiA 402 drive, its process data a WheelReading."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from hal.core.arena cimport Arena
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.drivers.can_controller cimport CanController
from hal.drivers.common cimport Watch
from hal.wheel cimport WheelCommand, WheelReading

cdef enum WheelPhase:
    WHEEL_FIND = 0                       # ask the node to be pre-operational
    WHEEL_SET_UP = 1                     # service-data transfers, one after the other
    WHEEL_START = 2                      # ask it to be operational
    WHEEL_RUN = 3                        # process data


cdef struct WheelState:                  # record `NAME.driver`
    Watch watch
    int64_t asked_tick                   # last request that waits for its answer
    int64_t found_tick                   # the node was last told to be pre-operational
    int64_t fault_tick                   # last time without a fault, or the last reset by us
    int64_t idle_tick                    # last time that the drive was not in "operation enabled"
    int64_t counts                       # encoder, since power-on
    uint32_t position                    # encoder, as last seen
    uint32_t set_up_again                # times that the node had to be set up
    uint32_t aborts                      # service-data transfers that the node refused
    uint32_t fault_resets
    uint8_t phase                        # WHEEL_FIND ...
    uint8_t step                         # of the set-up
    uint8_t waiting                      # for an answer
    uint8_t positioned                   # `position` holds something
    uint8_t restarted                    # a boot-up message came: to be told with the next reading
    uint8_t node_state                   # CANopen NMT state from the heartbeat
    uint8_t backoff_s                    # before the next fault reset
    uint8_t edge                         # of the fault reset: its bit is up

cdef struct WheelContext:
    Ring* mailbox
    Ring* to_device
    WheelReading* reading
    WheelCommand* command
    WheelState* state
    uint32_t node
    int64_t timeout_ticks
    int64_t second_ticks
    int64_t period_ticks                 # of the process data, 20 ms
    int64_t answer_ticks                 # how long an answer may take, 50 ms


cdef class WheelDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly CanController can
    cdef readonly SlotCode read_slot     # after the controller's slot
    cdef readonly SlotCode write_slot    # after the applications
    cdef WheelReading* reading           # record `NAME`
    cdef WheelCommand* command           # record `NAME.command`
    cdef WheelContext context
