"""The on-board clocks' share of a scenario's options: `VEHICLE.clock_offset_s` and `VEHICLE.clock_drift_ppm`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_BOUNDS: Final = {"clock_offset_s": 1e8, "clock_drift_ppm": 1000.0}  # either way


@dataclass(frozen=True, slots=True)
class ClockError:
    """How a free-running clock differs from the world's: ahead of it at tick 0, and faster, parts in 10^9."""

    offset_ns: int = 0
    drift_ppb: int = 0


def split(options: Mapping[str, float], vehicles: Iterable[str]) -> tuple[dict[str, float], dict[str, ClockError]]:
    """The world's options, and each vehicle's clock. Raises ValueError for a value that no clock has."""
    clocks = {name: {"clock_offset_s": 0.0, "clock_drift_ppm": 0.0} for name in vehicles}
    rest = {}
    for name, value in options.items():
        vehicle, _, setting = name.partition(".")
        if vehicle not in clocks or setting not in _BOUNDS:
            rest[name] = value
            continue
        if not abs(value) <= _BOUNDS[setting]:
            raise ValueError(f"{name} = {value:g} is not within {-_BOUNDS[setting]:g} to {_BOUNDS[setting]:g}")
        clocks[vehicle][setting] = value
    found = {name: ClockError(round(c["clock_offset_s"] * 1e9), round(c["clock_drift_ppm"] * 1e3)) for name, c in clocks.items()}
    return rest, found
