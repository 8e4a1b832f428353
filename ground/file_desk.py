"""The file desk: what comes down by CFDP is put together on the link's thread, and stored and turned into PNGs on one of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path

from ground.clock import GroundClock
from ground.decode import FileUnit
from ground.files import FileReceiver, ReceivedFile, UnderWay, store
from ground.pictures import SUFFIX, PictureError, SavedPicture, save_picture


class FileDesk:
    """Files go to `directory`/files/VEHICLE, pictures to `directory`/pictures. Listeners are called on the desk's own thread."""

    def __init__(self, directory: Path, clock: GroundClock) -> None:
        self.directory = directory
        self.pictures: list[SavedPicture] = []
        self.incomplete: list[ReceivedFile] = []
        self.picture_listeners: list[Callable[[SavedPicture], None]] = []
        self.problem_listeners: list[Callable[[str], None]] = []
        self._changed = threading.Condition()
        self._work: queue.SimpleQueue[ReceivedFile | None] = queue.SimpleQueue()
        self._pending = 0
        self._receiver = FileReceiver(clock, self._received)
        self._thread: threading.Thread | None = None

    @property
    def counters(self) -> dict[str, int]:
        """Units and files of this process so far."""
        return {**self._receiver.counters, "pictures": len(self.pictures)}

    def under_way(self) -> list[UnderWay]:
        """Files that have begun to come."""
        return self._receiver.under_way()

    def check(self) -> None:
        """Give up files that have been silent for too long."""
        self._receiver.check()

    def take(self, unit: FileUnit) -> None:
        """One unit, on the link's thread."""
        self._receiver.take(unit.packet, unit.vehicle)

    def _received(self, received: ReceivedFile) -> None:
        with self._changed:
            self._pending += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._life, name="file-desk", daemon=True)
                self._thread.start()
        self._work.put(received)

    def _life(self) -> None:
        while (received := self._work.get()) is not None:
            try:
                self._keep(received)
            except (OSError, PictureError) as error:
                self._complain(f"{received.vehicle}: {received.name or 'a file without a name'}: {error}")
            finally:
                with self._changed:
                    self._pending -= 1
                    self._changed.notify_all()

    def _keep(self, received: ReceivedFile) -> None:
        store(received, self.directory / "files")
        if not received.complete:
            self.incomplete.append(received)
            self._complain(f"{received.vehicle}: {received.name}: {received.problem}, {received.missing_octets} octets missing")
        elif received.name.endswith(SUFFIX):
            saved = save_picture(received.octets, received.vehicle, self.directory / "pictures")
            with self._changed:
                self.pictures.append(saved)
            for listener in list(self.picture_listeners):
                listener(saved)

    def _complain(self, text: str) -> None:
        for listener in list(self.problem_listeners):
            listener(text)

    def settle(self, timeout_s: float = 60.0) -> bool:
        """Wait until all that was received is on the disk; wall time, for the disk knows no other."""
        with self._changed:
            return self._changed.wait_for(lambda: self._pending == 0, timeout_s)

    def close(self) -> None:
        """Report what is open as incomplete, store it, and end the thread."""
        self._receiver.flush()
        with self._changed:
            thread = self._thread
        if thread is not None:
            self._work.put(None)
            thread.join()
            self._thread = None
