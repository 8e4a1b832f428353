# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, wraparound=False
"""Packer: executes the rows of a layout without the GIL, from records to the wire and back, big-endian.

Raw pointers inside, checked at the Python border: `PackTable` knows how many octets either side must have.
"""

from libc.math cimport isnan, rint
from libc.stdint cimport INT64_MAX, INT64_MIN, UINT64_MAX, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

import numpy as np

from wire.layout import CODES

cdef uint8_t SIZES[11]
cdef int64_t LOW[11]
cdef uint64_t HIGH[11]
SIZES[:] = [8, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8]
LOW[:] = [0, 0, 0, 0, 0, -0x80, -0x8000, -0x80000000, INT64_MIN, 0, 0]
HIGH[:] = [UINT64_MAX, 0xFF, 0xFFFF, 0xFFFFFFFF, UINT64_MAX, 0x7F, 0x7FFF, 0x7FFFFFFF, INT64_MAX, 0, 0]


cdef enum Form:                      # how a value is held between the two sides
    SIGNED = 0
    UNSIGNED = 1
    REAL = 2


cdef struct Value:
    Form form
    int64_t i                        # SIGNED
    uint64_t u                       # UNSIGNED
    double f                         # REAL


cdef extern from *:
    """
    #if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    #define WIRE_ORDER_16(x) __builtin_bswap16(x)
    #define WIRE_ORDER_32(x) __builtin_bswap32(x)
    #define WIRE_ORDER_64(x) __builtin_bswap64(x)
    #else
    #define WIRE_ORDER_16(x) (x)
    #define WIRE_ORDER_32(x) (x)
    #define WIRE_ORDER_64(x) (x)
    #endif
    """
    uint16_t WIRE_ORDER_16(uint16_t x) noexcept nogil        # between this machine's order and that of the wire
    uint32_t WIRE_ORDER_32(uint32_t x) noexcept nogil
    uint64_t WIRE_ORDER_64(uint64_t x) noexcept nogil


cdef inline uint64_t native(const char* at, int size) noexcept nogil:
    """The bits of a value in memory, in this machine's order."""
    cdef uint16_t half
    cdef uint32_t word
    cdef uint64_t bits
    if size == 8:
        memcpy(&bits, at, 8)
        return bits
    if size == 4:
        memcpy(&word, at, 4)
        return word
    if size == 2:
        memcpy(&half, at, 2)
        return half
    return <uint8_t>at[0]


cdef inline void to_native(uint64_t bits, int size, char* at) noexcept nogil:
    cdef uint16_t half = <uint16_t>bits
    cdef uint32_t word = <uint32_t>bits
    if size == 8:
        memcpy(at, &bits, 8)
    elif size == 4:
        memcpy(at, &word, 4)
    elif size == 2:
        memcpy(at, &half, 2)
    else:
        at[0] = <char><uint8_t>bits


cdef inline uint64_t big_endian(const uint8_t* octets, int size) noexcept nogil:
    """The bits of a value on the wire."""
    cdef uint64_t bits = native(<const char*>octets, size)
    if size == 8:
        return WIRE_ORDER_64(bits)
    if size == 4:
        return WIRE_ORDER_32(<uint32_t>bits)
    return WIRE_ORDER_16(<uint16_t>bits) if size == 2 else bits


cdef inline void to_big_endian(uint64_t bits, int size, uint8_t* octets) noexcept nogil:
    if size == 8:
        bits = WIRE_ORDER_64(bits)
    elif size == 4:
        bits = WIRE_ORDER_32(<uint32_t>bits)
    elif size == 2:
        bits = WIRE_ORDER_16(<uint16_t>bits)
    to_native(bits, size, <char*>octets)


cdef inline Value interpret(int code, uint64_t bits) noexcept nogil:
    """The value of a bit pattern of type `code`, in the low bits."""
    cdef Value v
    cdef uint32_t word
    cdef float single
    v.form, v.i, v.u, v.f = SIGNED, 0, 0, 0.0
    if code == CODE_F64:
        v.form = REAL
        memcpy(&v.f, &bits, 8)
    elif code == CODE_F32:
        v.form = REAL
        word = <uint32_t>bits
        memcpy(&single, &word, 4)
        v.f = single
    elif code == CODE_I8:
        v.i = <int8_t>bits
    elif code == CODE_I16:
        v.i = <int16_t>bits
    elif code == CODE_I32:
        v.i = <int32_t>bits
    elif code == CODE_I64:
        v.i = <int64_t>bits
    else:
        v.form, v.u = UNSIGNED, bits
    return v


cdef inline double as_double(Value v) noexcept nogil:
    return v.f if v.form == REAL else <double>v.i if v.form == SIGNED else <double>v.u


