"""COP-1 at the station: the sequence services of the vehicles, begun on demand, fed with control words from telemetry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ground.clock import GroundClock
from ground.errors import BadArgumentError, GroundError
from ground.fop import Alert
from ground.fop_table import INITIAL
from ground.forward_line import ForwardLine
from ground.sequence import SequenceService
from ground.sequence_hold import SequenceHold
from ground.uplink import Uplink
from wire.dictionary import DICTIONARIES

STARTS = ("clcw", "unlock", "set_v_r")


class Cop1:
    """Any thread may call any method. Without `start` nothing here does anything: commands go by bypass."""

    def __init__(self, directory: Path, door: str, uplink: Uplink, line: ForwardLine, clock: GroundClock) -> None:
        self._directory, self._door, self._uplink, self._line, self._clock = directory, door, uplink, line, clock
        self.alert_listeners: list[Callable[[str, Alert], None]] = []
        self._services: dict[str, SequenceService] = {}
        self._numbers = {book.vehicle.spacecraft_id: name for name, book in DICTIONARIES.items()}

    def service(self, vehicle: str) -> SequenceService | None:
        """The vehicle's service, if it was started."""
        return self._services.get(vehicle)

    def sending(self, vehicle: str) -> SequenceService | None:
        """The vehicle's service, if it sends in sequence now."""
        service = self._services.get(vehicle)
        return service if service is not None and service.running else None

    def start(self, vehicle: str, how: str = "clcw", value: int | None = None) -> SequenceService:
        """Send in sequence from now on. Raises BadArgumentError and what `SequenceService.start` does."""
        if vehicle not in DICTIONARIES or how not in STARTS:
            raise BadArgumentError(f"no such vehicle or way to begin: {vehicle} {how}", f"vehicles: {', '.join(DICTIONARIES)}")
        service = self._services.get(vehicle)
        if service is None:
            spacecraft_id = DICTIONARIES[vehicle].vehicle.spacecraft_id
            hold = SequenceHold(self._directory, self._door, spacecraft_id)
            service = SequenceService(vehicle, spacecraft_id, self._uplink, self._line, self._clock, hold, self._alert)
            self._services[vehicle] = service
        try:
            service.start(how, value)
        except GroundError:
            if service.fop.state == INITIAL:
                del self._services[vehicle]
                service.stop()
            raise
        return service

    def stop(self, vehicle: str) -> None:
        """End the sequence of a vehicle: what is under way is named in an alert, and the hold is let go. Raises BadArgumentError."""
        service = self._services.get(vehicle)
        if service is None:
            raise BadArgumentError(f"{vehicle} is not sent to in sequence", f"begin with: cop1 {vehicle} start")
        service.direct("terminate")
        del self._services[vehicle]
        service.stop()

    def take(self, spacecraft_id: int, word: int) -> None:
        """An operational control field has come, on the link's thread."""
        service = self._services.get(self._numbers.get(spacecraft_id, ""))
        if service is not None:
            service.take(word)

    def rewound(self) -> None:
        """The spacecraft is on another branch: no number holds, and what was under way is named in an alert."""
        for service in list(self._services.values()):
            if service.running:
                service.give_up()

    def describe(self) -> list[str]:
        """One line for each service."""
        return [service.describe() for service in list(self._services.values())]

    def close(self) -> None:
        for service in list(self._services.values()):
            service.stop()
        self._services.clear()

    def _alert(self, vehicle: str, alert: Alert) -> None:
        for listener in list(self.alert_listeners):
            listener(vehicle, alert)
