"""Values of parameters: the latest of each, and their history out of the archive."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ground.archive import Archive
from ground.clock import GroundClock
from ground.decode import EventReport, Housekeeping, Sample, decode, report_columns
from ground.mission import SPACECRAFT_IDS, find_parameter
from wire import shapes
from wire.dictionary import DICTIONARIES
from wire.layout import decode_columns, layout

_RECENT_VALUES = 256  # parameter value reports looked at for the latest of each


class LatestValues:
    """The latest sample of each parameter. The link's thread writes, any thread reads and waits."""

    def __init__(self, clock: GroundClock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._latest: dict[str, tuple[Housekeeping, int]] = {}  # the report, and the place in it
        self._fresh: set[str] = set()

    def take(self, report: Housekeeping) -> None:
        """What came over the link."""
        with self._changed:
            for i, name in enumerate(report.names):
                self._latest[name] = (report, i)
            self._fresh.update(report.names)
            self._changed.notify_all()

    def get(self, name: str) -> Sample | None:
        found = self._latest.get(name)
        return found[0].sample(found[1]) if found is not None else None

    def is_fresh(self, name: str) -> bool:
        """Whether the value came over the link."""
        return name in self._fresh

    def wait_fresh(self, names: Sequence[str], timeout_s: float | None) -> bool:
        """Wait until every one of these has come over the link; False if not within that time."""
        with self._changed:
            return self._clock.wait(self._changed, lambda: self._fresh.issuperset(names), timeout_s)

    def wait_until(self, predicate: Callable[["LatestValues"], bool], timeout_s: float | None) -> bool:
        """Wait until a condition on the values holds."""
        with self._changed:
            return self._clock.wait(self._changed, lambda: predicate(self), timeout_s)

    def forget(self) -> None:
        """The spacecraft is on another branch: nothing known holds."""
        with self._changed:
            self._latest.clear()
            self._fresh.clear()
            self._changed.notify_all()

    def load(self, archive: Archive, branch: int) -> None:
        """Fill from the archive: the newest report of each structure, and the parameters that were asked for."""
        for book in DICTIONARIES.values():
            spacecraft = [book.vehicle.spacecraft_id]
            for packet in archive.packets(branch, spacecraft=spacecraft, service=20, subtype=2, newest=_RECENT_VALUES):
                self._load(decode(packet))
            for report in book.reports:
                for packet in archive.packets(branch, spacecraft=spacecraft, service=3, subtype=25, selector=report.id, newest=1):
                    self._load(decode(packet))

    def _load(self, decoded: object) -> None:
        if not isinstance(decoded, Housekeeping):
            return
        with self._changed:
            for i, name in enumerate(decoded.names):
                known = self._latest.get(name)
                if known is None or known[0].packet.time_ns < decoded.packet.time_ns:
                    self._latest[name] = (decoded, i)


def history(
    archive: Archive, branch: int, name: str, from_ns: int | None = None, until_ns: int | None = None
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """All values of one parameter on a branch: times (ns of TAI since 1958, ascending) and values as sent. Raises BadArgumentError."""
    return history_received(archive, branch, name, from_ns, until_ns)[:2]


def history_received(
    archive: Archive, branch: int, name: str, from_ns: int | None = None, until_ns: int | None = None
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """As `history`, and when Earth received each (ns of ground time)."""
    book, parameter = find_parameter(name)
    spacecraft = [book.vehicle.spacecraft_id]
    span = {"from_ns": from_ns, "until_ns": until_ns}
    stamps: list[np.ndarray[Any, Any]] = []  # on-board and received times, shape (n, 2)
    values: list[np.ndarray[Any, Any]] = []
    for report in book.reports:
        if parameter.name not in report.parameters:
            continue
        packets = archive.packets(branch, spacecraft=spacecraft, service=3, subtype=25, selector=report.id, **span)
        _, dtype, _, _ = report_columns(book.vehicle.name, report.id)
        packets = [packet for packet in packets if len(packet.data) == dtype.itemsize]
        if packets:
            rows = layout(shapes.report_shape(book, report))
            stamps.append(np.array([(packet.time_ns, packet.received_ns) for packet in packets], np.int64))
            values.append(decode_columns(rows, [packet.data for packet in packets])[parameter.name])
    asked = archive.packets(branch, spacecraft=spacecraft, service=20, subtype=2, **span)
    samples = [s for packet in asked for s in _samples_of(decode(packet)) if s.parameter.id == parameter.id]
    if samples:
        stamps.append(np.array([(s.time_ns, s.received_ns) for s in samples], np.int64))
        values.append(np.array([s.raw for s in samples]))
    if not stamps:
        return np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
    both = np.concatenate(stamps)
    order = np.argsort(both[:, 0], kind="stable")
    native = parameter.kind[0] + str(parameter.octets)
    return both[order, 0], np.concatenate([v.astype(native) for v in values])[order], both[order, 1]


def _samples_of(decoded: object) -> tuple[Sample, ...]:
    return decoded.samples if isinstance(decoded, Housekeeping) else ()


def events(archive: Archive, branch: int, newest: int | None = None, severity: int = 1) -> list[EventReport]:
    """Events on a branch of at least that severity, oldest first."""
    found = [decode(packet) for packet in archive.packets(branch, spacecraft=sorted(SPACECRAFT_IDS), service=5, newest=newest)]
    return [event for event in found if isinstance(event, EventReport) and event.severity >= severity]