cdef inline uint64_t saturated(int code, Value v) noexcept nogil:
    """The bit pattern of a value in an integer type, held within its limits; NaN gives 0."""
    cdef double x
    if v.form == REAL:
        if isnan(v.f):
            return 0
        x = rint(v.f)
        if x <= <double>LOW[code]:
            return <uint64_t>LOW[code]
        if x >= <double>HIGH[code]:          # 2^63 and 2^64 are exact as doubles, one more than the limit
            return HIGH[code]
        return <uint64_t>x if x >= 0 else <uint64_t><int64_t>x
    if v.form == SIGNED:
        if v.i < LOW[code]:
            return <uint64_t>LOW[code]
        return HIGH[code] if v.i > 0 and <uint64_t>v.i > HIGH[code] else <uint64_t>v.i
    return HIGH[code] if v.u > HIGH[code] else v.u


cdef inline uint64_t represent(int code, Value v) noexcept nogil:
    """The bit pattern of a value in type `code`."""
    cdef uint64_t bits = 0
    cdef uint32_t word
    cdef float single
    cdef double x
    if code == CODE_F64:
        x = as_double(v)
        memcpy(&bits, &x, 8)
        return bits
    if code == CODE_F32:
        single = <float>v.f if v.form == REAL else <float>v.i if v.form == SIGNED else <float>v.u
        memcpy(&word, &single, 4)
        return word
    return saturated(code, v)


cdef inline void copy_run(const char* at, uint8_t* octets, uint32_t count, int size) noexcept nogil:
    """Values of one type on both sides: only the order of octets changes. Each size has its own loop: most telemetry passes here."""
    cdef uint32_t k
    if size == 1:
        memcpy(octets, at, count)
    elif size == 2:
        for k in range(count):
            to_big_endian(native(at + 2 * k, 2), 2, octets + 2 * k)
    elif size == 4:
        for k in range(count):
            to_big_endian(native(at + 4 * k, 4), 4, octets + 4 * k)
    else:
        for k in range(count):
            to_big_endian(native(at + 8 * k, 8), 8, octets + 8 * k)


cdef inline void narrow_run(const char* at, uint8_t* octets, uint32_t count) noexcept nogil:
    """Doubles on board, single precision on the wire: the other common case."""
    cdef uint32_t k, word
    cdef double value
    cdef float single
    for k in range(count):
        memcpy(&value, at + 8 * k, 8)
        single = <float>value
        memcpy(&word, &single, 4)
        to_big_endian(word, 4, octets + 4 * k)


cdef void pack(const PackRow* rows, size_t n, const char* base, uint8_t* out) noexcept nogil:
    cdef size_t r
    cdef uint32_t k
    cdef int source, wire, source_size, wire_size
    cdef const char* at
    cdef uint8_t* octets
    for r in range(n):
        source, wire = rows[r].source_type, rows[r].wire_type
        octets = out + rows[r].wire
        if source == CODE_CONSTANT:
            to_big_endian(rows[r].source, SIZES[wire], octets)
            continue
        at = base + rows[r].source
        if source == wire:
            copy_run(at, octets, rows[r].count, SIZES[wire])
        elif source == CODE_F64 and wire == CODE_F32:
            narrow_run(at, octets, rows[r].count)
        else:
            source_size, wire_size = SIZES[source], SIZES[wire]
            for k in range(rows[r].count):
                to_big_endian(represent(wire, interpret(source, native(at, source_size))), wire_size, octets)
                at += source_size
                octets += wire_size


cdef int unpack(const PackRow* rows, size_t n, const uint8_t* octets, char* base) noexcept nogil:
    cdef size_t r
    cdef uint32_t k
    cdef int source, wire, source_size, wire_size
    cdef const uint8_t* at
    cdef char* to
    cdef uint64_t bits
    for r in range(n):
        if rows[r].source_type == CODE_CONSTANT and big_endian(octets + rows[r].wire, SIZES[rows[r].wire_type]) != rows[r].source:
            return <int>r + 1
    for r in range(n):
        source, wire = rows[r].source_type, rows[r].wire_type
        if source == CODE_CONSTANT:
            continue
        source_size, wire_size = SIZES[source], SIZES[wire]
        at = octets + rows[r].wire
        to = base + rows[r].source
        for k in range(rows[r].count):
            bits = big_endian(at, wire_size)
            to_native(bits if source == wire else represent(source, interpret(wire, bits)), source_size, to)
            at += wire_size
            to += source_size
    return 0


cdef double pack_value(const PackRow* row, const char* base) noexcept nogil:
    if row.source_type == CODE_CONSTANT:
        return <double>row.source
    return as_double(interpret(row.source_type, native(base + row.source, SIZES[row.source_type])))


cdef void pack_assign(const PackRow* row, char* base, double value) noexcept nogil:
    cdef Value v
    v.form, v.i, v.u, v.f = REAL, 0, 0, value
    if row.source_type != CODE_CONSTANT:
        to_native(represent(row.source_type, v), SIZES[row.source_type], base + row.source)


