# cython: boundscheck=False, wraparound=False, initializedcheck=False
# Hot: function and argument places are below counts fixed when the vehicle is built.
"""Function management, service 8: perform a function [8,1].

Application data: the function's identifier (u16) and its arguments in the kinds of the dictionary. The mode's table and every argument are
checked here, before the application that owns the function hears of it; its replies settle the request.
"""

from libc.math cimport isfinite
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.ports cimport AppLinks, AppPorts, CommandMessage, ModeState, mode_allows, queuing_send
from flight.services.service cimport OUTCOME_DEFERRED, OUTCOME_START_FAILED, Failure, Handler, Request, fail, read_u16
from hal.core.ring cimport ring_count
from wire.dictionary.codes cimport (
    FAIL_ARGUMENT_ENUMERATION, FAIL_ARGUMENT_NOT_FINITE, FAIL_ARGUMENT_RANGE, FAIL_DATA_LENGTH, FAIL_ILLEGAL_IN_MODE, FAIL_QUEUE_FULL,
    FAIL_UNKNOWN_FUNCTION,
)
from wire.dictionary.rows import OCTETS
from wire.layout import CODES
from wire.packer cimport wire_value

cdef enum:
    MAX_FUNCTIONS = 64
    MAX_ARGUMENTS = 8
    MAX_MEMBERS = 16

cdef struct FunctionRow:
    uint16_t apid
    uint16_t function
    uint32_t modes
    uint32_t octets                     # of all arguments
    AppPorts* app
    int arguments
    uint8_t codes[8]
    uint8_t sizes[8]
    double low[8]
    double high[8]
    int members[8]                      # 0: no enumeration
    double values[8][16]

cdef struct FunctionContext:
    const ModeState* mode
    FunctionRow rows[64]
    int count


cdef int _argument(FunctionRow* row, int i, double value, Failure* f) noexcept nogil:
    """0 when the value is legal."""
    cdef int k
    if not isfinite(value):
        return fail(f, FAIL_ARGUMENT_NOT_FINITE, i)
    if value < row.low[i] or value > row.high[i]:
        return fail(f, FAIL_ARGUMENT_RANGE, i)
    if row.members[i] == 0:
        return 0
    for k in range(row.members[i]):
        if row.values[i][k] == value:
            return 0
    return fail(f, FAIL_ARGUMENT_ENUMERATION, i)


cdef int _perform(void* context, Request* r, int64_t tick, Failure* f) noexcept nogil:
    cdef FunctionContext* c = <FunctionContext*>context
    cdef FunctionRow* row = NULL
    cdef CommandMessage m
    cdef uint32_t at = 2
    cdef int i
    if r.length < 2:
        return fail(f, FAIL_DATA_LENGTH, r.length)
    m.function = read_u16(r.data)
    for i in range(c.count):
        if c.rows[i].function == m.function and c.rows[i].apid == r.packet.apid:
            row = &c.rows[i]
    if row == NULL:
        return fail(f, FAIL_UNKNOWN_FUNCTION, m.function)
    if not mode_allows(row.modes, c.mode):
        return fail(f, FAIL_ILLEGAL_IN_MODE, c.mode.mode)
    if r.length != 2 + row.octets:
        return fail(f, FAIL_DATA_LENGTH, r.length)
    for i in range(8):
        m.values[i] = 0.0
    for i in range(row.arguments):
        m.values[i] = wire_value(row.codes[i], r.data + at)
        if _argument(row, i, m.values[i], f):
            return OUTCOME_START_FAILED
        at += row.sizes[i]
    m.token, m.count = r.token, <uint16_t>row.arguments
    if not queuing_send(&row.app.commands, tick, &m, sizeof(CommandMessage)):
        return fail(f, FAIL_QUEUE_FULL, ring_count(&row.app.commands))
    return OUTCOME_DEFERRED


cdef class FunctionService:
    """`functions` are (dictionary command, AppLinks of its owner, modes mask)."""

    cdef readonly list handlers
    cdef FunctionContext c
    cdef object keep

    def __cinit__(self, list functions not None, mode_owner):
        cdef FunctionContext* c = &self.c
        cdef FunctionRow* row
        cdef AppLinks links
        if len(functions) > MAX_FUNCTIONS:
            raise ValueError(f"{len(functions)} functions; at most {MAX_FUNCTIONS}")
        self.keep = (functions, mode_owner)
        c.mode, c.count = <const ModeState*><size_t>mode_owner.mode_address, len(functions)
        for i, (command, links, modes) in enumerate(functions):
            row = &c.rows[i]
            row.apid, row.function, row.modes, row.app = command.apid, command.function, modes, &links.ports
            row.arguments, row.octets = len(command.arguments), sum(OCTETS[a.kind] for a in command.arguments)
            for k, argument in enumerate(command.arguments):
                row.codes[k], row.sizes[k] = CODES[argument.kind], OCTETS[argument.kind]
                row.low[k], row.high[k] = argument.range
                members = [] if argument.enumeration is None else [m.value for m in argument.enumeration.members]
                if len(members) > MAX_MEMBERS:
                    raise ValueError(f"{command.name}.{argument.name}: at most {MAX_MEMBERS} values can be told apart")
                row.members[k] = len(members)
                for j, value in enumerate(members):
                    row.values[k][j] = value
        self.handlers = [Handler.make(8, 1, _perform, c, self)]
