"""A drive as a CANopen node: network management, the state machine of CiA 402, service data; what wheel and steering drives have alike."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

from hal.sim.far_end cimport CanFarEnd, Line, LinePoint, frame_function
from hal.sim.faults cimport FaultState

cdef enum:                               # DriveNodeState.drive_state
    NOT_READY = 0
    DISABLED = 1
    READY = 2
    ON = 3
    ENABLED = 4
    QUICK_STOP = 5
    FAULT = 7

cdef enum:                               # object 6060h
    PROFILE_POSITION = 1
    PROFILE_VELOCITY = 3


cdef struct DriveNodeState:              # nested in each drive's record
    int64_t boot_tick                    # when the boot-up message is due
    int64_t heard_tick                   # last receive process data
    uint32_t target                      # object 60FFh (velocity) or 607Ah (position)
    uint32_t profile_velocity            # object 6081h, position mode only
    uint32_t acceleration                # object 6083h
    uint32_t deceleration                # object 6084h
    uint32_t position                    # object 6064h, kept up to date by the drive
    int32_t velocity                     # object 606Ch
    uint16_t controlword                 # object 6040h
    uint16_t error_code                  # object 603Fh
    uint16_t heartbeat_ms                # object 1017h
    uint16_t first_ms                    # object 1800h:05
    uint16_t second_ms                   # object 1801h:05
    uint16_t deadline_ms                 # object 1400h:05
    uint8_t node_state                   # 0 starting, 4 stopped, 5 operational, 127 pre-operational
    uint8_t drive_state                  # of CiA 402
    uint8_t mode                         # object 6060h
    uint8_t reached                      # statusword bit 10: target reached
    uint8_t limited                      # statusword bit 11: current at its limit
    uint8_t special                      # statusword bit 12: speed is zero, or set-point acknowledged
    uint8_t set_point                    # position mode: a new target has been given
    uint8_t pad

cdef struct DriveNode:                   # wiring
    DriveNodeState* s
    Line* line
    uint32_t node
    uint8_t mode                         # the one mode of operation that it has
    double tick_s


cdef void node_restart(DriveNode* n, int64_t boot_tick) noexcept nogil          # power-on defaults
cdef bint node_take(DriveNode* n, int64_t tick, uint32_t id, const uint8_t* p, uint32_t length) noexcept nogil  # True: restart asked for
cdef void node_trip(DriveNode* n, int64_t tick, uint32_t code) noexcept nogil
cdef void node_tend(DriveNode* n, int64_t tick) noexcept nogil                  # boot-up, missing process data
cdef bint node_speaks(DriveNode* n, int64_t tick) noexcept nogil                # heartbeat; True when it sends process data
cdef bint node_due(const DriveNode* n, int64_t tick, double period_ms) noexcept nogil
# Once a tick: True when the drive has just lost its state, by its line or by a fault of its part, and the tick at which it boots.
cdef bint node_lost(DriveNode* n, FaultState* part, int64_t tick, int64_t* boot_tick) noexcept nogil
# First process data: statusword and a number, or that none is known. Second: torque and current, alike in thousandths, and a number.
cdef void node_first(DriveNode* n, int64_t tick, bint known, double number) noexcept nogil
cdef void node_second(DriveNode* n, int64_t tick, double thousandths, uint32_t number) noexcept nogil
cdef void node_listen(const DriveNode* n, CanFarEnd can, frame_function take, void* context, LinePoint line, object owner) except *
