"""What `cop1` does at the console: begin and end sequences, show them, and give FOP-1 its directives."""

from __future__ import annotations

from collections.abc import Iterator

from ground.clock import SECOND_NS
from ground.cop1 import Cop1
from ground.errors import BadArgumentError
from wire.dictionary import DICTIONARIES

# Word: the directive, and how its value is read (None: it has none).
SETTINGS = {"window": "set_window", "limit": "set_limit", "timeout": "set_timeout_type", "t1": "set_t1"}
USAGE = "cop1 [VEHICLE [start|unlock|set N|stop|resume|window N|limit N|t1 SECONDS|timeout 0|1]]"


def sequence_lines(cop1: Cop1, words: list[str]) -> Iterator[str]:
    """Execute the words behind `cop1`, and tell how the sequences stand. Raises BadArgumentError and what COP-1 raises."""
    if not words:
        yield from cop1.describe() or ["no sequence was begun: commands go by bypass"]
        return
    vehicle, *rest = words
    if vehicle not in DICTIONARIES:
        raise BadArgumentError(f"there is no vehicle {vehicle!r}", USAGE)
    action, value = (rest or ["show"])[0], rest[1] if len(rest) > 1 else None
    if len(rest) > 2 or (action in ("set", *SETTINGS)) != (value is not None):
        raise BadArgumentError(f"{' '.join(rest)!r} is not understood", USAGE)
    if action == "stop":
        cop1.stop(vehicle)
        yield f"{vehicle}: no longer in sequence, commands go by bypass"
        return
    _direct(cop1, vehicle, action, value)
    service = cop1.service(vehicle)
    yield service.describe() if service is not None else f"{vehicle}: no sequence was begun, commands go by bypass"


def _direct(cop1: Cop1, vehicle: str, action: str, value: str | None) -> None:
    starts = {"start": "clcw", "unlock": "unlock", "set": "set_v_r"}
    if action == "show":
        return
    if action in starts:
        cop1.start(vehicle, starts[action], None if value is None else int(_number(value, 1)))
        return
    service = cop1.service(vehicle)
    if action not in (*SETTINGS, "resume"):
        raise BadArgumentError(f"{action!r} is not understood", USAGE)
    if service is None:
        raise BadArgumentError(f"{vehicle} is not sent to in sequence", f"begin with: cop1 {vehicle} start")
    if value is None:
        service.direct("resume")
    else:
        service.direct(SETTINGS[action], int(_number(value, SECOND_NS if action == "t1" else 1)))


def _number(text: str, factor: int) -> float:
    try:
        return float(text) * factor
    except ValueError as error:
        raise BadArgumentError(f"{text!r} is no number", USAGE) from error
