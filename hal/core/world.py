"""World: what the flight side may know of whatever surrounds it, simulated or real: its slots, its truth for benches, its faults."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.ranges import RangeRecord
from hal.core.slot import SlotCode
from hal.core.supply import Supply


@dataclass(frozen=True, slots=True)
class WorldSlot:
    """One row of the world's part of the slot table: run every `divisor` ticks at `phase`."""

    code: SlotCode
    divisor: int = 1
    phase: int = 0


class WorldApplication(Protocol):
    """Slow work of the world, in Python: a picture, say. All state that steps carry over is in `freeze`/`thaw`."""

    def step(self, tick: int, inputs: dict[str, Any]) -> bytes:
        """The octets of its own record, whole; `inputs` are copies of records as of `tick`, and stay valid for one step only."""
        ...

    def freeze(self) -> bytes: ...
    def thaw(self, octets: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class WorldPythonSlot:
    """A slot of the world that runs in Python: latched when `trigger`, a field of kind u4 in the world's arena, has moved; what it gives is
    copied into record `record` after `latency_s`, in real time possibly later (logged, and replayed so)."""

    name: str
    application: WorldApplication
    latency_s: float
    trigger: str
    inputs: tuple[str, ...]
    record: str


class World(ABC):
    """A world that the executive steps and the bench door asks. Flight sees only this; it never sees truth."""

    arena: Arena
    ranges: RangeRecord | None = None  # how far light has to go; None in a world without distances

    @abstractmethod
    def connect(self, buses: Mapping[str, Bus]) -> None:
        """Take the far side of every bus of every vehicle. Called once, before `slots`."""

    def feed(self, supplies: Mapping[str, Supply]) -> None:  # noqa: B027  a world may not care
        """Take the lines on which the computers draw power, by vehicle. Called once, before `slots`; a world may not care."""

    @abstractmethod
    def slots(self) -> Sequence[WorldSlot]:
        """The world's slots, in the order in which they run, before those of any computer."""

    def python_slots(self) -> Sequence[WorldPythonSlot]:
        """The world's slots in Python; they run after the others. Their records have been taken in `arena`."""
        return ()

    def save_outside(self) -> bytes:
        """Whatever is state and lies in no arena (a record there holds its running hash, so that a digest covers it)."""
        return b""

    def load_outside(self, octets: bytes) -> None:  # noqa: B027  a world may have nothing there
        """Put back what `save_outside` gave; the arena has been loaded already, and caches that follow from it are to be forgotten."""

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
