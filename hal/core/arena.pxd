"""Arena: the flat, typed, page-aligned memory that holds all mutable state of one computer, or of the world."""

from libc.stdint cimport uint8_t


cdef class Arena:
    cdef readonly str name
    cdef readonly size_t capacity        # octets reserved, whole pages
    cdef readonly size_t used            # octets taken, from the base
    cdef readonly dict records           # name -> Record
    cdef uint8_t* base
    cdef object __weakref__

    cdef void* take(self, str name, size_t size) except NULL     # a zeroed block, 64-octet aligned; taken once, never given back
    cdef object bind(self, str name, object view)                # the record's numpy view: gives the symbol table its names, types, offsets
