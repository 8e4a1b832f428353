"""CanController: takes every frame off a CAN bus once a tick and puts it into the mailbox of the driver that asked for its identifier."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.drivers.common cimport Watch

cdef enum:
    CAN_MAILBOXES = 32
    CAN_ERROR_FRAME = 0x20000000         # bit 29 of an identifier: a frame was seen and destroyed (as SocketCAN marks it)


cdef struct CanControllerState:          # record `NAME`
    uint64_t received                    # frames taken off the bus, all kinds
    uint32_t unknown                     # identifiers that no driver asked for
    uint32_t errors                      # error frames: the medium's own check failed
    uint32_t oversized                   # more than 8 octets: not a classical CAN frame
    uint32_t pad
    Watch watch

cdef struct CanControllerContext:
    Ring* to_flight
    CanControllerState* state
    Ring mailboxes[32]
    uint8_t route[2048]                  # identifier -> mailbox + 1


cdef class CanController:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly Bus bus
    cdef readonly SlotCode slot          # before the drivers' reads
    cdef CanControllerContext context
    cdef int used

    cdef Ring* mailbox(self, str owner, object identifiers, uint32_t frames) except NULL
