"""Builder: what every group of simulated devices is built with, and where it puts what must run, be seeded or be broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.slot import SlotCode
from hal.core.world import WorldPythonSlot, WorldSlot
from hal.sim.fault_board import FaultBoard
from hal.sim.faults import FaultPoint


class Seeded(Protocol):
    """What a run starts with a seed."""

    def seed(self, seed: int) -> None: ...


class Builder:
    """`parts` are models of the world that devices ask, by name: `terrain`. `classes` gives each device its class of the fault table.

    A group is a function `build(builder)` in a module of its own (`hal/sim/build_GROUP.py`) with its rows of `FAULTABLE`; it builds
    the devices whose buses are given, appends their slots to `actuators` (run before physics) or `sensors` (after it), and what
    draws to `seeded`. The order of the groups is that of the slots.
    """

    def __init__(
        self,
        arena: Arena,
        buses: Mapping[str, Bus],
        tick_s: float,
        classes: Mapping[str, str],
        outside: Mapping[str, Bus] | None = None,
        parts: Mapping[str, Any] | None = None,
    ) -> None:
        self.arena, self.buses, self.tick_s = arena, buses, tick_s
        self.outside: Mapping[str, Bus] = outside or {}
        self.parts: Mapping[str, Any] = parts or {}
        self.board = FaultBoard(tick_s)
        self.actuators: list[WorldSlot] = []
        self.sensors: list[WorldSlot] = []
        self.python_slots: list[WorldPythonSlot] = []
        self.seeded: list[Seeded] = [self.board]
        self._classes = classes

    def broken_at(self, device: str, **points: Sequence[FaultPoint]) -> None:
        """Put a device on the fault board: its points by depth."""
        self.board.add(device, self._classes[device], points)

    def actuator(self, slot: SlotCode, divisor: int = 1, phase: int = 0) -> None:
        """A slot that runs before physics."""
        self.actuators.append(WorldSlot(slot, divisor, phase))

    def sensor(self, device: Any, *, vehicle: str, name: str, seeded: bool = True) -> None:
        """A sensor on a bus of its own: its slot, its stream, its points and those of its bus."""
        self.sensors.append(WorldSlot(device.slot))
        self.broken_at(f"{vehicle}.{name}", bytes=[device.line.point], value=[device.value])
        self.broken_at(f"{vehicle}.bus.{name}", bytes=[device.bus_line.point])
        if seeded:
            self.seeded.append(device)
