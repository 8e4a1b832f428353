"""A mission of one computer with a secured link, and a station that has the same keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flight.security import Security, read_keys
from ground import keys as key_files
from tests.flight.station import Station, relay_mission
from wire import cltu, sdls
from wire.dictionary import RELAY
from wire.key_file import Keys
from wire.sdls import Direction, Mask, Mode
from wire.tm_frame import Reassembler

SPACECRAFT = RELAY.vehicle.spacecraft_id
ENCRYPTED = Mode.AUTHENTICATED_ENCRYPTION


def new_keys(folder: Path, tc: Mode = ENCRYPTED, tm: Mode = ENCRYPTED, mask: Mask = Mask.WHOLE) -> tuple[Path, Keys]:
    path = folder / "keys.toml"
    key_files.make(path, {Direction.TC: tc, Direction.TM: tm}, mask)
    return path, read_keys(path)


class Unsealed:
    """A reader of frames as the loop gives them, without the octets kept free for header and trailer."""

    def __init__(self, reader: Any, lead: int, tail: int) -> None:
        self._reader, self._lead, self._tail = reader, lead, tail
        self.close = reader.close

    def take(self) -> bytes | None:
        frame = self._reader.take()
        return None if frame is None else frame[:6] + frame[6 + self._lead : 1109 - self._tail] + frame[1109:]


class SecuredStation(Station):
    """Seals what it sends; its numbers are its own, so that tests can repeat one."""

    def __init__(self, mission: Any, keys: Keys, first: int = 1000) -> None:
        super().__init__(mission)
        self.row = keys.sender("relay", Direction.TC)
        self.number = first
        self.sent: list[bytes] = []
        down = keys.sender("relay", Direction.TM).association
        self.reader = Unsealed(self.reader, down.head_octets, down.tail_octets)
        self.channels = defaultdict(lambda: Reassembler(1115 - down.head_octets - down.tail_octets))

    def seal(self, frame: bytes) -> bytes:
        self.number += 1
        return sdls.seal_tc(self.row.unit, frame, self.number)

    def send_frame(self, frame: bytes) -> None:
        self.sent.append(self.seal(frame))
        self.radiate(self.sent[-1])

    def radiate(self, frame: bytes) -> None:
        self.mission.inbox.put(0, cltu.encode(frame))


@contextmanager
def secured(folder: Path, keys: Keys, **settings: Any) -> Iterator[tuple[Any, SecuredStation]]:
    mission = relay_mission(security=Security(keys, folder / "state"), **settings)
    try:
        yield mission, SecuredStation(mission, keys)
    finally:
        mission.close()


def counters(mission: Any) -> dict[str, int]:
    return {name: count for name, count in Security.counters(mission.harness.view("security.relay")).items() if count}
