"""Ports: how applications talk. A sampling port holds the latest value, a queuing port a bounded FIFO (ARINC 653 part 1, section 2.3.6)."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from hal.core.arena cimport Arena
from hal.core.ring cimport Ring, Unit, ring_drop, ring_front, ring_octets, ring_push


cdef struct SamplingState:      # a record, beside the message itself
    int64_t tick                # when last written
    uint64_t count              # times written
    uint32_t octets             # size of the message
    uint32_t pad

cdef struct SamplingPort:       # the wiring
    SamplingState* state
    uint8_t* message            # readers may look in place, between two slots

cdef struct EventMessage:       # to the event service; the values become the event's arguments, in dictionary order
    uint16_t id
    uint16_t count
    uint32_t pad
    double values[4]

cdef struct CommandMessage:     # from function management [8,1] to an application
    uint32_t token              # names the request in replies
    uint16_t function
    uint16_t count
    double values[8]            # arguments in dictionary order, engineering values

cdef struct ReplyMessage:       # from an application: how a command fares
    uint32_t token
    uint16_t stage              # STAGE_*
    uint16_t code               # 0, or a row of the dictionary's FailureCode enumeration

cdef struct ModeRequest:        # from an application to the mode manager
    uint16_t mode
    uint16_t confirmations      # one bit for each independent piece of evidence; two are needed unless a command asked
    uint32_t token              # the command that asked, or 0

cpdef enum:
    STAGE_STARTED = 1
    STAGE_START_FAILED = 2
    STAGE_COMPLETED = 3
    STAGE_FAILED = 4

cdef struct AppPorts:           # the wiring of one application; it is the one writer of all but `commands`
    Ring events                 # EventMessage
    Ring commands               # CommandMessage
    Ring replies                # ReplyMessage
    Ring mode_requests          # ModeRequest

cdef struct ModeState:          # the record `mode`, written by the mode manager alone
    int64_t since_tick
    uint8_t mode
    uint8_t previous
    uint16_t refused            # transitions that the table did not allow, or with too little evidence
    uint32_t transitions


cdef inline bint mode_allows(uint32_t modes, const ModeState* s) noexcept nogil:
    """Whether the bit of the present mode is set; a mode that an upset has made up allows only what every mode does."""
    return modes >> s.mode & 1 if s.mode < 32 else modes == 0xFFFFFFFFu


cdef inline void sampling_write(SamplingPort* p, int64_t tick, const void* message) noexcept nogil:
    memcpy(p.message, message, p.state.octets)
    p.state.tick = tick
    p.state.count += 1


cdef inline void sampling_publish(SamplingPort* p, int64_t tick) noexcept nogil:
    """The writer filled the message in place."""
    p.state.tick = tick
    p.state.count += 1


cdef inline int64_t sampling_read(SamplingPort* p, int64_t tick, void* message) noexcept nogil:
    """Copy the latest message; its age in ticks, or -1 when none was ever written."""
    memcpy(message, p.message, p.state.octets)
    return tick - p.state.tick if p.state.count else -1


cdef inline bint queuing_send(Ring* q, int64_t tick, const void* message, uint32_t octets) noexcept nogil:
    """False, and counted by the ring, when the queue is full."""
    return ring_push(q, tick, 0, <const uint8_t*>message, octets)


cdef inline bint queuing_receive(Ring* q, void* message, uint32_t octets) noexcept nogil:
    """Take the oldest message; False when the queue is empty. What an upset has cut from a message reads as zeros."""
    cdef Unit* unit = ring_front(q)
    if unit == NULL:
        return False
    if unit.length < octets:
        memset(message, 0, octets)
    memcpy(message, ring_octets(unit), octets if octets < unit.length else unit.length)
    ring_drop(q)
    return True


cdef inline void event_raise(AppPorts* p, int64_t tick, uint16_t id, uint16_t count, const double* values) noexcept nogil:
    """Report an event with up to four values. Never blocks; a full queue is counted."""
    cdef EventMessage m
    cdef int i
    m.id = id
    m.count = count if count < 4 else 4
    m.pad = 0
    for i in range(4):
        m.values[i] = values[i] if i < m.count else 0.0
    queuing_send(&p.events, tick, &m, sizeof(EventMessage))


cdef inline void reply_send(AppPorts* p, int64_t tick, uint32_t token, uint16_t stage, uint16_t code) noexcept nogil:
    cdef ReplyMessage m
    m.token, m.stage, m.code = token, stage, code
    queuing_send(&p.replies, tick, &m, sizeof(ReplyMessage))


cdef SamplingPort sampling_make(Arena arena, str name, uint32_t octets) except *      # records `name` (unbound) and `name.port`


cdef class AppLinks:
    cdef readonly str name
    cdef readonly Arena arena
    cdef AppPorts ports
