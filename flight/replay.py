"""Replay: run a recording again and hold every digest against it.

What was not volatile when the run began (`--state`) is part of the recording, up to a size, so that a replay needs nothing but the file.
"""

from __future__ import annotations

import base64
import contextlib
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from flight.recording import Digest, End, Entry, Input, Recording, describe

PAGE_OCTETS = 4096
MAX_IMAGE_OCTETS = 64 * 1024 * 1024  # more than this is not copied into a recording
JUMPS = ("reset", "restore")
BEFOREHAND = ("charges", "late")  # told to the executive before they happen
OMITTED = "omitted"  # in place of a state directory's files: why they are not in the recording
IMAGES = "images"  # an input at the start: hash of what each flash holds
KEPT = ("nonvolatile.json", "security.json", "*.flash")  # what the emulator keeps in a state directory; other files may be keys
LATE = struct.Struct("<qqq")  # of a completion that came late: index of its slot, tick of its latch, tick of its publication or -1
NEVER = 1 << 62  # a tick that no run reaches


def capture(state: Path) -> dict[str, Any]:
    """The files that a run starts from, pages of zeros left out. Raises ValueError when they are too large to keep."""
    found: dict[str, Any] = {}
    total = 0
    for path in sorted(each for pattern in KEPT for each in state.glob(pattern) if each.is_file()):
        pages = dict(_pages(path))
        total += len(pages) * PAGE_OCTETS
        if total > MAX_IMAGE_OCTETS:
            raise ValueError(f"{state} holds more than {MAX_IMAGE_OCTETS} octets: too many to copy into a recording")
        packed = zlib.compress(b"".join(pages.values()), 1)
        found[path.name] = {"octets": path.stat().st_size, "pages": list(pages), "content": base64.b64encode(packed).decode()}
    return found


def _pages(path: Path) -> Iterable[tuple[int, bytes]]:
    """Number and octets of each page that is not all zeros; holes of a sparse file are passed over."""
    with open(path, "rb") as file:
        size, at = os.fstat(file.fileno()).st_size, 0
        while at < size:
            if hasattr(os, "SEEK_DATA"):
                try:
                    at = os.lseek(file.fileno(), at, os.SEEK_DATA) // PAGE_OCTETS * PAGE_OCTETS
                except OSError:  # nothing but a hole is left
                    return
            page = os.pread(file.fileno(), PAGE_OCTETS, at)
            if page.strip(b"\0"):
                yield at // PAGE_OCTETS, page.ljust(PAGE_OCTETS, b"\0")
            at += PAGE_OCTETS


def unpack(image: Mapping[str, Any], state: Path) -> None:
    """Make the files of `capture` again."""
    state.mkdir(parents=True, exist_ok=True)
    for name, kept in image.items():
        content = zlib.decompress(base64.b64decode(kept["content"]))
        with open(state / Path(name).name, "wb") as file:
            for place, page in enumerate(kept["pages"]):
                file.seek(page * PAGE_OCTETS)
                file.write(content[place * PAGE_OCTETS : (place + 1) * PAGE_OCTETS])
            file.truncate(kept["octets"])


def images(mission: Any) -> dict[str, str]:
    """A hash of what each vehicle's flash holds now."""
    return {vehicle.name: vehicle.flash.image_hash() for vehicle in mission.vehicles if vehicle.flash is not None}


class Verdict:
    """Takes the place of a recorder in a replayed mission: holds each digest against the recorded one of the same second.

    Seconds begin anew whenever time jumps, so they are told apart by the number of jumps before them.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.expected: dict[tuple[int, int], Digest] = {}
        self.compared = 0
        self.difference: dict[str, Any] | None = None
        self.jumps = 0
        jumps = 0
        for entry in entries:
            if isinstance(entry, Digest):
                self.expected[jumps, entry.second] = entry
            jumps += is_jump(entry)

    def input(self, tick: int, kind: str, payload: bytes | Mapping[str, Any]) -> None:
        """What comes in is put in by the replay itself; of interest is only where time jumps."""
        self.jumps += kind in JUMPS

    def digest(self, second: int, value: str) -> None:
        recorded = self.expected.get((self.jumps, second))
        if recorded is not None and self.difference is None:
            self.compared += 1
            self.hold(recorded, Digest(second, value))

    def hold(self, recorded: Entry, found: Entry) -> None:
        if recorded != found:
            self.difference = {"recorded": describe(recorded), "found": describe(found)}


def is_jump(entry: Entry) -> bool:
    return isinstance(entry, Input) and entry.kind in JUMPS


def replay(recording: Recording, verdict: Verdict, mission: Any, progress: Callable[[int], None] = lambda tick: None) -> None:
    """Take the mission, built from the recording's header with `verdict` as its recorder, through it all; stops where they part."""
    measured = b"".join(e.payload for e in recording.inputs() if e.kind == "charges" and isinstance(e.payload, bytes))
    run = mission.run
    if recording.header["speed"] == "real":
        mission.executive.replay_charges(measured)
        run = mission.run_replayed

    def run_to(tick: int) -> bool:
        while mission.tick < tick and verdict.difference is None:
            run(min(tick - mission.tick, mission.ticks_per_second))
            progress(mission.tick)
        return verdict.difference is None

    entries = recording.entries
    expect_late(mission, entries)
    last = 0  # place after the last jump
    for place, entry in enumerate(entries):
        if not isinstance(entry, Input) or entry.kind in BEFOREHAND:
            continue
        if not run_to(entry.tick):
            return
        if entry.kind == IMAGES:
            verdict.hold(entry, Input(mission.tick, IMAGES, images(mission)))
            continue
        with contextlib.suppress(ValueError, KeyError):  # what was refused when it was recorded is refused again
            mission.apply(entry.kind, entry.payload)
        if is_jump(entry):
            last = place + 1
            expect_late(mission, entries[last:])
    if not run_to(max((first_tick(entry, mission.ticks_per_second) for entry in entries[last:]), default=0)):
        return
    if end := recording.end():
        verdict.hold(end, End(mission.tick, mission.digest()))


def first_tick(entry: Entry, ticks_per_second: int) -> int:
    """The tick before which an entry was made."""
    return entry.second * ticks_per_second if isinstance(entry, Digest) else entry.tick


def expect_late(mission: Any, entries: Iterable[Entry]) -> None:
    """Tell each Python slot which of its runs came late, until time jumps again."""
    late: dict[int, dict[int, int]] = {}
    for entry in entries:
        if is_jump(entry):
            break
        if isinstance(entry, Input) and entry.kind == "late" and isinstance(entry.payload, bytes):
            index, latched, published = LATE.unpack(entry.payload)
            late.setdefault(index, {})[latched] = NEVER if published < 0 else published
    for slot in mission.python_slots.values():
        slot.expect_late(late.get(slot.index, {}))
