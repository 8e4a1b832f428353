"""CanopenDriver: a CiA 402 drive on CANopen: set-up, the walk to "operation enabled", process data; what wheel and steering share."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from hal.core.arena cimport Arena
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.drivers.can_controller cimport CanController
from hal.drivers.common cimport ReadingHead, Watch

cdef enum DrivePhase:
    DRIVE_FIND = 0                       # ask the node to be pre-operational
    DRIVE_SET_UP = 1                     # service-data transfers, one after the other
    DRIVE_START = 2                      # ask it to be operational
    DRIVE_RUN = 3                        # process data

cdef enum:
    DRIVE_STEPS = 12
    NO_NUMBER = 0x80000000               # the encoder gives none


cdef struct DriveState:                  # record `NAME.driver`
    Watch watch
    int64_t asked_tick                   # last request that waits for its answer
    int64_t found_tick                   # the node was last told to be pre-operational
    int64_t fault_tick                   # last time without a fault, or the last reset by us
    int64_t idle_tick                    # last time that the drive was not in "operation enabled"
    int64_t counts                       # encoder, since power-on
    uint32_t position                    # encoder, as last seen
    uint32_t set_point                   # position mode: the target that the drive has acknowledged
    uint32_t set_up_again                # times that the node had to be set up
    uint32_t aborts                      # service-data transfers that the node refused
    uint32_t fault_resets
    uint8_t phase                        # DRIVE_FIND ...
    uint8_t step                         # of the set-up
    uint8_t waiting                      # for an answer
    uint8_t positioned                   # `position` holds something
    uint8_t restarted                    # a boot-up message came: to be told with the next reading
    uint8_t node_state                   # CANopen NMT state from the heartbeat
    uint8_t backoff_s                    # before the next fault reset
    uint8_t edge                         # of the fault reset: its bit is up
    uint8_t pointed                      # `set_point` holds something
    uint8_t pad[7]

# First process data: a number that is not NO_NUMBER; gives a DeviceError. Second: eight octets. Target: the number to send.
ctypedef int (*first_function)(Drive* d, uint32_t number) noexcept nogil
ctypedef void (*second_function)(Drive* d, const uint8_t* p) noexcept nogil
ctypedef uint32_t (*target_function)(Drive* d) noexcept nogil

cdef struct Drive:                       # wiring
    Ring* mailbox
    Ring* to_device
    ReadingHead* reading                 # by what all readings begin with
    void* command
    uint16_t* statusword
    uint16_t* error_code
    uint8_t* operational
    const uint8_t* enabled
    DriveState* state
    first_function first
    second_function second
    target_function target
    uint32_t step_object[12]             # index << 8 | sub-index
    uint32_t step_value[12]              # written, or what must be read
    uint8_t step_octets[12]              # 0: read
    int steps
    bint points                          # profile position mode: each new target needs its hand-shake
    uint32_t node
    int64_t timeout_ticks
    int64_t second_ticks
    int64_t period_ticks                 # of the process data, 20 ms
    int64_t answer_ticks                 # how long an answer may take, 50 ms


cdef class CanopenDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly CanController can
    cdef readonly SlotCode read_slot     # after the controller's slot
    cdef readonly SlotCode write_slot    # after the applications
    cdef Drive drive

    cdef void wire(self, Arena arena, CanController can, str name, void* reading, void* command, int node, double tick_s, double timeout_s,
                   tuple steps) except *
