"""Slots that do what no slot may, or nothing at all: for the tests that must see such a thing caught, and for benchmarks."""

from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport free, malloc

from hal.core.slot cimport SlotCode

cdef extern from *:
    """
    typedef volatile uint8_t volatile_octet;        /* the compiler must not leave the access out */
    """
    ctypedef uint8_t volatile_octet

cdef struct Context:
    const uint8_t* address
    uint8_t seen
    int64_t from_tick


cdef int _idle(void* context, int64_t tick) noexcept nogil:
    return 0


cdef int _allocates(void* context, int64_t tick) noexcept nogil:
    cdef Context* c = <Context*>context
    cdef uint8_t* block
    if tick >= c.from_tick:
        block = <uint8_t*>malloc(64)
        block[0] = <uint8_t>tick
        c.seen = (<volatile_octet*>block)[0]
        free(block)
    return 0


cdef int _reads(void* context, int64_t tick) noexcept nogil:
    cdef Context* c = <Context*>context
    if tick >= c.from_tick:
        c.seen = (<volatile_octet*>c.address)[0]
    return 0


cdef class PlantedSlots:
    """`idle` does nothing, `allocates` takes and frees a block, `reads` reads one octet at an address; both from a tick on."""

    cdef Context context
    cdef readonly SlotCode idle, allocates, reads

    def __init__(self, size_t address=0, int64_t from_tick=0):
        self.context.address = <const uint8_t*>address
        self.context.from_tick = from_tick
        self.idle = SlotCode.make("planted.idle", _idle, &self.context, self)
        self.allocates = SlotCode.make("planted.allocates", _allocates, &self.context, self)
        self.reads = SlotCode.make("planted.reads", _reads, &self.context, self)
