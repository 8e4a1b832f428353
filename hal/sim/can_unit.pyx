"""SimCanUnit: a simulated device on CAN, as far as it is broken and seeded like the others."""


cdef class SimCanUnit:
    """Talks on the CAN bus of `can`."""

    cdef void wire(self, Arena arena, CanFarEnd can, str name, ValueFault* value, int channels, double full_scale, int64_t sample_ticks,
                   bint moves) except *:
        """Take line and fault points: the same records in the same order for every unit. It measures values of one kind in so many
        channels, one sample in so many ticks."""
        self.name, self.can = name, can
        self.line = LinePoint(arena, name, can.bus, can.bus_line)
        self.value = FaultPoint(arena, name, "value")
        if moves:
            self.part = FaultPoint(arena, name, "physics")
        self.value.value_wiring(value, arena, channels, channels, sample_ticks)
        value.full_scale[0] = full_scale

    @property
    def points(self) -> tuple:
        """Where this device can be broken."""
        return (self.line.point, self.value) if self.part is None else (self.part, self.line.point, self.value)

    def seed(self, unsigned long long seed):
        """Start a run: nothing here is drawn unless a fault is injected."""
