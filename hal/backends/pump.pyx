"""Pump: what joins the loop, which never waits, to the threads of a real back end, which always do.

The slot runs once a tick, tells the threads what tick it is and wakes the one that sends when units wait. It only tries the lock: when
the thread holds it just then, the next tick wakes it. The thread waits without the interpreter's lock.
"""

from libc.stdint cimport int64_t, uint64_t

from hal.core.bus cimport Bus
from hal.core.ring cimport RING_ACQUIRE, RING_RELEASE, Ring, ring_count
from hal.core.slot cimport SlotCode

cdef extern from "<pthread.h>" nogil:
    ctypedef struct pthread_mutex_t:
        pass
    ctypedef struct pthread_cond_t:
        pass
    int pthread_mutex_init(pthread_mutex_t*, void*)
    int pthread_mutex_destroy(pthread_mutex_t*)
    int pthread_mutex_lock(pthread_mutex_t*)
    int pthread_mutex_trylock(pthread_mutex_t*)
    int pthread_mutex_unlock(pthread_mutex_t*)
    int pthread_cond_init(pthread_cond_t*, void*)
    int pthread_cond_destroy(pthread_cond_t*)
    int pthread_cond_signal(pthread_cond_t*)
    int pthread_cond_wait(pthread_cond_t*, pthread_mutex_t*)


cdef struct PumpContext:
    Ring* to_device
    uint64_t tick
    uint64_t stopping
    pthread_mutex_t mutex
    pthread_cond_t wake


cdef int serve_pump(void* context, int64_t tick) noexcept nogil:
    cdef PumpContext* c = <PumpContext*>context
    RING_RELEASE(&c.tick, <uint64_t>tick)
    if ring_count(c.to_device) and pthread_mutex_trylock(&c.mutex) == 0:
        pthread_cond_signal(&c.wake)
        pthread_mutex_unlock(&c.mutex)
    return 0


cdef class Pump:
    """For one bus. `slot` must run every tick; `wait` belongs to the one thread that sends."""

    cdef readonly Bus bus
    cdef readonly SlotCode slot
    cdef PumpContext context

    def __init__(self, Bus bus not None):
        self.bus = bus
        self.context.to_device = &bus.to_device
        pthread_mutex_init(&self.context.mutex, NULL)
        pthread_cond_init(&self.context.wake, NULL)
        self.slot = SlotCode.make(f"{bus.name}.pump", serve_pump, &self.context, self)

    def __dealloc__(self):
        pthread_cond_destroy(&self.context.wake)
        pthread_mutex_destroy(&self.context.mutex)

    @property
    def tick(self) -> int:
        """The tick that runs now: what a unit from outside is stamped with."""
        return <int64_t>RING_ACQUIRE(&self.context.tick)

    def wait(self) -> bool:
        """Sleep until units wait for the device. False once the pump has been stopped."""
        cdef PumpContext* c = &self.context
        with nogil:
            pthread_mutex_lock(&c.mutex)
            while not RING_ACQUIRE(&c.stopping) and ring_count(c.to_device) == 0:
                pthread_cond_wait(&c.wake, &c.mutex)
            pthread_mutex_unlock(&c.mutex)
        return not c.stopping

    def stop(self):
        """Let the waiting thread go."""
        cdef PumpContext* c = &self.context
        with nogil:
            pthread_mutex_lock(&c.mutex)
            RING_RELEASE(&c.stopping, 1)
            pthread_cond_signal(&c.wake)
            pthread_mutex_unlock(&c.mutex)
