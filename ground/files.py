"""Files that come down by CFDP class 1: units put together to files, whatever their order, and each end told (CCSDS 727.0-B-5, 4.4).

Class 1 asks for nothing again: a file with a gap is kept as far as it came, and reported incomplete when nothing more comes for CHECK_S
behind its end. Before its end it may be silent for longer: files are what a slow line carries last. Units that came twice change nothing.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ground.clock import SECOND_NS, GroundClock
from ground.packet import Packet
from wire import cfdp

CHECK_S = 20.0  # of ground time, behind the end of file: the check timer of 727.0-B-5, 4.6.3.3
INACTIVITY_S = 300.0  # likewise, behind the last unit of a file whose end has not come; at 700 bit/s a unit alone takes 13 s
LONGEST_OCTETS = 64 << 20  # a unit that lies beyond is damage, not a file
MOST_OPEN = 64  # transactions under way; the one that was silent for longest makes room
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A transaction at its end. `octets` has zeros where units are missing; `problem` is empty for a whole file."""

    vehicle: str
    transaction: int
    name: str
    octets: bytes
    missing_octets: int
    problem: str
    branch: int

    @property
    def complete(self) -> bool:
        return not self.problem


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A transaction that has not come to its end. `name` is empty and `size` None until the metadata have come."""

    vehicle: str
    transaction: int
    name: str
    received_octets: int
    size: int | None


@dataclass(slots=True)
class _Open:
    vehicle: str
    branch: int
    name: str = ""
    size: int | None = None
    checksum: int | None = None
    octets: bytearray = field(default_factory=bytearray)
    spans: list[tuple[int, int]] = field(default_factory=list)  # received, in order, apart
    heard_ns: int = 0

    def add(self, offset: int, data: bytes) -> None:
        end = offset + len(data)
        if end > LONGEST_OCTETS or not data:
            return
        if len(self.octets) < end:
            self.octets.extend(bytes(end - len(self.octets)))
        self.octets[offset:end] = data
        if self.spans and offset == self.spans[-1][1]:
            self.spans[-1] = (self.spans[-1][0], end)
            return
        self.spans = _merged([*self.spans, (offset, end)])

    def missing(self) -> int:
        whole = self.size if self.size is not None else len(self.octets)
        return max(0, whole - sum(min(end, whole) - min(begin, whole) for begin, end in self.spans))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


class FileReceiver:
    """Takes file units as they come, on the link's thread; `on_file` is called there with each file that has come to its end."""

    def __init__(self, clock: GroundClock, on_file: Callable[[ReceivedFile], None]) -> None:
        self._clock, self._on_file = clock, on_file
        self._lock = threading.Lock()
        self._open: dict[tuple[int, cfdp.Transaction], _Open] = {}
        self._ended: dict[tuple[int, cfdp.Transaction], None] = {}  # newest last: repeated units of these are nothing new
        self.counters = {"units": 0, "unsound": 0, "complete": 0, "incomplete": 0, "repeated": 0}

    def take(self, packet: Packet, vehicle: str) -> None:
        """One unit. One that is unsound is counted; the next is read as if it had never come."""
        found = cfdp.parse_file_data(packet.data)
        with self._lock:
            self.counters["units"] += 1
            if found is not None:
                transaction, offset, data = found
                under_way = self._under_way(packet, transaction, vehicle)
                if under_way is not None:
                    under_way.add(offset, data)
                    if under_way.checksum is not None:
                        self._try(packet.branch, transaction)
            else:
                self._take_directive(packet, vehicle)
            self._check()

    def _under_way(self, packet: Packet, transaction: cfdp.Transaction, vehicle: str) -> _Open | None:
        key = packet.branch, transaction
        if key in self._ended:
            self.counters["repeated"] += 1
            return None
        if key not in self._open:
            if len(self._open) >= MOST_OPEN:
                self._end(min(self._open, key=lambda k: self._open[k].heard_ns), "too many transactions at once: given up for newer ones")
            self._open[key] = _Open(vehicle, packet.branch)
        self._open[key].heard_ns = self._clock.now_ns()
        return self._open[key]

    def _take_directive(self, packet: Packet, vehicle: str) -> None:
        try:
            unit = cfdp.parse(packet.data)
        except cfdp.CfdpError:
            self.counters["unsound"] += 1
            return
        transaction = cfdp.transaction_of(unit)
        under_way = self._under_way(packet, transaction, vehicle)
        if under_way is None:
            return
        key = packet.branch, transaction
        if unit.header.flags.type == cfdp.FILE_DATA:
            under_way.add(unit.body.offset, unit.body.data)
        elif unit.body.code == cfdp.METADATA and unit.body.fields.size <= LONGEST_OCTETS:
            under_way.size, under_way.name = unit.body.fields.size, unit.body.fields.destination_name
        elif unit.body.code == cfdp.EOF:
            if unit.body.fields.condition.code != cfdp.NO_ERROR:
                self._end(key, f"cancelled by the sender, condition {unit.body.fields.condition.code}")
                return
            under_way.checksum = unit.body.fields.checksum
            under_way.size = under_way.size if under_way.size is not None else min(unit.body.fields.size, LONGEST_OCTETS)
        self._try(*key)

    def _try(self, branch: int, transaction: cfdp.Transaction) -> None:
        """End the transaction if everything is there."""
        under_way = self._open.get((branch, transaction))
        if under_way is None or under_way.checksum is None or not under_way.name or under_way.missing():
            return
        right = cfdp.checksum(bytes(under_way.octets)) == under_way.checksum and len(under_way.octets) == under_way.size
        self._end((branch, transaction), "" if right else "the check sum of the file is wrong")

    def _check(self) -> None:
        now = self._clock.now_ns()
        for key, each in list(self._open.items()):
            if now - each.heard_ns > (INACTIVITY_S if each.checksum is None else CHECK_S) * SECOND_NS:
                self._end(key, "its end never came" if each.checksum is None else "the end of the file came, parts of it did not")

    def _end(self, key: tuple[int, cfdp.Transaction], problem: str) -> None:
        under_way = self._open.pop(key)
        self._ended[key] = None
        if len(self._ended) > 10_000:
            del self._ended[next(iter(self._ended))]
        self.counters["incomplete" if problem else "complete"] += 1
        self._on_file(
            ReceivedFile(
                under_way.vehicle, key[1].sequence, under_way.name, bytes(under_way.octets), under_way.missing(), problem, under_way.branch
            )
        )

    def check(self) -> None:
        """End what has been silent for too long; for whoever cannot wait for the next unit."""
        with self._lock:
            self._check()

    def under_way(self) -> list[UnderWay]:
        """What is open, oldest first."""
        with self._lock:
            return [
                UnderWay(each.vehicle, key[1].sequence, each.name, sum(end - begin for begin, end in each.spans), each.size)
                for key, each in self._open.items()
            ]

    def flush(self) -> None:
        """Nothing more will come: whatever is open is incomplete."""
        with self._lock:
            for key in list(self._open):
                self._end(key, "the link ended before its end came")


def safe_name(name: str, transaction: int) -> str:
    """A file name that stays in its directory, whatever the spacecraft calls its file."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return last if _SAFE_NAME.fullmatch(last) else f"transaction-{transaction:08x}.bin"


def store(received: ReceivedFile, directory: Path) -> Path:
    """Write the file under `directory`/VEHICLE, with `.partial` behind its name when it is not whole; replaces one of that name at once.

    Raises OSError.
    """
    folder = directory / received.vehicle
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (safe_name(received.name, received.transaction) + ("" if received.complete else ".partial"))
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")  # several programs may receive the same file
    fresh.write_bytes(received.octets)
    fresh.replace(path)
    return path
