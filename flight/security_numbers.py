"""Sequence numbers that no loss of power takes back: `security.json` in the state directory, replaced whole and synced before use."""

from __future__ import annotations

import json
import secrets
import threading
from pathlib import Path

from flight.durable import replace_json
from wire.sdls import IV_OCTETS

BLOCK = 65536  # numbers that a sender takes at once: 58 s at 1121 frames a second
SECOND_NS = 1_000_000_000
CHANCE_BITS = 22  # 4.2 ms: no file system dates two files more finely than the kernel ticks


class Numbers:
    """By the fingerprint of a key: below what a receiver accepts nothing more, and from where a sender has used nothing.

    A number that was taken and not used (the process died) is lost; none is used twice. A key that is new to this directory begins at the
    time of its file (its own time-stamp, so that nobody reads a clock): the same key file on another directory repeats no number either,
    as long as the machine's date does not go back; two directories of the same moment are told apart by chance. Numbers of 32 bits have no
    room for that, and begin at 0.
    """

    def __init__(self, directory: Path) -> None:
        """Raises OSError, or ValueError when the file is not what this writes."""
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / "security.json"
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, int]] = {"received": {}, "sent": {}}
        if self.path.exists():
            self._kept = self._read()
        else:
            self._write(self._kept)
        self._begun_ns = (self.path.stat().st_mtime_ns >> CHANCE_BITS << CHANCE_BITS) + secrets.randbits(CHANCE_BITS)

    def _read(self) -> dict[str, dict[str, int]]:
        try:
            kept = json.loads(self.path.read_text())
            if set(kept) == {"received", "sent"} and all(type(n) is int and n >= 0 for each in kept.values() for n in each.values()):
                return dict(kept)
        except (ValueError, AttributeError, TypeError, RecursionError):
            pass
        raise ValueError(f"{self.path} is damaged: without it numbers would come twice; move it away, and make new keys")

    def _write(self, kept: dict[str, dict[str, int]]) -> None:
        """Put this in place of what was kept; when it fails nothing has changed."""
        replace_json(self.path, kept)
        self._kept = kept

    def received(self, fingerprint: str) -> int:
        """The lowest number that is still fresh."""
        return self._kept["received"].get(fingerprint, 0)

    def accept(self, fresh: dict[str, int]) -> None:
        """Raise what `received` says; on the disk when this returns. It never goes down, also when a snapshot takes time back."""
        with self._lock:
            higher = {name: number for name, number in fresh.items() if number > self.received(name)}
            if higher:
                self._write(self._kept | {"received": self._kept["received"] | higher})

    def reserve(self, fingerprint: str, octets: int, count: int = BLOCK) -> int:
        """The first of `count` numbers that nobody has used; that they are taken is on the disk when this returns."""
        with self._lock:
            first = self._kept["sent"].get(fingerprint)
            if first is None:
                first = {IV_OCTETS: self._begun_ns << 32, 8: self._begun_ns // SECOND_NS << 32}.get(octets, 0)
            self._write(self._kept | {"sent": self._kept["sent"] | {fingerprint: first + count}})
            return first


class Sender:
    """The numbers of one sending association, one after the other."""

    def __init__(self, numbers: Numbers, fingerprint: str, octets: int, block: int = BLOCK) -> None:
        self._numbers, self._fingerprint, self._octets, self._block = numbers, fingerprint, octets, block
        self._next = self._end = 0

    def take(self) -> int:
        """A number that was never used. Raises OSError when it cannot be kept; then nothing may be sent."""
        if self._next == self._end:
            self._next = self._numbers.reserve(self._fingerprint, self._octets, self._block)
            self._end = self._next + self._block
        self._next += 1
        return self._next - 1
