"""Inbox: a bounded queue of chunks between the pumps and the loop, with its own lock, so that neither side ever needs the interpreter's."""

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from flight.doors.posix cimport (COUNT_LOAD, COUNT_STORE, WORD_LOAD, WORD_STORE, lock_init, pthread_cond_broadcast, pthread_cond_destroy, pthread_cond_init,
                                 pthread_cond_wait, pthread_mutex_destroy, pthread_mutex_lock, pthread_mutex_unlock)

SOURCES = INBOX_SOURCES
SOURCE_UDP = INBOX_UDP
SOURCE_BENCH = INBOX_BENCH

cdef struct Chunk:              # the header of a chunk in the queue; its octets follow
    uint32_t source
    uint32_t length             # 0: the source begins anew


cdef inline void copy_in(InboxRing* r, uint64_t at, const uint8_t* data, uint32_t n) noexcept nogil:
    cdef uint32_t start = <uint32_t>(at % r.capacity)
    cdef uint32_t first = r.capacity - start if n > r.capacity - start else n
    memcpy(r.octets + start, data, first)
    memcpy(r.octets, data + first, n - first)


cdef inline void copy_out(InboxRing* r, uint64_t at, uint8_t* out, uint32_t n) noexcept nogil:
    cdef uint32_t start = <uint32_t>(at % r.capacity)
    cdef uint32_t first = r.capacity - start if n > r.capacity - start else n
    memcpy(out, r.octets + start, first)
    memcpy(out + first, r.octets, n - first)


cdef int inbox_take(InboxRing* r, uint32_t* source, uint8_t* out, uint32_t room) noexcept nogil:
    cdef Chunk chunk
    cdef uint32_t n
    cdef int answer
    if WORD_LOAD(&r.pending) == 0 or room == 0:
        return 0
    pthread_mutex_lock(&r.lock)
    if r.pending == 0:
        pthread_mutex_unlock(&r.lock)
        return 0
    copy_out(r, r.tail, <uint8_t*>&chunk, sizeof(Chunk))
    source[0] = chunk.source
    n = chunk.length if chunk.length < room else room
    answer = <int>n if chunk.length else INBOX_ANEW
    copy_out(r, r.tail + sizeof(Chunk), out, n)
    if n == chunk.length:
        r.tail += sizeof(Chunk) + n
        WORD_STORE(&r.pending, r.pending - 1)
    else:                       # the rest stays a chunk: its header moves up to stand before it
        chunk.length -= n
        r.tail += n
        copy_in(r, r.tail, <const uint8_t*>&chunk, sizeof(Chunk))
    COUNT_STORE(&r.taken, r.taken + n)
    if r.writers_waiting:
        pthread_cond_broadcast(&r.room)
    pthread_mutex_unlock(&r.lock)
    return answer


cdef bint inbox_put(InboxRing* r, uint32_t source, const uint8_t* data, uint32_t n, bint wait) noexcept nogil:
    cdef Chunk chunk
    cdef uint64_t size = sizeof(Chunk) + <uint64_t>n
    chunk.source = source
    chunk.length = n
    pthread_mutex_lock(&r.lock)
    while wait and not r.closed and size <= r.capacity and r.head - r.tail + size > r.capacity:
        r.writers_waiting += 1
        pthread_cond_wait(&r.room, &r.lock)
        r.writers_waiting -= 1
    if r.closed or r.head - r.tail + size > r.capacity:
        COUNT_STORE(&r.refused, r.refused + 1)
        pthread_mutex_unlock(&r.lock)
        return False
    copy_in(r, r.head, <const uint8_t*>&chunk, sizeof(Chunk))
    copy_in(r, r.head + sizeof(Chunk), data, n)
    r.head += size
    COUNT_STORE(&r.chunks, r.chunks + 1)
    COUNT_STORE(&r.accepted, r.accepted + n)
    WORD_STORE(&r.pending, r.pending + 1)
    pthread_mutex_unlock(&r.lock)
    return True


cdef class Inbox:
    """The receiving side of the radio door. `capacity` is in octets; each chunk takes eight more than it carries."""

    def __cinit__(self, uint32_t capacity=262144):
        if capacity < 64 or capacity > 1 << 30:
            raise ValueError(f"an inbox holds 64 octets to 1 GiB, not {capacity}")
        self.ring.octets = <uint8_t*>calloc(capacity, 1)
        if self.ring.octets == NULL:
            raise MemoryError("inbox")
        self.ring.capacity = capacity
        if lock_init(&self.ring.lock) or pthread_cond_init(&self.ring.room, NULL):
            raise OSError("the inbox's lock cannot be made")

    def __dealloc__(self):
        if self.ring.octets != NULL:
            pthread_cond_destroy(&self.ring.room)
            pthread_mutex_destroy(&self.ring.lock)
            free(self.ring.octets)

    def put(self, uint32_t source, const unsigned char[::1] data not None, bint wait=True):
        """Hand in a chunk of one source; empty: the source begins anew. False when it was refused: the end has come, or no room and not to wait."""
        if source >= INBOX_SOURCES:
            raise ValueError(f"source {source} is not below {INBOX_SOURCES}")
        if data.shape[0] + sizeof(Chunk) > self.ring.capacity:
            raise ValueError(f"{data.shape[0]} octets are more than the inbox holds ({self.ring.capacity})")
        cdef uint32_t n = <uint32_t>data.shape[0]
        cdef const uint8_t* first = &data[0] if n else NULL
        cdef bint accepted
        with nogil:
            accepted = inbox_put(&self.ring, source, first, n, wait)
        return bool(accepted)

    def take(self, uint32_t room=4096):
        """The next chunk as (source, octets), octets empty where the source begins anew, or None: for tests and for Python beside the loop."""
        cdef bytearray out = bytearray(max(room, 1))
        cdef uint8_t* first = out
        cdef uint32_t source = 0
        cdef int n = inbox_take(&self.ring, &source, first, <uint32_t>len(out))
        return (source, bytes(out[: max(n, 0)])) if n else None

    def flush(self):
        """Forget everything that waits: after a reset or a restore, what was sent to another time."""
        cdef InboxRing* r = &self.ring
        with nogil:
            pthread_mutex_lock(&r.lock)
            r.tail = r.head
            WORD_STORE(&r.pending, 0)
            pthread_cond_broadcast(&r.room)
            pthread_mutex_unlock(&r.lock)

    def close(self):
        """Take nothing more; writers that wait give up."""
        cdef InboxRing* r = &self.ring
        with nogil:
            pthread_mutex_lock(&r.lock)
            r.closed = 1
            pthread_cond_broadcast(&r.room)
            pthread_mutex_unlock(&r.lock)

    @property
    def pending(self):
        """Chunks that wait for the loop."""
        return WORD_LOAD(&self.ring.pending)

    @property
    def is_full(self):
        """Some writer waits for the loop to make room."""
        return self.ring.writers_waiting > 0

    @property
    def counters(self):
        """Octets accepted and taken, chunks put in and refused, since the inbox was made."""
        cdef InboxRing* r = &self.ring
        return {"octets": COUNT_LOAD(&r.accepted), "taken": COUNT_LOAD(&r.taken), "chunks": COUNT_LOAD(&r.chunks), "refused": COUNT_LOAD(&r.refused)}
