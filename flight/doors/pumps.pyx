# boundscheck=False: plain C arrays on the stack with constant sizes; an exception has nowhere to go in a pump.
# cython: boundscheck=False
"""Pumps: what a radio thread does all its life, in C and without the interpreter's lock.

An uplink octet goes socket, inbox, loop; a frame goes loop, outlet, socket; a busy Python thread beside delays neither. Sockets block and are never polled.
A pump ends when its peer goes, when its socket is shut down, or at `stop`. Frames are coded here (`wire.cadu`), so that nobody pays for a frame that nobody hears.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from flight.bit_errors cimport errors_apply
from flight.doors.inbox cimport INBOX_SOURCES, INBOX_UDP, Inbox, InboxRing, inbox_put
from flight.doors.outlet cimport (OUTLET_FRAME, FrameErrors, Outlet, OutletReader, OutletRing, outlet_close, outlet_end, outlet_open, outlet_take)
from flight.doors.posix cimport (COUNT_ADD, COUNT_LOAD, EINTR, MSG_NOSIGNAL, MSG_PEEK, WORD_LOAD, WORD_STORE, is_readable, last_errno, lock_init, monotonic_s,
                                 nap, pthread_cond_destroy, pthread_cond_init, pthread_cond_signal, pthread_cond_t, pthread_cond_wait, pthread_mutex_destroy,
                                 pthread_mutex_lock, pthread_mutex_t, pthread_mutex_unlock, recv, recvfrom, send, sendto, sockaddr, sockaddr_storage, socklen_t)
from wire.cadu cimport CADU_LENGTH, cadu_encode

cdef enum:
    CHUNK = 4096                # octets of one read; a longer datagram is no CLTU
    BATCH = 8                   # frames coded and sent at once when a reader is behind
    SUBSCRIBERS = 16            # addresses that datagrams go to
    SUBSCRIPTION_S = 60         # for so long after their last datagram
    ADMISSION_NAPS = 10000      # for listeners at the door to be let in, before a command passes them: a second or more

MAX_DATAGRAM = CHUNK
CODED_LENGTH = CADU_LENGTH

cdef struct Counters:           # atomic, all of them
    uint64_t octets             # received on the telecommand port, streams
    uint64_t datagrams          # received on the telecommand port
    uint64_t oversized          # of these, too long to be a CLTU
    uint64_t empty              # of these, without an octet
    uint64_t no_room            # of these, come while the inbox was full
    uint64_t frames_sent        # frames given to a stream
    uint64_t datagrams_sent     # frames given to a subscriber
    uint64_t send_failed        # sockets that would not take a frame
    uint64_t ignored            # octets and datagrams that came in on the telemetry port
    uint64_t subscriptions      # addresses taken into the list
    uint64_t no_place           # datagrams that found the list full

cdef struct Subscriber:
    sockaddr_storage address
    socklen_t length
    int64_t until_s             # of the monotonic clock; 0: free

cdef struct Switchboard:        # what the pumps of one door share
    InboxRing* inbox
    OutletRing* outlet
    Counters counters
    uint32_t in_hand[32]        # by source: 1 while octets are taken from the socket and not yet in the inbox
    uint64_t moved[32]          # by source: octets that came to the inbox, ever
    uint32_t ended[32]          # by source: 1 from the end of its pump until the number is another's
    uint32_t stopping
    uint32_t admitting          # 1 while telemetry clients are being let in
    uint32_t crowded            # 1 when that took too long once: commands no longer wait for it
    int tm_listener             # where telemetry clients knock; -1: nowhere
    uint32_t unit_octets        # of a frame as it leaves: CADU_LENGTH, or OUTLET_FRAME when frames go out bare
    int datagram_reader         # place of the datagrams in the outlet, or -1
    Subscriber subscribers[16]
    pthread_mutex_t lock
    pthread_cond_t subscribed


cdef ssize_t receive(int fd, uint8_t* out, size_t room, int flags) noexcept nogil:
    cdef ssize_t n = recv(fd, out, room, flags)
    while n < 0 and last_errno() == EINTR:
        n = recv(fd, out, room, flags)
    return n


cdef bint send_all(int fd, const uint8_t* octets, size_t n) noexcept nogil:
    cdef size_t done = 0
    cdef ssize_t sent
    while done < n:
        sent = send(fd, octets + done, n - done, MSG_NOSIGNAL)
        if sent < 0 and last_errno() != EINTR:
            return False
        if sent > 0:
            done += <size_t>sent
    return True


cdef void await_admission(Switchboard* s) noexcept nogil:
    """Who came to listen before it commanded shall hear the answer, however late the thread that lets it in gets the processor.

    The acceptor says `admitting` before it takes a client from the listener: who is seen neither there nor here has its reader.
    """
    cdef int naps = 0
    while (is_readable(s.tm_listener) or WORD_LOAD(&s.admitting)) and not (WORD_LOAD(&s.crowded) or WORD_LOAD(&s.stopping)):
        nap()
        naps += 1
        if naps == ADMISSION_NAPS:
            WORD_STORE(&s.crowded, 1)


cdef void pump_uplink(Switchboard* s, int fd, uint32_t source) noexcept nogil:
    """A client of the telecommand port: its octets into the inbox, until it ends. Looks before it takes, so that `in_hand` never lies."""
    cdef uint8_t chunk[CHUNK]
    cdef ssize_t n
    cdef bint taken = inbox_put(s.inbox, source, NULL, 0, True)
    WORD_STORE(&s.in_hand[source], 0)
    while taken and receive(fd, chunk, 1, MSG_PEEK) > 0:
        await_admission(s)
        WORD_STORE(&s.in_hand[source], 1)
        n = receive(fd, chunk, CHUNK, 0)
        if n > 0:
            COUNT_ADD(&s.counters.octets, <uint64_t>n)
            taken = inbox_put(s.inbox, source, chunk, <uint32_t>n, True)
            COUNT_ADD(&s.moved[source], <uint64_t>n)
        WORD_STORE(&s.in_hand[source], 0)
    WORD_STORE(&s.ended[source], 1)


cdef void take_datagram(Switchboard* s, const uint8_t* datagram, ssize_t n) noexcept nogil:
    """One datagram is one CLTU: what came before it is forgotten. It does not wait: a datagram that finds no room is lost, as in any receiver."""
    COUNT_ADD(&s.counters.datagrams, 1)
    if n == 0:
        COUNT_ADD(&s.counters.empty, 1)
    elif n > CHUNK:
        COUNT_ADD(&s.counters.oversized, 1)
    elif not (inbox_put(s.inbox, INBOX_UDP, NULL, 0, False) and inbox_put(s.inbox, INBOX_UDP, datagram, <uint32_t>n, False)):
        COUNT_ADD(&s.counters.no_room, 1)


cdef void pump_uplink_datagrams(Switchboard* s, int fd) noexcept nogil:
    cdef uint8_t datagram[CHUNK + 1]
    cdef ssize_t n = 0
    while not WORD_LOAD(&s.stopping):
        if receive(fd, datagram, 1, MSG_PEEK) < 0:
            continue                    # an error that the socket had waiting (an unreachable port somewhere); reading it has cleared it
        await_admission(s)
        WORD_STORE(&s.in_hand[INBOX_UDP], 1)
        n = receive(fd, datagram, CHUNK + 1, 0)
        if n >= 0 and not WORD_LOAD(&s.stopping):
            take_datagram(s, datagram, n)
            COUNT_ADD(&s.moved[INBOX_UDP], <uint64_t>n)
        WORD_STORE(&s.in_hand[INBOX_UDP], 0)


cdef inline void make_unit(const Switchboard* s, const uint8_t* frame, FrameErrors* errors, uint8_t* out) noexcept nogil:
    """A frame as it leaves: coded or bare, and with the errors of the line, if a channel stands before the door."""
    if s.unit_octets == OUTLET_FRAME:
        memcpy(out, frame, OUTLET_FRAME)
    else:
        cadu_encode(frame, out)
    if s.outlet.errors != NULL:
        errors_apply(&errors.model, &errors.line, out, s.unit_octets)


cdef void pump_downlink(Switchboard* s, int fd, int reader) noexcept nogil:
    """A client of the telemetry port: every frame whole, until either side ends."""
    cdef uint8_t frames[BATCH * OUTLET_FRAME]
    cdef uint8_t units[BATCH * CADU_LENGTH]
    cdef FrameErrors errors[BATCH]
    cdef int i, n = outlet_take(s.outlet, reader, frames, errors, BATCH, True)
    while n > 0:
        for i in range(n):
            make_unit(s, frames + i * OUTLET_FRAME, errors + i, units + i * s.unit_octets)
        if not send_all(fd, units, <size_t>n * s.unit_octets):
            COUNT_ADD(&s.counters.send_failed, 1)
            return
        COUNT_ADD(&s.counters.frames_sent, <uint64_t>n)
        n = outlet_take(s.outlet, reader, frames, errors, BATCH, True)


cdef void pump_ignored(Switchboard* s, int fd) noexcept nogil:
    """What a client sends on the telemetry port means nothing: counted and thrown away, so that it can neither fill a buffer nor hide its end."""
    cdef uint8_t chunk[CHUNK]
    cdef ssize_t n = receive(fd, chunk, CHUNK, 0)
    while n > 0:
        COUNT_ADD(&s.counters.ignored, <uint64_t>n)
        n = receive(fd, chunk, CHUNK, 0)


cdef void subscribe(Switchboard* s, const sockaddr_storage* address, socklen_t length) noexcept nogil:
    """Enter an address in the list, or prolong its stay. The caller holds the lock."""
    cdef int64_t now_s = monotonic_s()
    cdef Subscriber* place = NULL
    cdef Subscriber* each
    cdef int i
    for i in range(SUBSCRIBERS):
        each = &s.subscribers[i]
        if each.until_s > now_s and each.length == length and memcmp(&each.address, address, length) == 0:
            each.until_s = now_s + SUBSCRIPTION_S
            return
        if each.until_s <= now_s and place == NULL:
            place = each
    if place == NULL:
        COUNT_ADD(&s.counters.no_place, 1)
        return
    place.address, place.length, place.until_s = address[0], length, now_s + SUBSCRIPTION_S
    COUNT_ADD(&s.counters.subscriptions, 1)
    pthread_cond_signal(&s.subscribed)


cdef void pump_subscriptions(Switchboard* s, int fd) noexcept nogil:
    cdef uint8_t datagram[CHUNK]
    cdef sockaddr_storage address
    cdef socklen_t length
    cdef ssize_t n
    while not WORD_LOAD(&s.stopping):
        length = sizeof(sockaddr_storage)
        n = recvfrom(fd, datagram, CHUNK, 0, <sockaddr*>&address, &length)
        if n < 0 or WORD_LOAD(&s.stopping):
            continue
        COUNT_ADD(&s.counters.ignored, <uint64_t>n)
        pthread_mutex_lock(&s.lock)
        subscribe(s, &address, length)
        pthread_mutex_unlock(&s.lock)


cdef int subscribers_now(Switchboard* s, Subscriber* out) noexcept nogil:
    """Copy the list of those to be served; how many. The caller holds the lock."""
    cdef int64_t now_s = monotonic_s()
    cdef int i, n = 0
    for i in range(SUBSCRIBERS):
        if s.subscribers[i].until_s > now_s:
            out[n] = s.subscribers[i]
            n += 1
    return n


cdef int wait_for_subscribers(Switchboard* s) noexcept nogil:
    """Sleep until somebody subscribes, then take a place in the outlet: its number, or -1 when the door closes."""
    cdef Subscriber live[SUBSCRIBERS]
    cdef int reader = -1
    pthread_mutex_lock(&s.lock)
    while reader < 0 and not s.stopping:
        if subscribers_now(s, live):
            reader = outlet_open(s.outlet)
            s.datagram_reader = reader
        if reader < 0 and not s.stopping:
            pthread_cond_wait(&s.subscribed, &s.lock)
    pthread_mutex_unlock(&s.lock)
    return reader


cdef void send_to_subscribers(Switchboard* s, int fd, int reader) noexcept nogil:
    """Every frame to everyone on the list, until the list is empty or the reader has ended."""
    cdef Subscriber live[SUBSCRIBERS]
    cdef uint8_t frame[OUTLET_FRAME]
    cdef uint8_t unit[CADU_LENGTH]
    cdef FrameErrors errors
    cdef int i, count = 1
    while count and outlet_take(s.outlet, reader, frame, &errors, 1, True) > 0:
        pthread_mutex_lock(&s.lock)
        count = subscribers_now(s, live)
        pthread_mutex_unlock(&s.lock)
        if count:
            make_unit(s, frame, &errors, unit)
        for i in range(count):
            if sendto(fd, unit, s.unit_octets, MSG_NOSIGNAL, <sockaddr*>&live[i].address, live[i].length) == <ssize_t>s.unit_octets:
                COUNT_ADD(&s.counters.datagrams_sent, 1)
            else:
                COUNT_ADD(&s.counters.send_failed, 1)


cdef void pump_downlink_datagrams(Switchboard* s, int fd) noexcept nogil:
    cdef int reader = wait_for_subscribers(s)
    while reader >= 0:
        send_to_subscribers(s, fd, reader)
        pthread_mutex_lock(&s.lock)
        s.datagram_reader = -1
        outlet_close(s.outlet, reader)
        pthread_mutex_unlock(&s.lock)
        reader = wait_for_subscribers(s)


cdef class Pumps:
    """The pumps of one radio door. Each method but the last few is the whole life of a thread."""

    cdef Switchboard board
    cdef readonly Inbox inbox
    cdef readonly Outlet outlet

    def __cinit__(self, Inbox inbox not None, Outlet outlet not None, bint bare_frames=False):
        self.inbox, self.outlet = inbox, outlet
        self.board.inbox, self.board.outlet = &inbox.ring, &outlet.ring
        self.board.datagram_reader = self.board.tm_listener = -1
        self.board.unit_octets = OUTLET_FRAME if bare_frames else CADU_LENGTH
        if lock_init(&self.board.lock) or pthread_cond_init(&self.board.subscribed, NULL):
            raise OSError("the pumps' lock cannot be made")

    def __dealloc__(self):
        pthread_cond_destroy(&self.board.subscribed)
        pthread_mutex_destroy(&self.board.lock)

    def admit_at(self, int tm_listener):
        """The listener where telemetry clients knock (-1: it is closed)."""
        self.board.tm_listener = tm_listener

    def admitting(self, bint begun):
        """Telemetry clients are being let in; or all that had come have been."""
        WORD_STORE(&self.board.admitting, begun)
        if not begun:
            WORD_STORE(&self.board.crowded, 0)

    def crowd(self):
        """All places of telemetry are taken: commands do not wait for those who try, until the next `admitting`."""
        WORD_STORE(&self.board.crowded, 1)

    def expect(self, uint32_t source):
        """A client was accepted as `source`; `uplink` follows in another thread."""
        if source >= INBOX_SOURCES:
            raise ValueError(f"source {source} is not below {INBOX_SOURCES}")
        WORD_STORE(&self.board.ended[source], 0)
        WORD_STORE(&self.board.in_hand[source], 1)

    def uplink(self, int fd, uint32_t source):
        """Read a telecommand client until it ends."""
        if source >= INBOX_SOURCES:
            raise ValueError(f"source {source} is not below {INBOX_SOURCES}")
        with nogil:
            pump_uplink(&self.board, fd, source)

    def uplink_datagrams(self, int fd):
        """Read telecommand datagrams until `stop`."""
        with nogil:
            pump_uplink_datagrams(&self.board, fd)

    def downlink(self, int fd, OutletReader reader not None):
        """Serve a telemetry client until either side ends."""
        with nogil:
            pump_downlink(&self.board, fd, reader.number)

    def ignored(self, int fd):
        """Throw away what a telemetry client sends, until it ends its half of the connection."""
        with nogil:
            pump_ignored(&self.board, fd)

    def subscriptions(self, int fd):
        """Keep the list of addresses that asked for datagrams, until `stop`."""
        with nogil:
            pump_subscriptions(&self.board, fd)

    def downlink_datagrams(self, int fd):
        """Serve the addresses on the list, until `stop`."""
        with nogil:
            pump_downlink_datagrams(&self.board, fd)

    def unsubscribe_all(self):
        """Forget the list: who wants more asks again."""
        self._end_datagrams(False)

    def stop(self):
        """No further datagrams. A pump that sleeps in a read needs one more datagram to see it."""
        self._end_datagrams(True)

    def _end_datagrams(self, bint stopping):
        cdef int i
        cdef Switchboard* s = &self.board
        with nogil:
            pthread_mutex_lock(&s.lock)
            if stopping:
                WORD_STORE(&s.stopping, 1)
            for i in range(SUBSCRIBERS):
                s.subscribers[i].until_s = 0
            if s.datagram_reader >= 0:
                outlet_end(s.outlet, s.datagram_reader, False)
            pthread_cond_signal(&s.subscribed)
            pthread_mutex_unlock(&s.lock)

    def is_settled(self, uint32_t source):
        """Nothing of this source is between its socket and the inbox."""
        return not WORD_LOAD(&self.board.in_hand[source])

    def has_ended(self, uint32_t source):
        """A telecommand client has gone; its thread may not have had the interpreter since."""
        return bool(WORD_LOAD(&self.board.ended[source]))

    def moved(self, uint32_t source):
        """Octets of this source that came to the inbox, ever."""
        return COUNT_LOAD(&self.board.moved[source])

    @property
    def counters(self):
        """By reason, since the door was made."""
        cdef Counters* c = &self.board.counters
        return {
            "octets": COUNT_LOAD(&c.octets), "datagrams": COUNT_LOAD(&c.datagrams), "oversized": COUNT_LOAD(&c.oversized), "empty": COUNT_LOAD(&c.empty),
            "no_room": COUNT_LOAD(&c.no_room), "frames_sent": COUNT_LOAD(&c.frames_sent), "datagrams_sent": COUNT_LOAD(&c.datagrams_sent),
            "send_failed": COUNT_LOAD(&c.send_failed), "ignored": COUNT_LOAD(&c.ignored), "subscriptions": COUNT_LOAD(&c.subscriptions),
            "no_place": COUNT_LOAD(&c.no_place),
        }
