# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""The inner loops of benchmarks, as C code on board would run them; and a clock for the slots of an executive's table."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from flight.clock cimport clock_now_ns
from flight.executive cimport Executive
from flight.ports cimport SamplingPort, SamplingState, queuing_receive, queuing_send, sampling_make, sampling_read, sampling_write
from hal.core.arena cimport Arena
from hal.core.ring cimport Ring, ring_make
from hal.core.slot cimport SlotCode, slot_function
from wire.packer cimport PackTable, pack

cdef enum:
    OCTETS = 64

cdef struct Message:
    uint64_t words[8]


cdef uint64_t _sampling(SamplingPort* port, int64_t n) noexcept nogil:
    cdef Message sent, got
    cdef uint64_t seen = 0
    cdef int64_t i
    memset(&sent, 0, OCTETS)
    for i in range(n):
        sent.words[i & 7] = <uint64_t>i
        sampling_write(port, i, &sent)
        sampling_read(port, i, &got)
        seen += got.words[i & 7]
    return seen


cdef uint64_t _queuing(Ring* queue, int64_t n) noexcept nogil:
    cdef Message sent, got
    cdef uint64_t seen = 0
    cdef int64_t i
    memset(&sent, 0, OCTETS)
    for i in range(n):
        sent.words[i & 7] = <uint64_t>i
        queuing_send(queue, i, &sent, OCTETS)
        queuing_receive(queue, &got, OCTETS)
        seen += got.words[i & 7]
    return seen


cdef void _packs(PackTable table, const char* memory, uint8_t* out, int64_t n) noexcept:
    cdef int64_t i
    with nogil:
        for i in range(n):
            pack(table.rows, table.count, memory, out)


cdef struct Pair:
    SamplingPort sampling
    Ring queue
    uint64_t seen
    uint64_t sent


cdef int _writes(void* context, int64_t tick) noexcept nogil:
    cdef Pair* p = <Pair*>context
    cdef Message m
    memset(&m, 0, OCTETS)
    m.words[tick & 7] = <uint64_t>tick
    p.sent += <uint64_t>tick
    sampling_write(&p.sampling, tick, &m)
    return 0


cdef int _reads(void* context, int64_t tick) noexcept nogil:
    cdef Pair* p = <Pair*>context
    cdef Message m
    sampling_read(&p.sampling, tick, &m)
    p.seen += m.words[tick & 7]
    return 0


cdef int _sends(void* context, int64_t tick) noexcept nogil:
    cdef Pair* p = <Pair*>context
    cdef Message m
    memset(&m, 0, OCTETS)
    m.words[tick & 7] = <uint64_t>tick
    p.sent += <uint64_t>tick
    queuing_send(&p.queue, tick, &m, OCTETS)
    return 0


cdef int _receives(void* context, int64_t tick) noexcept nogil:
    cdef Pair* p = <Pair*>context
    cdef Message m
    if queuing_receive(&p.queue, &m, OCTETS):
        p.seen += m.words[tick & 7]
    return 0


cdef class Ports:
    """A sampling and a queuing port of 64-octet messages; bare loops through them, and slots for an executive's table."""

    cdef Pair pair
    cdef readonly Arena arena
    cdef readonly SlotCode writes, reads, sends, receives

    def __init__(self, Arena arena not None):
        self.arena = arena
        self.pair.sampling = sampling_make(arena, "sampling", OCTETS)
        self.pair.queue = ring_make(arena, "queue", 16, OCTETS)
        self.writes = SlotCode.make("writes", _writes, &self.pair, self)
        self.reads = SlotCode.make("reads", _reads, &self.pair, self)
        self.sends = SlotCode.make("sends", _sends, &self.pair, self)
        self.receives = SlotCode.make("receives", _receives, &self.pair, self)

    def sampling(self, int64_t n) -> int:
        """Write and read n messages; the sum of what was read."""
        return _sampling(&self.pair.sampling, n)

    def queuing(self, int64_t n) -> int:
        """Send and receive n messages; the sum of what was received."""
        return _queuing(&self.pair.queue, n)

    @property
    def whole(self) -> bool:
        """Whether what the reading slots saw is what the writing slots wrote."""
        return self.pair.seen == self.pair.sent


def packs(PackTable table not None, bytes memory not None, int64_t n) -> bytes:
    """Pack the same memory n times; the octets of the last."""
    out = bytearray(table.octets)
    _packs(table, memory, <uint8_t*><char*>out, n)
    return bytes(out)


cdef enum:
    INTERRUPTED_NS = 1_000_000     # no slot takes so long: the processor was taken away

cdef struct Stopwatch:
    slot_function function
    void* context
    int64_t calls
    int64_t spent_ns


cdef int _timed(void* context, int64_t tick) noexcept nogil:
    cdef Stopwatch* w = <Stopwatch*>context
    cdef int64_t spent = clock_now_ns()
    cdef int extra = w.function(w.context, tick)
    spent = clock_now_ns() - spent
    if spent < INTERRUPTED_NS:
        w.calls += 1
        w.spent_ns += spent
    return extra


cdef class SlotClock:
    """Times every slot in C of an executive's table, from when it is made; it must outlive the last run.

    Python slots are left alone, as are calls during which the processor was taken away. `cost_ns` is what a stopwatch
    adds to what it measures.
    """

    cdef Executive executive
    cdef Stopwatch watches[192]
    cdef readonly double cost_ns

    def __init__(self, Executive executive not None):
        cdef int i
        self.cost_ns = min(_clock_cost_ns() for _ in range(50))
        self.executive = executive
        memset(self.watches, 0, sizeof(self.watches))
        for i in range(executive.loop.row_count):
            if not executive.loop.rows[i].python:
                self.watches[i].function, self.watches[i].context = executive.loop.rows[i].function, executive.loop.rows[i].context
                executive.loop.rows[i].function, executive.loop.rows[i].context = _timed, &self.watches[i]

    def means(self) -> dict[str, tuple[int, float]]:
        """Of each timed slot that ran: how often, and the mean of a run in nanoseconds."""
        cdef Stopwatch* w
        cdef int i
        found = {}
        for i in range(self.executive.loop.row_count):
            w = &self.watches[i]
            if w.calls:
                found[self.executive.rows[i].name] = w.calls, max(0.0, <double>w.spent_ns / w.calls - self.cost_ns)
        return found


cdef double _clock_cost_ns():
    cdef int64_t begin = clock_now_ns()
    cdef int i
    for i in range(1000):
        clock_now_ns()
    return (clock_now_ns() - begin) / 1e3
