"""Who sends in sequence to a spacecraft: one station process at a time (docs/decisions/0030-who-holds-the-sequence.md).

The hold is a lock of the operating system on a file in the archive's directory: it falls when its holder ends, however it ends. The file
tells the next holder how far the last one had come, since frames of the last may still be on their way.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ground.errors import ArchiveError, GroundError


class SequenceHeldError(GroundError):
    """Another station process sends in sequence to this spacecraft."""


@dataclass(frozen=True, slots=True)
class LastSent:
    """How far the last holder had come: V(S), how many of its frames were not acknowledged, and when it sent last, by its clock."""

    v_s: int
    under_way: int
    sent_ns: int
    pid: int


class SequenceHold:
    """The lock of one spacecraft at one telecommand door."""

    def __init__(self, directory: Path, door: str, spacecraft_id: int) -> None:
        name = hashlib.sha256(f"{door} {spacecraft_id}".encode()).hexdigest()[:16]
        self.path = directory / f"sequence-{name}.json"
        self._file = -1

    @property
    def held(self) -> bool:
        return self._file >= 0

    def take(self) -> LastSent | None:
        """Hold the sequence from now on; how far the last holder had come, if there was one. Raises SequenceHeldError, ArchiveError."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ArchiveError(f"{self.path} cannot be used: {error.strerror}", "name another directory with --archive") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            last = _read(file)
            os.close(file)
            who = f" (process {last.pid})" if last is not None else ""
            hint = "wait until it has ended, or send by bypass (which needs no sequence)"
            raise SequenceHeldError(f"another station{who} sends in sequence to this spacecraft", hint) from error
        self._file = file
        last = _read(file)
        if last is not None:
            self.note(last.v_s, last.under_way, last.sent_ns)
        return last

    def note(self, v_s: int, under_way: int, sent_ns: int) -> None:
        """Write down how far we have come, before a frame goes up."""
        text = json.dumps(asdict(LastSent(v_s, under_way, sent_ns, os.getpid()))).encode()
        os.pwrite(self._file, text.ljust(128), 0)

    def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _read(file: int) -> LastSent | None:
    try:
        return LastSent(**json.loads(os.pread(file, 256, 0)))
    except (ValueError, TypeError):
        return None
