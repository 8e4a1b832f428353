"""Supply: the line on which an on-board computer takes its power: on or off."""

from hal.core.arena cimport Arena


cdef class Supply:
    """`symbol` names an octet of `arena` that is 1 while power is drawn. Raises KeyError, or ValueError for anything but an octet."""

    def __init__(self, Arena arena not None, str symbol not None):
        found = arena.symbol(symbol)
        if found.type not in ("|u1", "u1"):
            raise ValueError(f"{symbol} is of type {found.type}, not an octet")
        self.keep, self.on = arena, arena.base + <size_t>found.offset

    @property
    def is_on(self):
        """Whether power is drawn now."""
        return self.on[0] != 0
