"""Transmitter: one vehicle's frames on the `queqiao` link, at its rate."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from flight.link cimport Downlink, DownlinkContext
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode

cdef enum:
    FORWARDED = 3                   # the claim of others' frames; the vehicle's own channels have their numbers

cdef struct TransmitterContext:
    DownlinkContext* down
    Ring out                        # into space
    Ring forwarded                  # on the relay: whole frames of others that wait; else empty
    int64_t frame_time_ns[4]        # at each rate
    int64_t longest_ns
    int rates
    int64_t tick_ns
    uint64_t* cut                   # of the record `space`: frames that a reset cut short
    int claims
    int order[4]                    # claims on the line, the first in priority first
    uint32_t share_percent[4]       # of the frames, by claim
    int64_t patience_frames[4]      # that a frame which is not full waits for more


cdef class Transmitter:
    cdef readonly SlotCode slot
    cdef TransmitterContext c
    cdef object keep

    cdef _share(self, claims, bint forwards)
