"""Outlet: the telemetry frames on their way to whoever listens. The loop writes, each reader keeps its own place."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from flight.bit_errors cimport ErrorLine, ErrorModel
from flight.doors.posix cimport pthread_cond_t, pthread_mutex_t

cdef enum:
    OUTLET_FRAME = 1115             # octets of a TM frame
    OUTLET_RESERVE = 256            # frames; more than a tick gives
    OUTLET_READERS = 24             # 16 clients of the telemetry port, the datagrams, and some to spare for the process itself

cdef enum:                          # state of a reader
    READER_FREE = 0
    READER_OPEN = 1
    READER_DRAINING = 2             # takes what was put before, then ends
    READER_CLOSED = 3               # ends at once

cdef struct ReaderPlace:
    uint64_t position               # frames taken or lost since the outlet was made
    uint64_t end                    # where a draining reader ends
    uint64_t lost                   # frames overwritten before this reader took them
    uint32_t state
    uint32_t pad

cdef struct FrameErrors:            # from where the errors of a frame's coded octets are drawn
    ErrorModel model
    ErrorLine line

ctypedef void (*OutletGate)(void* context, const uint8_t* frame) noexcept nogil

cdef struct OutletRing:             # in no arena, in no digest, in no snapshot
    uint32_t listening              # readers that hold a place (atomic): 0 makes outlet_put a counter
    uint32_t sleeping               # readers that wait for a frame
    uint32_t writer_waiting
    uint32_t lossy                  # 1, real time: a slow reader loses the oldest; 0, lockstep: it slows the loop
    uint32_t interrupted            # 1: the loop is to reach the end of its tick, nobody is waited for
    uint32_t limit                  # frames that may wait for a reader
    uint32_t capacity               # frames there is room for: a reserve beyond the limit takes what is left of an interrupted tick
    uint64_t frames                 # put, ever, heard or not
    uint64_t head                   # of these, put while somebody listened
    uint64_t lost                   # frames lost by all readers, those gone included
    uint64_t waits                  # times the loop waited for a reader
    uint8_t* octets
    FrameErrors* errors             # beside each frame; NULL where no channel stands before the door
    OutletGate gate                 # where frames go first: the channel; NULL: there is none
    void* gate_context
    pthread_mutex_t lock
    pthread_cond_t fresh
    pthread_cond_t room
    ReaderPlace readers[24]

cdef void outlet_put(OutletRing* r, const uint8_t* frame) noexcept nogil                         # 1115 octets; the loop only
cdef void outlet_deliver(OutletRing* r, const uint8_t* frame, const FrameErrors* errors) noexcept nogil    # past the gate
cdef int outlet_open(OutletRing* r) noexcept nogil                                               # a reader's number, or -1: no place left
cdef int outlet_take(OutletRing* r, int reader, uint8_t* out, FrameErrors* errors, int most, bint wait) noexcept nogil
# ^ frames copied (at most `most`, 1115 octets each); 0: nothing there and not to wait; -1: the reader has ended; errors may be NULL
cdef void outlet_end(OutletRing* r, int reader, bint drain) noexcept nogil                       # its next take ends; may come from any thread
cdef void outlet_close(OutletRing* r, int reader) noexcept nogil                                 # gives the place back; the reader's own thread only


cdef class Outlet:
    cdef OutletRing ring

    cdef int keep_errors(self) except -1


cdef class OutletReader:
    cdef readonly Outlet outlet
    cdef int number
