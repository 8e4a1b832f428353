"""Outlet: a ring of telemetry frames between the loop and its listeners, with its own lock, so that neither side ever needs the interpreter's."""

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from flight.doors.posix cimport (COUNT_LOAD, COUNT_STORE, WORD_LOAD, WORD_STORE, lock_init, pthread_cond_broadcast, pthread_cond_destroy, pthread_cond_init,
                                 pthread_cond_signal, pthread_cond_wait, pthread_mutex_destroy, pthread_mutex_lock, pthread_mutex_unlock)

FRAME_LENGTH = OUTLET_FRAME


cdef inline bint is_held_up(OutletRing* r) noexcept nogil:
    """For some reader, as many frames wait as may."""
    cdef int i
    for i in range(OUTLET_READERS):
        if r.readers[i].state in (READER_OPEN, READER_DRAINING) and r.head - r.readers[i].position >= r.limit:
            return True
    return False


cdef void wait_for_readers(OutletRing* r) noexcept nogil:
    """Until the next frame would find room, or the loop is interrupted. The caller holds the lock."""
    if r.lossy or r.interrupted or not is_held_up(r):
        return
    r.waits += 1
    r.writer_waiting = 1
    while not r.interrupted and is_held_up(r):
        pthread_cond_wait(&r.room, &r.lock)
    r.writer_waiting = 0


cdef void outlet_put(OutletRing* r, const uint8_t* frame) noexcept nogil:
    if r.gate != NULL:
        r.gate(r.gate_context, frame)
    else:
        outlet_deliver(r, frame, NULL)


cdef void outlet_deliver(OutletRing* r, const uint8_t* frame, const FrameErrors* errors) noexcept nogil:
    COUNT_STORE(&r.frames, r.frames + 1)
    if WORD_LOAD(&r.listening) == 0:
        return
    pthread_mutex_lock(&r.lock)
    wait_for_readers(r)
    memcpy(r.octets + <size_t>(r.head % r.capacity) * OUTLET_FRAME, frame, OUTLET_FRAME)
    if r.errors != NULL and errors != NULL:
        r.errors[r.head % r.capacity] = errors[0]
    r.head += 1
    if r.sleeping:
        pthread_cond_broadcast(&r.fresh)
    pthread_mutex_unlock(&r.lock)


cdef int outlet_open(OutletRing* r) noexcept nogil:
    cdef int i
    pthread_mutex_lock(&r.lock)
    for i in range(OUTLET_READERS):
        if r.readers[i].state == READER_FREE:
            r.readers[i].state = READER_OPEN
            r.readers[i].position = r.head
            r.readers[i].end = 0
            r.readers[i].lost = 0
            WORD_STORE(&r.listening, r.listening + 1)
            pthread_mutex_unlock(&r.lock)
            return i
    pthread_mutex_unlock(&r.lock)
    return -1


cdef bint has_ended(OutletRing* r, ReaderPlace* place) noexcept nogil:
    return place.state == READER_CLOSED or (place.state == READER_DRAINING and place.position >= place.end)


cdef int outlet_take(OutletRing* r, int reader, uint8_t* out, FrameErrors* errors, int most, bint wait) noexcept nogil:
    cdef ReaderPlace* place = &r.readers[reader]
    cdef uint64_t behind, overwritten
    cdef uint64_t kept = r.limit if r.lossy else r.capacity
    cdef int n = 0
    pthread_mutex_lock(&r.lock)
    while wait and not has_ended(r, place) and place.position == r.head:
        r.sleeping += 1
        pthread_cond_wait(&r.fresh, &r.lock)
        r.sleeping -= 1
    if has_ended(r, place):
        pthread_mutex_unlock(&r.lock)
        return -1
    behind = r.head - place.position
    if behind > kept:
        overwritten = behind - kept
        place.lost += overwritten
        r.lost += overwritten
        place.position += overwritten
    while n < most and place.position < r.head:
        memcpy(out + <size_t>n * OUTLET_FRAME, r.octets + <size_t>(place.position % r.capacity) * OUTLET_FRAME, OUTLET_FRAME)
        if r.errors != NULL and errors != NULL:
            errors[n] = r.errors[place.position % r.capacity]
        place.position += 1
        n += 1
    if r.writer_waiting:
        pthread_cond_signal(&r.room)
    pthread_mutex_unlock(&r.lock)
    return n


cdef void outlet_end(OutletRing* r, int reader, bint drain) noexcept nogil:
    cdef ReaderPlace* place = &r.readers[reader]
    pthread_mutex_lock(&r.lock)
    if place.state != READER_FREE:
        if not drain:
            place.state = READER_CLOSED
        elif place.state == READER_OPEN:
            place.state = READER_DRAINING
            place.end = r.head
    pthread_cond_broadcast(&r.fresh)
    pthread_cond_signal(&r.room)
    pthread_mutex_unlock(&r.lock)


cdef void outlet_close(OutletRing* r, int reader) noexcept nogil:
    pthread_mutex_lock(&r.lock)
    if r.readers[reader].state != READER_FREE:
        r.readers[reader].state = READER_FREE
        WORD_STORE(&r.listening, r.listening - 1)
    pthread_cond_signal(&r.room)
    pthread_mutex_unlock(&r.lock)


