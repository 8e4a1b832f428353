"""Inbox: what the radio has received and the loop has not yet taken. Many door threads write, the loop takes at a tick boundary."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from flight.doors.posix cimport pthread_cond_t, pthread_mutex_t

cdef enum:
    INBOX_TCP = 0                   # sources 0 to 15: clients of the telecommand port
    INBOX_UDP = 16                  # datagrams; each begins anew
    INBOX_BENCH = 17                # octets handed in through the bench door
    INBOX_SOURCES = 18              # every source is less than this
    INBOX_ANEW = -1                 # what inbox_take answers when a source begins anew

cdef struct InboxRing:              # wiring and queue; in no arena, in no digest, in no snapshot
    uint32_t pending                # chunks waiting (atomic)
    uint32_t writers_waiting
    uint32_t closed
    uint32_t capacity               # octets, headers of chunks included
    uint64_t head                   # octets written, ever
    uint64_t tail                   # octets read, ever
    uint64_t chunks                 # put in, ever
    uint64_t taken                  # octets handed to the loop, ever
    uint64_t accepted               # octets put in, ever
    uint64_t refused                # chunks that found no room and were not to wait, or came after the end
    uint8_t* octets
    pthread_mutex_t lock
    pthread_cond_t room

cdef int inbox_take(InboxRing* r, uint32_t* source, uint8_t* out, uint32_t room) noexcept nogil
# ^ octets written to out (the rest of a longer chunk comes next time); 0: nothing waits, at the price of one load; INBOX_ANEW: `source` begins anew
cdef bint inbox_put(InboxRing* r, uint32_t source, const uint8_t* data, uint32_t n, bint wait) noexcept nogil
# ^ n = 0: the source begins anew. Waits while there is no room, if it may; False: refused (closed, no room, or longer than the inbox), and counted


cdef class Inbox:
    cdef InboxRing ring
