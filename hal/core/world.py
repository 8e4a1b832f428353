"""World: what the flight side may know of whatever surrounds it, simulated or real: its slots, its truth for benches, its faults."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.slot import SlotCode


@dataclass(frozen=True, slots=True)
class WorldSlot:
    """One row of the world's part of the slot table: run every `divisor` ticks at `phase`."""

    code: SlotCode
    divisor: int = 1
    phase: int = 0


class World(ABC):
    """A world that the executive steps and the bench door asks. Flight sees only this; it never sees truth."""

    arena: Arena

    @abstractmethod
    def connect(self, buses: Mapping[str, Bus]) -> None:
        """Take the far side of every bus of every vehicle. Called once, before `slots`."""

    @abstractmethod
    def slots(self) -> Sequence[WorldSlot]:
        """The world's slots, in the order in which they run, before those of any computer."""

    @abstractmethod
    def initialise(self, scenario: str, seed: int, options: Mapping[str, float]) -> None:
        """Set every record to the start of a scenario. Called at every reset; the arena has been cleared to its built state."""

    @abstractmethod
    def uploaded_state(self) -> Mapping[str, float]:
        """What the ground has told the lander before the scenario's start: the navigation state vector, with its errors."""

    @abstractmethod
    def truth(self) -> dict[str, Any]:
        """The state that no on-board computer can read, for test benches: plain numbers and lists, SI units."""

    @abstractmethod
    def truth_symbol(self, name: str) -> str:
        """The symbol of the world's arena behind a truth name (`lander.altitude_m`). Raises KeyError."""

    @abstractmethod
    def inject(self, device: str, kind: str, parameters: Mapping[str, float], tick: int) -> None:
        """Start a fault now. Raises ValueError with the reason when device, kind or parameters are not supported."""

    @abstractmethod
    def clear(self, device: str, kind: str | None, tick: int) -> None:
        """End one fault of a device, or all of them."""

    @abstractmethod
    def faults(self) -> Sequence[Mapping[str, Any]]:
        """The matrix of device, depth and kind: supported or refused, with the reason, and the parameters."""
