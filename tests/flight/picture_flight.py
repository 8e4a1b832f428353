"""A mission with small pictures, and a ground that keeps the units of files that come down: made from the wire alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from flight.apps.pictures import path_of
from flight.mission import Mission
from hal.sim import camera_figures
from hal.sim.world import SimulatedWorld
from tests.flight.station import Station
from wire import cfdp, pus
from wire.dictionary import DICTIONARIES
from wire.dictionary.codes import FAILURE_CODE
from wire.dictionary.mission import TM_FILES

PICTURE_PX = 256
ACCEPTED, STARTED, NOT_STARTED, COMPLETED, FAILED = 1, 3, 4, 7, 8
ALL_WELL = [ACCEPTED, STARTED, COMPLETED]
VEHICLE_OF = {book.vehicle.spacecraft_id: name for name, book in DICTIONARIES.items()}
VEHICLE_OF_APID = {apid.number: name for name, book in DICTIONARIES.items() for apid in book.vehicle.apids}


@contextmanager
def small_pictures(pixels: int = PICTURE_PX) -> Iterator[None]:
    """Missions that are built in here have cameras of so many pixels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(camera_figures, "PICTURE_PX", pixels)
        yield


class FileStation(Station):
    """Also keeps the units on the channel of files: vehicle and unit, in the order in which they came."""

    def __init__(self, mission: Mission) -> None:
        super().__init__(mission)
        self.units: list[tuple[str, Any]] = []

    def listen(self) -> list[Any]:
        fresh: list[Any] = []
        while not self.closed and (frame := self.reader.take()) is not None:
            spacecraft, channel = (frame[0] << 8 | frame[1]) >> 4 & 0x3FF, frame[1] >> 1 & 7
            for packet in self.channels[spacecraft, channel].feed(frame):
                if channel == TM_FILES:
                    self.units.append((VEHICLE_OF[spacecraft], cfdp.parse(packet[6:])))
                elif packet[0] & 0x08:  # has a secondary header
                    fresh.append(pus.parse_tm(packet))
        self.packets += fresh
        return fresh

    def told(self, vehicle: str, name: str) -> list[bytes]:
        """The arguments of the events of one name, oldest first."""
        self.listen()
        number = DICTIONARIES[vehicle].event(name).id.to_bytes(2)
        events = [packet for packet in self.packets if packet.secondary.service == 5]
        return [e.data[2:] for e in events if VEHICLE_OF_APID[e.header.id.apid] == vehicle and e.data[:2] == number]

    def files(self, vehicle: str = "lander") -> dict[int, dict[str, Any]]:
        """What came of each transaction of a vehicle: name, size, octets, how its end was told; nothing may have come twice."""
        self.listen()
        found: dict[int, dict[str, Any]] = {}
        for sender, unit in self.units:
            if sender != vehicle:
                continue
            file = found.setdefault(unit.header.sequence, {"name": None, "size": None, "octets": b"", "end": None})
            assert file["end"] is None, "a unit behind the end of its file"
            if unit.header.flags.type == cfdp.FILE_DATA:
                assert unit.body.offset == len(file["octets"]), "a gap, or a unit twice"
                file["octets"] += unit.body.data
            elif unit.body.code == cfdp.METADATA:
                assert file["name"] is None, "metadata twice"
                file["name"], file["size"] = unit.body.fields.destination_name, unit.body.fields.size
            else:
                file["end"] = unit.body.fields.condition.code
                if file["end"] == cfdp.NO_ERROR:
                    assert unit.body.fields.checksum == cfdp.checksum(file["octets"])
        return found


class PictureFlight:
    """A run of a scenario, its computers up."""

    def __init__(self, scenario: str = "surface", seed: int = 1, **settings: Any) -> None:
        self.world = SimulatedWorld()
        self.mission = Mission(self.world, scenario, seed, **settings)
        self.station = FileStation(self.mission)
        self.run(3.0)

    def run(self, seconds: float) -> None:
        """Let time pass, and listen."""
        for _ in range(round(100 * seconds) // 50):
            self.mission.run(50)
            self.station.listen()
        self.mission.run(round(100 * seconds) % 50)
        self.station.listen()

    def view(self, record: str, vehicle: str = "lander") -> Any:
        return self.vehicle(vehicle).arena.view(record)

    def vehicle(self, name: str) -> Any:
        return next(vehicle for vehicle in self.mission.vehicles if vehicle.name == name)

    def send(self, name: str, vehicle: str = "lander", **arguments: Any) -> bytes:
        return self.station.send(vehicle, name, **arguments)

    def stages(self, request: bytes) -> list[int]:
        return self.station.stages(request)

    def refusal(self, request: bytes) -> str:
        """Why a command was refused, or failed."""
        return FAILURE_CODE.name_of(self.station.failure(request)[0]) or ""

    def take(self, count: int = 1, seconds: float = 1.0, ratio: str = "SMALL") -> None:
        """Pictures of the lander, one after another; each must come to its good end."""
        for _ in range(count):
            request = self.send("take_picture", ratio=ratio)
            self.run(seconds)
            assert self.stages(request)[-1] == COMPLETED

    def picture(self, number: int, vehicle: str = "lander") -> bytes:
        """A file in the flash."""
        return bytes(self.vehicle(vehicle).storage.read(path_of(number)))

    def numbers(self, name: str, vehicle: str = "lander") -> list[int]:
        """First arguments of the events of one name, oldest first: numbers of pictures."""
        return [int.from_bytes(data[:4]) for data in self.station.told(vehicle, name)]

    def reasons(self, name: str, vehicle: str = "lander") -> list[str]:
        """Why, by the events `picture_failed` and `file_unsent`."""
        return [FAILURE_CODE.name_of(int.from_bytes(data[4:6])) or "" for data in self.station.told(vehicle, name)]

    def inject(self, device: str, kind: str, **parameters: float) -> None:
        self.mission.inject(device, kind, parameters)

    def close(self) -> None:
        self.mission.close()


def anew(flight: PictureFlight, scenario: str = "surface", **options: float) -> PictureFlight:
    """The same mission from the start, with a station that has heard nothing yet."""
    flight.station.close()
    flight.mission.reset(scenario, 1, options)
    flight.station = type(flight.station)(flight.mission)
    flight.run(3.0)
    return flight
