# cython: boundscheck=False, wraparound=False, initializedcheck=False
# Hot: report places are below the count fixed when the vehicle is built.
"""Housekeeping, service 3: parameter reports, periodic [3,25] and on request [3,27], switched by [3,5] and [3,6].

Where the line is too slow, a periodic report that waits is replaced by the next of its kind; one on request is an answer and comes first.
A report is the structure's identifier (u16) and its parameters in the order of the dictionary. A request is a count N (u16) and N structure
identifiers; it is refused whole when one is unknown.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

import numpy as np

from flight.services.service cimport OUTCOME_DONE, Failure, Handler, Request, fail, read_u16, write_u16
from flight.telemetry cimport (
    CHANNEL_REAL_TIME, Telemetry, TelemetryStore, telemetry_begin, telemetry_end, telemetry_end_periodic,
)
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from wire.dictionary.codes cimport FAIL_ARGUMENT_COUNT, FAIL_DATA_LENGTH, FAIL_UNKNOWN_REPORT
from wire.packer cimport PackRow, PackTable, pack

cdef enum:
    MAX_REPORTS = 16

cdef struct HousekeepingState:          # record `housekeeping`
    int64_t due[16]                     # when each report goes out next
    int64_t period_ticks[16]
    uint32_t sent[16]
    uint8_t enabled[16]

cdef struct HousekeepingContext:
    HousekeepingState* state
    Telemetry* telemetry
    const char* base                    # of the arena: sources are offsets from here
    const PackRow* rows[16]
    size_t row_counts[16]
    uint32_t octets[16]
    uint16_t ids[16]
    uint16_t apids[16]
    int64_t periods[16]                 # ticks, as the dictionary has them
    int count


cdef void _send(HousekeepingContext* c, int i, int64_t tick, bint periodic) noexcept nogil:
    cdef uint8_t* data = telemetry_begin(c.telemetry, tick, c.apids[i], 3, 25)
    write_u16(data, c.ids[i])
    pack(c.rows[i], c.row_counts[i], c.base, data + 2)
    if periodic:
        telemetry_end_periodic(c.telemetry, tick, c.octets[i] + 2, c.ids[i])
    else:
        telemetry_end(c.telemetry, tick, c.octets[i] + 2, CHANNEL_REAL_TIME)
    c.state.sent[i] += 1


cdef int _cycle(void* context, int64_t tick) noexcept nogil:
    cdef HousekeepingContext* c = <HousekeepingContext*>context
    cdef int i
    for i in range(c.count):
        if c.state.enabled[i] and tick >= c.state.due[i]:
            _send(c, i, tick, True)
            if c.state.period_ticks[i] < 1:                             # the record was hit by an upset
                c.state.period_ticks[i] = c.periods[i]
            c.state.due[i] = tick - tick % c.state.period_ticks[i] + c.state.period_ticks[i]
    return 0


cdef int _place(HousekeepingContext* c, uint16_t id) noexcept nogil:
    cdef int i
    for i in range(c.count):
        if c.ids[i] == id:
            return i
    return -1


cdef int _check(HousekeepingContext* c, Request* r, Failure* f) noexcept nogil:
    """The whole list of identifiers, before anything is done."""
    cdef int i
    cdef uint16_t n
    if r.length < 2:
        return fail(f, FAIL_DATA_LENGTH, r.length)
    n = read_u16(r.data)
    if n == 0:
        return fail(f, FAIL_ARGUMENT_COUNT, n)
    if r.length != 2 + 2 * <uint32_t>n:
        return fail(f, FAIL_DATA_LENGTH, r.length)
    for i in range(n):
        if _place(c, read_u16(r.data + 2 + 2 * i)) < 0:
            return fail(f, FAIL_UNKNOWN_REPORT, read_u16(r.data + 2 + 2 * i))
    if n > c.count:                                                     # some twice: what is asked for must find room on its way down
        return fail(f, FAIL_ARGUMENT_COUNT, n)
    return OUTCOME_DONE


cdef int _switch(HousekeepingContext* c, Request* r, int64_t tick, Failure* f, uint8_t on) noexcept nogil:
    cdef int i, place, outcome = _check(c, r, f)
    if outcome == OUTCOME_DONE:
        for i in range(read_u16(r.data)):
            place = _place(c, read_u16(r.data + 2 + 2 * i))
            c.state.enabled[place] = on
            c.state.due[place] = tick
    return outcome


cdef int _enable(void* context, Request* r, int64_t tick, Failure* f) noexcept nogil:
    return _switch(<HousekeepingContext*>context, r, tick, f, 1)


cdef int _disable(void* context, Request* r, int64_t tick, Failure* f) noexcept nogil:
    return _switch(<HousekeepingContext*>context, r, tick, f, 0)


cdef int _one_shot(void* context, Request* r, int64_t tick, Failure* f) noexcept nogil:
    cdef HousekeepingContext* c = <HousekeepingContext*>context
    cdef int i, outcome = _check(c, r, f)
    if outcome == OUTCOME_DONE:
        for i in range(read_u16(r.data)):
            _send(c, _place(c, read_u16(r.data + 2 + 2 * i)), tick, False)
    return outcome


cdef class HousekeepingService:
    """`reports` are (id, apid, period in ticks, enabled at boot, PackTable over the arena)."""

    cdef readonly list handlers
    cdef readonly SlotCode slot
    cdef HousekeepingContext c
    cdef object keep

    def __cinit__(self, Arena arena not None, TelemetryStore telemetry not None, list reports not None):
        cdef HousekeepingContext* c = &self.c
        cdef PackTable table
        if len(reports) > MAX_REPORTS:
            raise ValueError(f"{len(reports)} reports; at most {MAX_REPORTS}")
        self.keep = (arena, telemetry, reports)
        c.state = <HousekeepingState*>arena.take("housekeeping", sizeof(HousekeepingState))
        cdef HousekeepingState[::1] view = <HousekeepingState[:1]>c.state
        arena.bind("housekeeping", np.asarray(view))
        c.telemetry, c.base, c.count = &telemetry.wiring, <const char*>arena.base, len(reports)
        c.telemetry.kinds = len(reports)
        for i, (number, apid, period_ticks, enabled, table) in enumerate(reports):
            if table.extent > arena.used:
                raise ValueError(f"report {number} reaches beyond the arena")
            c.ids[i], c.apids[i] = number, apid
            c.rows[i], c.row_counts[i], c.octets[i] = table.rows, table.count, table.octets
            c.periods[i] = c.state.period_ticks[i] = period_ticks
            c.state.enabled[i] = enabled
        self.handlers = [
            Handler.make(3, 5, _enable, c, self), Handler.make(3, 6, _disable, c, self), Handler.make(3, 27, _one_shot, c, self),
        ]
        self.slot = SlotCode.make("housekeeping", _cycle, c, self)
