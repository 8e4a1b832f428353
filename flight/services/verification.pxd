"""Request verification, service 1: success and failure of acceptance, start and completion."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.services.service cimport Failure
from flight.telemetry cimport Telemetry

cdef enum:                       # subtypes (ECSS-E-ST-70-41C, 6.1)
    ACCEPTED = 1
    NOT_ACCEPTED = 2
    STARTED = 3
    NOT_STARTED = 4
    COMPLETED = 7
    NOT_COMPLETED = 8
    NOT_ROUTED = 10


cdef void verify(Telemetry* t, int64_t tick, uint16_t apid, uint8_t subtype, uint16_t packet_id, uint16_t sequence_control,
                 uint8_t ack_flags, const Failure* failure) noexcept nogil
