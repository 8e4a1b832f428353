"""Page: the rows of which a vehicle's page is made. A page is a table; `flight.vehicle` builds what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class BusRow:
    """A bus of the vehicle."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Part:
    """A driver or a C application: `made_by` is `module:Class`, `takes` names the parts, buses (`bus.NAME`) and links given to it.

    `links`: it is an application with its own queues, given first. `device`: system watches its reading, under this name in events.
    """

    name: str
    made_by: str
    takes: tuple[str, ...] = ()
    links: bool = False
    device: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PythonPart:
    """A Python slot: `made_by` takes the vehicle's storage; inputs are records, `record` is (name, numpy type) of its own.

    It runs each `period_s` (0: not by time), when `trigger`, a field of kind u4, has moved, and when a command waits.
    """

    name: str
    made_by: str
    latency_s: float
    period_s: float
    inputs: tuple[str, ...]
    record: tuple[str, Any]
    trigger: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlotRow:
    """One line of the schedule: `part.attribute`, run every `divisor` ticks at `phase`; modelled cost and budget in microseconds."""

    slot: str
    divisor: int
    phase: int
    cost_us: float
    budget_us: float
    sheddable: bool = False


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim on the line of the link `queqiao`, the first in priority first; no share is taken from who has nothing to send.

    `claim`: `events`, `real time`, `files`, or `forwarded` for frames of others. `share_percent` of the frames it is sure of, whatever the
    others want. A frame that is not full waits for more packets as long as `patience_frames` frames take, and at most a second.
    """

    claim: str
    share_percent: int
    patience_frames: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One vehicle. `owners` says which application performs the functions [8,1] of each APID; `switches` functions that switch a device."""

    name: str
    frame_budget_us: float
    watchdog_s: float
    boot_s: float
    initial_mode: str
    edges: tuple[tuple[str, str], ...]
    buses: tuple[BusRow, ...]
    parts: tuple[Part | PythonPart, ...]
    schedule: tuple[SlotRow, ...]
    owners: dict[str, str]
    line: tuple[ClaimRow, ...]
    switches: dict[str, str] = field(default_factory=dict)
    flash: bool = False
