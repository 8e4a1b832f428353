"""What can be set of the space link's channel, each way: names, defaults, ranges, and how a command line says them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SIDES: Final = ("up", "down")
CLEAR: Final = "clear"  # the word for a channel that does nothing yet

# Lowest and highest value of each; the default is 0, but for calm_bits.
BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "ber": (0.0, 0.5),  # bit error rate outside bursts
    "burst_ber": (0.0, 0.5),  # bit error rate within a burst
    "burst_bits": (0.0, 1e12),  # mean length of a burst; 0: there are none
    "calm_bits": (1.0, 1e15),  # mean distance from the end of a burst to the next
    "loss": (0.0, 1.0),  # chance of a frame to be lost
    "duplicate": (0.0, 1.0),  # ... to come twice
    "reorder": (0.0, 1.0),  # ... to be held back, so that later ones overtake it
    "reorder_s": (0.0, 3600.0),  # for so long
    "delay_s": (0.0, 3600.0),  # of every frame, besides what the link takes
    "outage_s": (0.0, 1e7),  # length of an outage; 0: there are none
    "outage_every_s": (0.0, 1e7),  # from the beginning of one to that of the next; 0: there is one
    "outage_from_s": (0.0, 1e7),  # when the first begins, from the moment this is set
}
_DEFAULTS: Final = dict.fromkeys(BOUNDS, 0.0) | {"calm_bits": 1e6, "reorder_s": 0.1}


def checked(settings: Mapping[str, float]) -> dict[str, float]:
    """All settings of one direction. Raises ValueError for one that does not exist, is out of its range, or cannot go with another."""
    full = dict(_DEFAULTS)
    for name, value in settings.items():
        if name not in BOUNDS:
            raise ValueError(f"a channel has no setting {name!r}; there are {', '.join(BOUNDS)}")
        low, high = BOUNDS[name]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or not low <= value <= high:
            raise ValueError(f"channel: {name} = {value!r} is not a number from {low:g} to {high:g}")
        full[name] = float(value)
    if full["burst_bits"] and full["burst_bits"] < 1.0:
        raise ValueError(f"channel: a burst of {full['burst_bits']:g} bits on the average is none; give 1 or more")
    if full["outage_every_s"] and full["outage_every_s"] < full["outage_s"]:
        raise ValueError(f"channel: outages of {full['outage_s']:g} s cannot begin every {full['outage_every_s']:g} s")
    return full


def parse(text: str) -> dict[str, dict[str, float]]:
    """`FILE`, `clear`, or `key=value,...` with keys like `ber` (both ways), `up.ber`, `down.loss`. Raises ValueError."""
    if text == CLEAR:
        return {name: {} for name in SIDES}
    if "=" not in text:
        return read(Path(text))
    found: dict[str, dict[str, float]] = {name: {} for name in SIDES}
    for part in text.split(","):
        key, _, value = part.partition("=")
        side, dot, name = key.strip().rpartition(".")
        if dot and side not in SIDES:
            raise ValueError(f"channel: {key.strip()!r} is neither of {' nor of '.join(SIDES)}")
        try:
            number = float(value)
        except ValueError:
            raise ValueError(f"channel: {part.strip()!r} is not key=number") from None
        for each in (side,) if dot else SIDES:
            found[each][name] = number
    return _checked_sides(found)


def read(path: Path) -> dict[str, dict[str, float]]:
    """A TOML file with tables `up` and `down`; settings outside them count for both. Raises ValueError."""
    try:
        document = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"channel {path}: {error}") from None
    both = {name: value for name, value in document.items() if name not in SIDES}
    for name in SIDES:
        if not isinstance(document.get(name, {}), dict):
            raise ValueError(f"channel {path}: {name!r} is a table of settings")
    return _checked_sides({name: {**both, **document.get(name, {})} for name in SIDES})


def _checked_sides(sides: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    for settings in sides.values():
        checked(settings)
    return {name: dict(settings) for name, settings in sides.items()}
