"""Packer: executes the rows of a layout without the GIL, from records to the wire and back, big-endian."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef enum:                           # the types of wire.layout.CODES, on both sides
    CODE_CONSTANT = 0                # source only: the value stands in the row
    CODE_U8 = 1
    CODE_U16 = 2
    CODE_U32 = 3
    CODE_U64 = 4
    CODE_I8 = 5
    CODE_I16 = 6
    CODE_I32 = 7
    CODE_I64 = 8
    CODE_F32 = 9
    CODE_F64 = 10

cdef struct PackRow:
    uint64_t source                  # offset in the record's memory, or the value of a constant
    uint32_t wire                    # offset on the wire
    uint32_t count                   # neighbours of the same types on both sides
    uint8_t source_type
    uint8_t wire_type
    uint8_t pad[6]

# Integers saturate at the limits of the receiving type, floats are rounded to the nearest integer (ties to even), NaN becomes integer 0.
# Between floats NaN and infinities are preserved; a double beyond single precision becomes an infinity.
cdef void pack(const PackRow* rows, size_t n, const char* base, uint8_t* out) noexcept nogil
cdef int unpack(const PackRow* rows, size_t n, const uint8_t* octets, char* base) noexcept nogil   # 0, or 1 + the row whose constant differs
cdef double pack_value(const PackRow* row, const char* base) noexcept nogil        # the (first) on-board value of a row, as a double
cdef void pack_assign(const PackRow* row, char* base, double value) noexcept nogil # write the (first) on-board value of a row
cdef double wire_value(int wire_type, const uint8_t* octets) noexcept nogil        # one big-endian value, as a double
cdef void wire_assign(int wire_type, uint8_t* octets, double value) noexcept nogil # one big-endian value, from a double


cdef class PackTable:
    cdef PackRow* rows
    cdef readonly size_t count       # rows: neighbours are merged, so there may be fewer than in the layout
    cdef readonly size_t octets      # on the wire
    cdef readonly size_t extent      # octets that the source memory must have

    cdef bint _merged(self, PackRow new) noexcept       # whether the row before took this one in