cdef double wire_value(int wire_type, const uint8_t* octets) noexcept nogil:
    return as_double(interpret(wire_type, big_endian(octets, SIZES[wire_type])))


cdef void wire_assign(int wire_type, uint8_t* octets, double value) noexcept nogil:
    cdef Value v
    v.form, v.i, v.u, v.f = REAL, 0, 0, value
    to_big_endian(represent(wire_type, v), SIZES[wire_type], octets)


cdef int source_code(str name, str type_name) except -1:
    """The code of a numpy type string of this machine's byte order ('f8', '<u2', 'b1'). Raises ValueError."""
    kind = np.dtype(type_name)
    key = {"b": "u"}.get(kind.kind, kind.kind) + str(8 * kind.itemsize)
    if key not in CODES or not kind.isnative:
        raise ValueError(f"{name}: cannot pack from type {type_name!r}")
    return CODES[key]


cdef class PackTable:
    """The C rows of a layout, bound to where the values lie in some memory.

    `rows` is a layout; `sources` gives (offset in octets, numpy type string) for each name in it that is not constant.
    With `merge` neighbours of equal types become one row; without it row i is layout row i. Raises KeyError for a name without a source.
    """

    def __cinit__(self, rows, sources, bint merge=True):
        rows = tuple(rows)
        self.rows = <PackRow*>calloc(len(rows) if rows else 1, sizeof(PackRow))
        if self.rows == NULL:
            raise MemoryError("no room for a pack table")
        cdef PackRow new
        for row in rows:
            new.wire, new.wire_type, new.count = row.offset, CODES[row.kind], 1
            new.pad[0] = new.pad[1] = new.pad[2] = new.pad[3] = new.pad[4] = new.pad[5] = 0
            if row.constant is not None:
                new.source, new.source_type = row.constant, CODE_CONSTANT
            elif row.name not in sources:
                raise KeyError(f"no source for {row.name!r}")
            else:
                offset, type_name = sources[row.name]
                if offset < 0:
                    raise ValueError(f"{row.name}: offset {offset}")
                new.source, new.source_type = offset, source_code(row.name, type_name)
                self.extent = max(self.extent, new.source + SIZES[new.source_type])
            self.octets = max(self.octets, new.wire + SIZES[new.wire_type])
            if not (merge and self._merged(new)):
                self.rows[self.count] = new
                self.count += 1

    def __dealloc__(self):
        free(self.rows)

    cdef bint _merged(self, PackRow new) noexcept:
        """Whether the row before could take this one in."""
        if self.count == 0 or new.source_type == CODE_CONSTANT:
            return False
        cdef PackRow* last = &self.rows[self.count - 1]
        if last.source_type != new.source_type or last.wire_type != new.wire_type:
            return False
        if last.source + last.count * SIZES[last.source_type] != new.source or last.wire + last.count * SIZES[last.wire_type] != new.wire:
            return False
        last.count += 1
        return True

    def pack(self, const uint8_t[::1] memory not None):
        """The octets of the wire, read from `memory`. Raises ValueError when that is too small. Padding octets are zero."""
        if <size_t>memory.shape[0] < self.extent:
            raise ValueError(f"the memory has {memory.shape[0]} octets, the table reaches {self.extent}")
        out = bytearray(self.octets)
        cdef uint8_t[::1] octets = out
        if self.octets:
            pack(self.rows, self.count, <const char*>&memory[0] if self.extent else NULL, &octets[0])
        return bytes(out)

    def unpack(self, const uint8_t[::1] octets not None, uint8_t[::1] memory not None):
        """Write values from the wire into `memory`. Raises ValueError when either has another size, or a constant differs."""
        if <size_t>octets.shape[0] != self.octets:
            raise ValueError(f"{octets.shape[0]} octets came, the layout has {self.octets}")
        if <size_t>memory.shape[0] < self.extent:
            raise ValueError(f"the memory has {memory.shape[0]} octets, the table reaches {self.extent}")
        if self.octets and unpack(self.rows, self.count, &octets[0], <char*>&memory[0] if self.extent else NULL):
            raise ValueError("a constant of the layout has another value")

    def value(self, size_t row, const uint8_t[::1] memory not None):
        """The (first) on-board value of a row, as a float."""
        if row >= self.count or <size_t>memory.shape[0] < self.extent:
            raise IndexError(f"row {row} of {self.count}, memory of {memory.shape[0]} octets")
        return pack_value(&self.rows[row], <const char*>&memory[0])

    def assign(self, size_t row, uint8_t[::1] memory not None, double value):
        """Write the (first) on-board value of a row, converted as when unpacking."""
        if row >= self.count or <size_t>memory.shape[0] < self.extent:
            raise IndexError(f"row {row} of {self.count}, memory of {memory.shape[0]} octets")
        pack_assign(&self.rows[row], <char*>&memory[0], value)
