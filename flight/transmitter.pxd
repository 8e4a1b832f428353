"""Transmitter: one vehicle's frames on the `queqiao` link, at its rate."""

from libc.stdint cimport int64_t, uint8_t

from flight.link cimport Downlink, DownlinkContext
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode

cdef struct TransmitterContext:
    DownlinkContext* down
    Ring out                        # into space
    Ring forwarded                  # on the relay: whole frames of others that wait; else empty
    int64_t rate_bit_s[4]
    int rates
    int64_t tick_ns


cdef class Transmitter:
    cdef readonly SlotCode slot
    cdef TransmitterContext c
    cdef object keep
