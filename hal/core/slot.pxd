"""Slot: a C function and its context, as they cross from the room that wrote them to the executive that runs them."""

from libc.stdint cimport int64_t

# Called once a cycle without the GIL. Returns 0, or a positive number of nanoseconds of extra modelled cost (a busy cycle).
ctypedef int (*slot_function)(void* context, int64_t tick) noexcept nogil


cdef class SlotCode:
    cdef readonly str name
    cdef readonly object owner           # keeps the context alive
    cdef slot_function function
    cdef void* context

    @staticmethod
    cdef SlotCode make(str name, slot_function function, void* context, object owner)
