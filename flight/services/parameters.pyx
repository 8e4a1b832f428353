"""Parameter management, service 20: report values [20,1] in [20,2], set values [20,3].

A request is a count N (u16) and N identifiers (u16), each followed in [20,3] by a value in the parameter's own kind. Everything is checked
before anything is set. The pool is every parameter of the dictionary with its address in the computer's arena.
"""

from libc.math cimport isfinite
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free

from flight.services.service cimport OUTCOME_DONE, Failure, Handler, Request, fail, read_u16, write_u16
from flight.telemetry cimport CHANNEL_REAL_TIME, TM_PACKET_MAX, Telemetry, TelemetryStore, telemetry_begin, telemetry_end
from hal.core.arena cimport Arena
from wire.dictionary.codes cimport FAIL_ARGUMENT_COUNT, FAIL_DATA_LENGTH, FAIL_NOT_SETTABLE, FAIL_UNKNOWN_PARAMETER, FAIL_VALUE_RANGE
from wire.dictionary.rows import OCTETS
from wire.packer cimport PackRow, PackTable, pack, pack_assign, wire_value

cdef struct PoolRow:
    uint16_t id
    uint8_t octets
    uint8_t settable
    double low
    double high

cdef struct PoolContext:
    Telemetry* telemetry
    char* base
    const PackRow* rows
    PoolRow* pool
    int count


cdef int _find(PoolContext* c, uint16_t id) noexcept nogil:
    cdef int i
    for i in range(c.count):
        if c.pool[i].id == id:
            return i
    return -1


cdef int _get(void* context, Request* r, int64_t tick, Failure* f) noexcept nogil:
    cdef PoolContext* c = <PoolContext*>context
    cdef int i, k
    cdef uint16_t n
    cdef uint32_t at = 2
    cdef uint8_t* data
    if r.length < 2:
        return fail(f, FAIL_DATA_LENGTH, r.length)
    n = read_u16(r.data)
    if n == 0:
        return fail(f, FAIL_ARGUMENT_COUNT, n)
    if r.length != 2 + 2 * <uint32_t>n:
        return fail(f, FAIL_DATA_LENGTH, r.length)
    for i in range(n):
        k = _find(c, read_u16(r.data + 2 + 2 * i))
        if k < 0:
            return fail(f, FAIL_UNKNOWN_PARAMETER, read_u16(r.data + 2 + 2 * i))
        at += 2 + c.pool[k].octets
    if at > TM_PACKET_MAX - 22:
        return fail(f, FAIL_ARGUMENT_COUNT, n)
    data = telemetry_begin(c.telemetry, tick, r.packet.apid, 20, 2)
    write_u16(data, n)
    at = 2
    for i in range(n):
        k = _find(c, read_u16(r.data + 2 + 2 * i))
        write_u16(data + at, c.pool[k].id)
        pack(c.rows + k, 1, c.base, data + at + 2 - c.rows[k].wire)
        at += 2 + c.pool[k].octets
    telemetry_end(c.telemetry, tick, at, CHANNEL_REAL_TIME)
    return OUTCOME_DONE


cdef int _each(PoolContext* c, Request* r, Failure* f, bint assign) noexcept nogil:
    """Walk over the pairs: check them all, or set them all."""
    cdef int i, k
    cdef uint32_t at = 2
    cdef double value
    for i in range(read_u16(r.data)):
        if at + 2 > r.length:
            return fail(f, FAIL_DATA_LENGTH, r.length)
        k = _find(c, read_u16(r.data + at))
        if k < 0:
            return fail(f, FAIL_UNKNOWN_PARAMETER, read_u16(r.data + at))
        if at + 2 + c.pool[k].octets > r.length:
            return fail(f, FAIL_DATA_LENGTH, r.length)
        value = wire_value(c.rows[k].wire_type, r.data + at + 2)
        if not c.pool[k].settable:
            return fail(f, FAIL_NOT_SETTABLE, c.pool[k].id)
        if not isfinite(value) or value < c.pool[k].low or value > c.pool[k].high:
            return fail(f, FAIL_VALUE_RANGE, c.pool[k].id)
        if assign:
            pack_assign(c.rows + k, c.base, value)
        at += 2 + c.pool[k].octets
    return OUTCOME_DONE if at == r.length else fail(f, FAIL_DATA_LENGTH, r.length)


cdef int _set(void* context, Request* r, int64_t tick, Failure* f) noexcept nogil:
    cdef PoolContext* c = <PoolContext*>context
    cdef int outcome
    if r.length < 2:
        return fail(f, FAIL_DATA_LENGTH, r.length)
    if read_u16(r.data) == 0:
        return fail(f, FAIL_ARGUMENT_COUNT, 0)
    outcome = _each(c, r, f, False)
    if outcome == OUTCOME_DONE:
        _each(c, r, f, True)
    return outcome


cdef class ParameterService:
    """`table` has one unmerged row for each parameter of the dictionary, in its order, over the arena."""

    cdef readonly list handlers
    cdef PoolContext c
    cdef object keep

    def __cinit__(self, Arena arena not None, TelemetryStore telemetry not None, tuple parameters not None, PackTable table not None):
        cdef PoolContext* c = &self.c
        if table.count != <size_t>len(parameters) or table.extent > arena.used:
            raise ValueError(f"a pool of {len(parameters)} parameters with {table.count} rows reaching {table.extent} of {arena.used} octets")
        self.keep = (arena, telemetry, table)
        c.telemetry, c.base, c.rows, c.count = &telemetry.wiring, <char*>arena.base, table.rows, len(parameters)
        c.pool = <PoolRow*>calloc(len(parameters), sizeof(PoolRow))
        if c.pool == NULL:
            raise MemoryError("parameter pool")
        for i, row in enumerate(parameters):
            c.pool[i].id, c.pool[i].octets = row.id, OCTETS[row.kind]
            c.pool[i].settable = row.settable is not None
            c.pool[i].low, c.pool[i].high = row.settable or (0.0, 0.0)
        self.handlers = [Handler.make(20, 1, _get, c, self), Handler.make(20, 3, _set, c, self)]

    def __dealloc__(self):
        free(self.c.pool)
