"""Record log: what the loop takes in from outside, handed to the recorder without the GIL. Not state: it lies outside every arena."""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from hal.core.ring cimport RING_ACQUIRE, RING_RELEASE


cdef bint record_room(RecordRing* r, uint32_t length) noexcept nogil:
    return not r.enabled or r.head - RING_ACQUIRE(&r.tail) + sizeof(RecordHeader) + length <= r.capacity


cdef void _copy_in(RecordRing* r, uint64_t at, const uint8_t* data, uint64_t length) noexcept nogil:
    cdef uint64_t start = at & (r.capacity - 1), first = r.capacity - start
    if first > length:
        first = length
    memcpy(r.octets + start, data, first)
    memcpy(r.octets, data + first, length - first)


cdef bint record_put(RecordRing* r, int64_t tick, uint32_t kind, const void* data, uint32_t length) noexcept nogil:
    """Append an entry; False when the reader is too far behind. The caller asks `record_room` first where nothing may be lost."""
    cdef RecordHeader header
    if not r.enabled:
        return True
    if not record_room(r, length):
        return False
    header.tick, header.kind, header.length = tick, kind, length
    _copy_in(r, r.head, <const uint8_t*>&header, sizeof(RecordHeader))
    _copy_in(r, r.head + sizeof(RecordHeader), <const uint8_t*>data, length)
    RING_RELEASE(&r.head, r.head + sizeof(RecordHeader) + length)
    return True


cdef class RecordLog:
    """A byte ring from the loop to whoever records; one reader."""

    def __cinit__(self, uint64_t capacity=1 << 22):
        if capacity & (capacity - 1):
            raise ValueError("the capacity must be a power of two")
        self.ring.octets = <uint8_t*>malloc(capacity)
        if self.ring.octets == NULL:
            raise MemoryError("record log")
        self.ring.capacity = capacity
        self.ring.head = self.ring.tail = 0
        self.ring.enabled = 0

    def __dealloc__(self):
        free(self.ring.octets)

    @property
    def enabled(self) -> bool:
        """Whether entries are kept; off, the loop pays a test and no more."""
        return bool(self.ring.enabled)

    @enabled.setter
    def enabled(self, bint value):
        self.ring.enabled = value

    cdef bytes _copy_out(self, uint64_t at, uint64_t length):
        cdef uint64_t start = at & (self.ring.capacity - 1), first = self.ring.capacity - start
        if first > length:
            first = length
        return (<char*>self.ring.octets)[start:start + first] + (<char*>self.ring.octets)[:length - first]

    def drain(self):
        """Take every entry: a list of (tick, kind, octets)."""
        cdef uint64_t head = RING_ACQUIRE(&self.ring.head), tail = self.ring.tail
        cdef RecordHeader header
        cdef bytes raw
        entries = []
        while tail < head:
            raw = self._copy_out(tail, sizeof(RecordHeader))
            memcpy(&header, <const char*>raw, sizeof(RecordHeader))
            entries.append((header.tick, header.kind, self._copy_out(tail + sizeof(RecordHeader), header.length)))
            tail += sizeof(RecordHeader) + header.length
            RING_RELEASE(&self.ring.tail, tail)
        return entries
