"""Record log: what the loop takes in from outside, handed to the recorder without the GIL. Not state: it lies outside every arena."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cpdef enum:
    LOG_UPLINK = 1              # payload: source u32, octets
    LOG_CHARGES = 2             # payload: measured nanoseconds u32 of each slot run in the tick, in order
    LOG_LATE = 3                # payload: Python slot index, tick in which it latched, tick in which it published or -1: not when due; all i64

cdef struct RecordHeader:
    int64_t tick
    uint32_t kind
    uint32_t length

cdef struct RecordRing:
    uint8_t* octets
    uint64_t capacity           # a power of two
    uint64_t head
    uint64_t tail
    uint32_t enabled


cdef bint record_room(RecordRing* r, uint32_t length) noexcept nogil
cdef bint record_put(RecordRing* r, int64_t tick, uint32_t kind, const void* data, uint32_t length) noexcept nogil


cdef class RecordLog:
    cdef RecordRing ring

    cdef bytes _copy_out(self, uint64_t at, uint64_t length)
