"""Real time: the threads that the loop never waits for: Python slots, the digest of each second, and the draining of the record log."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flight import state

if TYPE_CHECKING:
    from flight.executive import Executive
    from flight.python_slot import PythonSlot
    from hal.core.arena import Arena

DRAIN_PERIOD_S = 0.05


class RealTime:
    """Threads of one real-time mission, from `start` to `stop`. `on_digest(second, hex)` and `drain()` are called in them."""

    def __init__(
        self, executive: Executive, arenas: list[Arena], slots: Iterable[PythonSlot],
        on_digest: Callable[[int, str], None], drain: Callable[[], None],
    ) -> None:  # fmt: skip
        self.executive, self.arenas = executive, arenas
        self.on_digest, self.drain = on_digest, drain
        self.slots: dict[int, PythonSlot] = {slot.index: slot for slot in slots}
        self._published = [
            (slot, arenas.index(slot.arena), slot.arena.symbol(f"{slot.name}.slot.published").offset) for slot in self.slots.values()
        ]
        self._work, self._copy, self._end = os.pipe(), os.pipe(), threading.Event()
        self._threads = [
            threading.Thread(target=life, name=name, daemon=True)
            for name, life in (("python-slots", self._work_life), ("digest", self._digest_life), ("record-log", self._drain_life))
        ]

    def start(self) -> None:
        """Let the loop hand out its work."""
        for slot in self.slots.values():
            slot.use_thread(self._work[1])
        self.executive.copy_seconds(self.arenas, self._copy[1])
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Back to a loop on its own; call when the loop is not running."""
        self._end.set()
        for _, write in (self._work, self._copy):
            os.write(write, b"\xff")
        for thread in self._threads:
            thread.join()
        for slot in self.slots.values():
            slot.use_thread(-1)
        self.executive.copy_seconds([], -1)
        for fd in (*self._work, *self._copy):
            os.close(fd)

    def settle(self) -> None:
        """Return when no Python slot is running and every copied second has its digest; call when the loop is not running."""
        pause = threading.Event()
        while any(slot.busy for slot in self.slots.values()):
            pause.wait(0.001)
        self._hash()

    def _work_life(self) -> None:
        while True:
            (index,) = os.read(self._work[0], 1)
            if index == 0xFF:
                return
            self.slots[index].execute()

    def _digest_life(self) -> None:
        while os.read(self._copy[0], 1) != b"\xff":
            self._hash()

    _hashing = threading.Lock()

    def _hash(self) -> None:
        with self._hashing:
            copy = self.executive.take_copy()
            if copy is None:
                return
            second, parts = copy
            counts = [int.from_bytes(parts[arena][at : at + 8], "little") for _, arena, at in self._published]
            frozen = [slot.frozen_at(count) for (slot, *_), count in zip(self._published, counts, strict=True)]
            self.on_digest(second, state.digest(parts, frozen))
            for (slot, *_), count in zip(self._published, counts, strict=True):
                slot.forget(count)

    def _drain_life(self) -> None:
        while not self._end.wait(DRAIN_PERIOD_S):
            self.drain()
