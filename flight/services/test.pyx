"""Test, service 17: are you alive?"""

from libc.stdint cimport int64_t

from flight.services.service cimport OUTCOME_DONE, Failure, Handler, Request, fail
from flight.telemetry cimport CHANNEL_REAL_TIME, Telemetry, TelemetryStore, telemetry_begin, telemetry_end
from wire.dictionary.codes cimport FAIL_DATA_LENGTH


cdef int _are_you_alive(void* context, Request* request, int64_t tick, Failure* failure) noexcept nogil:
    cdef Telemetry* t = <Telemetry*>context
    if request.length != 0:
        return fail(failure, FAIL_DATA_LENGTH, request.length)
    telemetry_begin(t, tick, request.packet.apid, 17, 2)
    telemetry_end(t, tick, 0, CHANNEL_REAL_TIME)
    return OUTCOME_DONE


cdef class TestService:
    """Answers [17,1] with [17,2]."""

    cdef readonly list handlers

    def __cinit__(self, TelemetryStore telemetry not None):
        self.handlers = [Handler.make(17, 1, _are_you_alive, &telemetry.wiring, telemetry)]
