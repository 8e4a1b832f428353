"""Arena: the flat, typed, page-aligned memory that holds all mutable state of one computer, or of the world.

Records are taken once, while the vehicle is built, and never given back; they hold indices and offsets, never pointers,
so that the octets of an arena mean the same in another process. The symbol table is read off the C structs themselves.
"""

from libc.string cimport memcpy, memset

import re
from dataclasses import dataclass

import numpy as np

cdef extern from "<sys/mman.h>" nogil:
    void* mmap(void* address, size_t length, int protection, int flags, int fd, long offset)
    int munmap(void* address, size_t length)
    int mprotect(void* address, size_t length, int protection)
    int PROT_NONE
    int PROT_READ
    int PROT_WRITE
    int MAP_PRIVATE
    int MAP_ANON
    void* MAP_FAILED

cdef size_t PAGE = 16384          # a multiple of the page size of every machine we build on
cdef size_t ALIGNMENT = 64        # a cache line

# The unit of a field is the end of its name, in the order in which they must be tried.
UNITS = [
    ("_rad_s2", "rad/s2"), ("_rad_s", "rad/s"), ("_m_s2", "m/s2"), ("_m_s", "m/s"), ("_kg_s", "kg/s"), ("_kg_m2", "kg.m2"),
    ("_n_m", "N.m"), ("_n_s", "N.s"), ("_rad", "rad"), ("_m", "m"), ("_kg", "kg"), ("_n", "N"), ("_us", "us"), ("_ns", "ns"), ("_ms", "ms"),
    ("_s", "s"), ("_k", "K"), ("_v", "V"), ("_a", "A"), ("_w", "W"), ("_pa", "Pa"), ("_hz", "Hz"), ("_ticks", "tick"), ("_tick", "tick"),
    ("tick", "tick"), ("_octets", "octet"),
]


def unit_of(field: str) -> str:
    """The unit that a field's name declares, or an empty string."""
    leaf = re.sub(r"\[\d+\]$", "", field).rsplit(".", 1)[-1]
    return next((unit for suffix, unit in UNITS if leaf.endswith(suffix)), "")


@dataclass(frozen=True, slots=True)
class Record:
    """One C struct, or a run of octets, in an arena."""

    name: str
    offset: int
    size: int
    view: np.ndarray | None


@dataclass(frozen=True, slots=True)
class Symbol:
    """One scalar in an arena: `record.field`, `record.field[i]` or `record.struct.field`."""

    name: str
    offset: int
    type: str
    unit: str


cdef class Arena:
    """All mutable state of one computer or of the world, as octets. Raises MemoryError when its capacity is exceeded."""

    def __cinit__(self, str name not None, size_t capacity=1 << 18):
        self.name = name
        self.capacity = (capacity + PAGE - 1) // PAGE * PAGE
        self.records = {}
        self.used = 0
        cdef void* block = mmap(NULL, self.capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        if block == MAP_FAILED:
            self.base = NULL
            raise MemoryError(f"cannot reserve {self.capacity} octets for arena {name}")
        self.base = <uint8_t*>block
        memset(self.base, 0, self.capacity)       # every page is touched here, so that none faults in the loop

    def __dealloc__(self):
        if self.base != NULL:
            munmap(self.base, self.capacity)

    cdef void* take(self, str name, size_t size) except NULL:
        if name in self.records:
            raise ValueError(f"arena {self.name} already holds a record {name!r}")
        cdef size_t offset = (self.used + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
        if size == 0 or offset + size > self.capacity:
            raise MemoryError(f"arena {self.name}: no room for {size} octets of {name!r} ({self.used} of {self.capacity} used)")
        self.used = offset + size
        self.records[name] = Record(name, offset, size, None)
        return self.base + offset

    cdef object bind(self, str name, object view):
        record = self.records[name]
        if view.nbytes != record.size:
            raise ValueError(f"record {name!r} has {record.size} octets, its view {view.nbytes}")
        self.records[name] = Record(name, record.offset, record.size, view)
        return view

    def octets(self, str name not None, size_t size):
        """Take a plain run of octets, as a numpy view of the memory."""
        cdef uint8_t* block = <uint8_t*>self.take(name, size)
        cdef uint8_t[::1] view = <uint8_t[:size]>block
        return self.bind(name, np.asarray(view))

    def record(self, str name not None, dtype):
        """Take a record described by a numpy structured type: for applications in Python. Returns its one element, a live view."""
        kind = np.dtype(dtype)
        cdef size_t size = kind.itemsize
        cdef uint8_t* block = <uint8_t*>self.take(name, size)
        cdef uint8_t[::1] octets = <uint8_t[:size]>block
        return self.bind(name, np.asarray(octets).view(kind))[0]

    def view(self, str name not None):
        """The live numpy view of a record (one structured element), for slower code and tests."""
        view = self.records[name].view
        return view[0] if view.dtype.fields else view

    def memory(self):
        """The octets in use, as a writable buffer on the arena itself."""
        cdef size_t length = self.used
        cdef uint8_t[::1] view = <uint8_t[:length]>self.base
        return np.asarray(view)

    def save(self) -> bytes:
        """A copy of the octets in use."""
        return self.base[:self.used]

    def load(self, const uint8_t[::1] octets not None):
        """Put saved octets back. Raises ValueError when the length is not that of this arena."""
        if <size_t>octets.shape[0] != self.used:
            raise ValueError(f"arena {self.name} holds {self.used} octets, not {octets.shape[0]}: other tables, or another build")
        memcpy(self.base, &octets[0], self.used)

    def clear(self):
        """Zero every record."""
        memset(self.base, 0, self.used)

    def deny_access(self, bint denied):
        """Make the memory inaccessible to everybody, or accessible again: for the test that nobody reads what it must not."""
        if mprotect(self.base, self.capacity, PROT_NONE if denied else PROT_READ | PROT_WRITE) != 0:
            raise OSError(f"mprotect refused for arena {self.name}")

    @property
    def address(self) -> int:
        """Where the arena lies in this process."""
        return <size_t>self.base

    def symbols(self):
        """Every scalar of every bound record, in the order of memory."""
        for record in self.records.values():
            if record.view is not None and record.view.dtype.fields:
                yield from _scalars(record.view.dtype, record.name, record.offset)

    def symbol(self, str name not None):
        """The symbol of that name. Raises KeyError."""
        parts = name.split(".")
        for cut in range(len(parts) - 1, 0, -1):        # a record's own name may have dots: the longest one wins
            record = self.records.get(".".join(parts[:cut]))
            if record is None or record.view is None or not record.view.dtype.fields:
                continue
            for symbol in _scalars(record.view.dtype, record.name, record.offset):
                if symbol.name == name:
                    return symbol
        raise KeyError(f"arena {self.name} has no symbol {name!r}")


def _scalars(dtype, name, offset):
    if dtype.fields:
        for field, (kind, at, *_) in dtype.fields.items():
            yield from _scalars(kind, f"{name}.{field}", offset + at)
    elif dtype.subdtype:
        base, shape = dtype.subdtype
        for i in range(int(np.prod(shape))):
            yield from _scalars(base, f"{name}[{i}]", offset + i * base.itemsize)
    else:
        yield Symbol(name, offset, dtype.str[1:], unit_of(name))
