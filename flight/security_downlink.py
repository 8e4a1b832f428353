"""Telemetry is sealed at the door, frame by frame, by a thread between the loop's outlet and the one that listeners are served from.

Numbers (in GCM the initialisation vectors) are outside of all state: a snapshot that takes time back, a reset or a second branch takes no
number back. They are reserved on the disk before use (`flight.security_numbers`).
"""

from __future__ import annotations

import logging
import threading

from flight.doors.outlet import Outlet
from flight.security_numbers import Numbers, Sender
from flight.security_outlet import SealedEnds
from wire.dictionary import DICTIONARIES
from wire.key_file import Keys
from wire.sdls import Direction, ExhaustedError, Unit, seal_tm

GRACE_S = 2.0
STEP_S = 0.0005

log = logging.getLogger("farside.security")


class TelemetrySealer:
    """From `start` to `stop`: every frame of `clear` into `sealed`, while somebody listens. Any failure ends it: nothing goes in clear."""

    def __init__(self, clear: Outlet, keys: Keys, numbers: Numbers) -> None:
        self._ends = SealedEnds(clear)
        self.sealed, self._reader = self._ends.sealed, self._ends.reader
        self._senders: dict[int, tuple[Unit, Sender]] = {}
        for name, book in DICTIONARIES.items():
            row = keys.sender(name, Direction.TM)
            sender = Sender(numbers, row.fingerprint, row.association.number_octets)
            self._senders[book.vehicle.spacecraft_id] = row.unit, sender
        self._clear, self._before, self._done = clear, clear.frames, 0
        self._failed = False
        self._rest = threading.Event()
        self._thread = threading.Thread(target=self._life, name="telemetry-sealer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def seal(self, frame: bytes) -> bytes:
        """One frame, under a number of its own. Raises ExhaustedError and OSError."""
        unit, sender = self._senders[(frame[0] & 0x3F) << 4 | frame[1] >> 4]
        return seal_tm(unit, frame, sender.take())

    def _life(self) -> None:
        while (frame := self._ends.take()) is not None:
            if not self._failed and self.sealed.counters["readers"]:
                try:
                    self._ends.give(self.seal(frame))
                except (ExhaustedError, OSError, KeyError) as error:
                    self._failed = True
                    log.error("telemetry cannot be sealed, and ends: %s", error)
            self._done += 1

    def settle(self) -> None:
        """Wait until all that the loop has put before this call is with the listeners' outlet."""
        goal = self._clear.frames - self._before
        for _ in range(round(GRACE_S / STEP_S)):
            if self._done + self._reader.lost >= goal or not self._thread.is_alive():
                return
            self._rest.wait(STEP_S)

    def stop(self) -> None:
        self.sealed.interrupt()
        self._reader.end()
        self._thread.join()
        self._reader.close()
