"""Service: what every PUS service of one computer shares: the request, its outcome, and who may send telemetry."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.ports cimport AppLinks, AppPorts, ModeState
from flight.telemetry cimport Telemetry, TelemetryStore
from hal.core.arena cimport Arena
from wire.space_packet cimport TcPacket

cdef enum:                       # what a handler answers
    OUTCOME_DONE = 0             # executed
    OUTCOME_START_FAILED = 1     # refused before any effect: report [1,4]
    OUTCOME_FAILED = 2           # [1,8]
    OUTCOME_DEFERRED = 3         # an application goes on with it and will reply under the request's token

cdef struct Failure:
    uint32_t parameter
    uint16_t code                # wire.dictionary.codes.FailureCode
    uint16_t pad

cdef struct Request:
    TcPacket packet
    const uint8_t* data          # application data
    uint32_t length
    uint32_t token

ctypedef int (*service_handler)(void* context, Request* request, int64_t tick, Failure* failure) noexcept nogil


cdef class Handler:
    cdef readonly int service
    cdef readonly int subtype
    cdef readonly object owner
    cdef service_handler function
    cdef void* context

    @staticmethod
    cdef Handler make(int service, int subtype, service_handler function, void* context, object owner)


cdef inline int fail(Failure* f, uint16_t code, uint32_t parameter) noexcept nogil:
    """Refuse before any effect, with a reason."""
    f.code, f.parameter = code, parameter
    return OUTCOME_START_FAILED


cdef inline uint16_t read_u16(const uint8_t* at) noexcept nogil:
    return <uint16_t>((at[0] << 8) | at[1])


cdef inline void write_u16(uint8_t* at, uint32_t value) noexcept nogil:
    at[0], at[1] = <uint8_t>(value >> 8), <uint8_t>value


cdef inline void write_u32(uint8_t* at, uint32_t value) noexcept nogil:
    write_u16(at, value >> 16)
    write_u16(at + 2, value)
