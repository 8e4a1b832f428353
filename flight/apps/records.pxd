"""Records of other owners in the same arena, found by name when an application is built."""

from hal.core.arena cimport Arena


cdef inline void* record_of(Arena arena, str name, size_t size) except NULL:
    """The memory of a record. Raises KeyError when nobody has taken it yet, ValueError when it is another struct's size."""
    record = arena.records[name]
    if record.size != size:
        raise ValueError(f"record {name!r} of arena {arena.name} has {record.size} octets, not {size}")
    return arena.base + <size_t>record.offset
