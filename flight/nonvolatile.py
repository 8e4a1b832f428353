"""Non-volatile memory of the computers beside their flash: boot counter and crash record, in a file, when `--state` keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flight.durable import replace_json

FIELDS = ("boot_count", "crashes", "crash_tick", "crash_slot")


def _checked(kept: Any) -> dict[str, dict[str, int]]:
    """What a file may hold: whole numbers for every field of each computer. Raises ValueError."""
    rows = list(kept.values()) if isinstance(kept, dict) else [None]
    if not all(isinstance(row, dict) and set(row) == set(FIELDS) and all(type(value) is int for value in row.values()) for row in rows):
        raise ValueError("not the counters of computers")
    return dict(kept)


class NonVolatile:
    """Kept in `DIR/nonvolatile.json`, replaced whole and synced. Starting on it is a reboot: the boot counters go on."""

    def __init__(self, directory: Path) -> None:
        """Raises OSError, or ValueError when the file is not what this writes."""
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / "nonvolatile.json"
        self._kept: dict[str, dict[str, int]] = {}
        if self.path.exists():
            try:
                self._kept = _checked(json.loads(self.path.read_text()))
            except (ValueError, RecursionError) as error:
                raise ValueError(f"{self.path} is not readable: move it away to start with counters at zero") from error
        self._start = {name: dict(row) for name, row in self._kept.items()}

    def restore(self, vehicle: str, computer: Any) -> None:
        """Give a computer what it had when this process started, and count the boot."""
        if vehicle in self._start:
            for key, value in self._start[vehicle].items():
                computer[key] = value + (key == "boot_count")

    def keep(self, computers: Mapping[str, Any]) -> None:
        """Write what has changed; synced when this returns. Counters that have not been restored yet never overwrite those on the disk."""
        now = {name: {key: int(computer[key]) for key in FIELDS} for name, computer in computers.items()}
        if now == self._kept or any(now[name]["boot_count"] <= row["boot_count"] for name, row in self._start.items() if name in now):
            return  # nothing new; or, while a mission is being built or reset, the computers do not have their counters back yet
        replace_json(self.path, now)
        self._kept = now