cdef class Outlet:
    """The sending side of the radio door: at most `frames` wait for the slowest reader; `lossy` in real time, where the loop waits for nobody."""

    def __cinit__(self, uint32_t frames=4096, bint lossy=False):
        if frames < 2 or frames > 1 << 20:
            raise ValueError(f"an outlet holds 2 to {1 << 20} frames, not {frames}")
        self.ring.octets = <uint8_t*>calloc(frames + OUTLET_RESERVE, OUTLET_FRAME)
        if self.ring.octets == NULL:
            raise MemoryError("outlet")
        self.ring.limit, self.ring.capacity = frames, frames + OUTLET_RESERVE
        self.ring.lossy = lossy
        if lock_init(&self.ring.lock) or pthread_cond_init(&self.ring.fresh, NULL) or pthread_cond_init(&self.ring.room, NULL):
            raise OSError("the outlet's lock cannot be made")

    def __dealloc__(self):
        if self.ring.octets != NULL:
            pthread_cond_destroy(&self.ring.fresh)
            pthread_cond_destroy(&self.ring.room)
            pthread_mutex_destroy(&self.ring.lock)
            free(self.ring.errors)
            free(self.ring.octets)

    cdef int keep_errors(self) except -1:
        """Make room for the errors of each frame: a channel stands before the door from now on."""
        if self.ring.errors == NULL:
            self.ring.errors = <FrameErrors*>calloc(self.ring.capacity, sizeof(FrameErrors))
        if self.ring.errors == NULL:
            raise MemoryError("outlet")
        return 0

    def put(self, const unsigned char[::1] frame not None):
        """Send one frame, as the loop does: waits for the slowest reader unless lossy or interrupted."""
        if frame.shape[0] != OUTLET_FRAME:
            raise ValueError(f"a TM frame has {OUTLET_FRAME} octets, not {frame.shape[0]}")
        with nogil:
            outlet_put(&self.ring, &frame[0])

    def reader(self):
        """A listener within the process, from the next frame on. Raises OSError when all places are taken."""
        return OutletReader(self)

    def interrupt(self):
        """The loop is to reach the end of its tick: until `resume` it waits for nobody; the reserve takes what is left of the tick."""
        self._set_interrupted(True)

    def resume(self):
        """In lockstep, wait for slow readers again."""
        self._set_interrupted(False)

    def wait_for_room(self):
        """In lockstep, return when no reader is too far behind for another frame, or when interrupted."""
        with nogil:
            pthread_mutex_lock(&self.ring.lock)
            wait_for_readers(&self.ring)
            pthread_mutex_unlock(&self.ring.lock)

    def _set_interrupted(self, bint value):
        cdef OutletRing* r = &self.ring
        with nogil:
            pthread_mutex_lock(&r.lock)
            r.interrupted = value
            pthread_cond_signal(&r.room)
            pthread_mutex_unlock(&r.lock)

    @property
    def lossy(self):
        """Whether a slow reader loses the oldest frames (real time) instead of slowing the loop (lockstep)."""
        return bool(self.ring.lossy)

    @lossy.setter
    def lossy(self, bint value):
        self.ring.lossy = value

    @property
    def frames(self):
        """Frames put, ever, heard or not."""
        return COUNT_LOAD(&self.ring.frames)

    @property
    def counters(self):
        """Frames put, and lost by slow readers; times the loop waited; readers now."""
        cdef OutletRing* r = &self.ring
        return {"frames": COUNT_LOAD(&r.frames), "lost": COUNT_LOAD(&r.lost), "waits": COUNT_LOAD(&r.waits), "readers": WORD_LOAD(&r.listening)}


cdef class OutletReader:
    """One reader's place, held until `close`."""

    def __cinit__(self, Outlet outlet not None):
        self.number = -1
        self.outlet = outlet
        self.number = outlet_open(&outlet.ring)
        if self.number < 0:
            raise OSError(f"all {OUTLET_READERS} places of the outlet are taken")

    def take(self, bint wait=False):
        """The next frame, or None when there is none (or, waiting, when the reader has ended)."""
        if self.number < 0:
            raise ValueError("the reader is closed")
        cdef uint8_t[OUTLET_FRAME] frame
        cdef int n
        with nogil:
            n = outlet_take(&self.outlet.ring, self.number, frame, NULL, 1, wait)
        return (<char*>frame)[:OUTLET_FRAME] if n == 1 else None

    def end(self, bint drain=False):
        """From any thread: the next `take` ends, or when draining the one after what was put before."""
        if self.number >= 0:
            with nogil:
                outlet_end(&self.outlet.ring, self.number, drain)

    def close(self):
        """Give the place back."""
        if self.number >= 0:
            with nogil:
                outlet_close(&self.outlet.ring, self.number)
            self.number = -1

    def __dealloc__(self):
        if self.number >= 0:
            outlet_close(&self.outlet.ring, self.number)

    @property
    def lost(self):
        """Frames overwritten before this reader took them, as far as it has read."""
        return COUNT_LOAD(&self.outlet.ring.readers[self.number].lost) if self.number >= 0 else 0
