"""Gate: between the radio and the service of requests, a batch of frames at a time through the security unit (`flight.security`)."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from flight.link cimport ControlField, DownlinkContext
from flight.ports cimport AppPorts
from flight.telemetry cimport Telemetry
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode

cdef enum:
    BATCH = 8                       # frames that the unit judges at once
    UNIT = 1032                     # octets of a place: a candidate of 1029
    ASSOCIATIONS = 4                # of one vehicle's uplink
    NUMBER = 16                     # octets of a number, the highest first
    REASONS = 9                     # wire.sdls.Refusal, and 0
    PASSED = 16                     # frames that wait for the service of requests
    SECURITY_REASONS = 32           # a refused frame is told of with 32 + reason

cdef struct BatchIn:                # record `security.in`: what the unit is given
    uint32_t batch                  # its trigger: number of the batch
    uint32_t count
    uint32_t report                 # frame security report before these frames
    uint32_t reserved
    uint8_t next[64]                # by association: the lowest number that is still fresh
    uint16_t length[8]
    uint8_t octets[8256]

cdef struct BatchOut:               # record `security.out`: what it says
    uint32_t batch
    uint32_t count
    uint32_t report                 # ... and behind them
    uint32_t reserved
    uint8_t next[64]
    uint16_t length[8]
    uint8_t verdict[8]              # 0, or a Refusal
    uint8_t octets[8256]            # frames in clear

cdef struct GateState:              # record `security` of the computer
    int64_t since_tick              # when the batch was handed out
    uint32_t given                  # number of the batch handed out last
    uint32_t delivered              # ... and of the one that came back last

cdef struct SecurityState:          # record `security.VEHICLE` of the harness: not lost when the computer resets
    uint64_t passed                 # frames, control frames and damaged ones (whose reason others tell) included
    uint64_t refused[9]             # by reason
    uint8_t next[64]
    uint32_t report                 # frame security report (wire.fsr)
    uint32_t reserved

cdef struct GateContext:
    GateState* state
    SecurityState* kept
    BatchIn* given
    BatchOut* found
    Ring* uplink                    # protected, in the radio
    Ring passed                     # in clear, for the service of requests
    DownlinkContext* down
    ControlField* field
    Telemetry* telemetry
    AppPorts* own
    uint16_t event_rejected
    uint8_t lead, tail              # octets that telemetry frames keep free: the wiring of what their records say
    int64_t patience_ticks


cdef class Gate:
    cdef readonly SlotCode gather
    cdef readonly SlotCode deliver
    cdef GateContext c
    cdef object keep
