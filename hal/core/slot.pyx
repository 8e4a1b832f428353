"""Slot: a C function and its context, as they cross from the room that wrote them to the executive that runs them."""


cdef class SlotCode:
    """Made by the object that owns the context; opaque to Python, callable by the executive alone."""

    @staticmethod
    cdef SlotCode make(str name, slot_function function, void* context, object owner):
        if function == NULL:
            raise ValueError(f"slot {name!r} has no function")
        cdef SlotCode code = SlotCode.__new__(SlotCode)
        code.name = name
        code.function = function
        code.context = context
        code.owner = owner
        return code

    def call(self, int64_t tick):
        """Run the slot once, outside the executive: for unit tests of one slot."""
        return self.function(self.context, tick)
