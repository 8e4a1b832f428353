"""Pictures: takes what the camera's driver has received, and stores each whole picture with its header in the flash. A Python slot."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np

from flight.python_slot import Command, Event, Publish
from flight.storage import Storage
from flight.telemetry import clock_ns
from wire import picture_file, time_code
from wire.dictionary import DICTIONARIES
from wire.dictionary.codes import FAILURE_CODE

RECORD_NAME: Final = "pictures"
RECORD: Final = np.dtype(
    [("octets", "<u8"), ("taken", "<u4"), ("stored", "<u4"), ("next", "<u4"), ("failed", "<u4"),
     ("finished_request", "<u4"), ("finished_code", "<u4"), ("receiving", "u1"), ("pad", "u1", 7)]
)  # fmt: skip
WINDOW: Final = 32768
MOST_OCTETS: Final = 1 << 20  # more than any camera sends: a length that says so is damage
DIRECTORY_FILES: Final = 64  # littlefs looks through a directory from its beginning
ENOSPC: Final = 28


def path_of(number: int) -> str:
    """Where picture `number` lies in the flash."""
    return f"/pictures/{number // DIRECTORY_FILES:05d}/{number:07d}.fsp"


class PictureStore:
    """Octets of the window are taken in order. A picture that is followed by another before it was whole is lost, and counted."""

    def __init__(self, storage: Storage, vehicle: str, camera: str) -> None:
        self.storage, self.camera = storage, camera
        self.book = DICTIONARIES[vehicle]
        self.parts = b""
        self.request = 0  # the picture whose parts are here
        self.counters = {"taken": 0, "stored": 0, "octets": 0, "failed": 0, "finished_request": 0, "finished_code": 0}
        self.next: int | None = None  # not yet looked up

    def step(self, tick: int, command: Command | None, inputs: dict[str, Any]) -> list[Event | Publish]:
        """Whatever has come since the last time."""
        outputs: list[Event | Publish] = []
        if self.next is None:
            self.next = self._first_free()
        reading, window = inputs[self.camera], inputs[f"{self.camera}.window"]
        request, whole = int(reading["picture"]), int(reading["octets"])
        if self.parts and request != self.request:
            outputs.append(self._lost(self.request, FAILURE_CODE["ABORTED"]))
        self.request = request
        self.parts += self._taken(window)
        if whole > MOST_OCTETS or len(self.parts) > whole:
            outputs.append(self._lost(request, FAILURE_CODE["DATA_LENGTH"]))
        elif whole and len(self.parts) == whole:
            outputs.append(self._store(inputs, reading))
        return [*outputs, Publish(self._record())]

    def _taken(self, window: Any) -> bytes:
        taken, written = self.counters["taken"], int(window["written"])
        count = written - taken & 0xFFFFFFFF
        if count > WINDOW:  # one of the two counters was hit by an upset: begin where the driver is
            self.counters["taken"] = written
            return b""
        start = taken % WINDOW
        octets = window["octets"]
        self.counters["taken"] = written
        if start + count <= WINDOW:
            return bytes(octets[start : start + count])
        return bytes(octets[start:]) + bytes(octets[: start + count - WINDOW])

    def _first_free(self) -> int:
        """Numbers go on behind what lies in the flash: it outlives the computer."""
        directories = self.storage.names("/pictures")
        if not directories:
            return 0
        names = self.storage.names(f"/pictures/{directories[-1]}")
        return int(names[-1].partition(".")[0]) + 1 if names else int(directories[-1]) * DIRECTORY_FILES

    def _lost(self, request: int, code: int) -> Event:
        self.parts = b""
        self.counters["failed"] += 1
        self.counters["finished_request"], self.counters["finished_code"] = request, code
        assert self.next is not None
        return Event(self.book.event("picture_failed").id, (self.next, code))

    def _store(self, inputs: dict[str, Any], reading: Any) -> Event:
        assert self.next is not None
        shot, epoch = inputs["imaging"], inputs["telemetry"]
        mine = int(shot["shot_request"]) == self.request
        file = picture_file.PictureFile(
            camera=self.camera,
            number=self.next,
            tick=int(reading["tick"]),
            time=time_code.from_ns(clock_ns(epoch, int(reading["tick"]))),
            ratio=int(reading["ratio"]),
            exposure_us=int(reading["exposure_us"]),
            width_px=int(reading["width_px"]),
            height_px=int(reading["height_px"]),
            altitude_m=float(shot["shot_altitude_m"]) if mine else 0.0,
            position_m=_vector(shot["shot_position_m"]),
            quaternion_site_from_body=_vector(shot["shot_quaternion"]),
            picture=self.parts,
            phase=int(shot["shot_phase"]),
            azimuth_rad=float(shot["shot_azimuth_rad"]),
            elevation_rad=float(shot["shot_elevation_rad"]),
        )
        octets = picture_file.build(file)
        try:
            self.storage.write(path_of(self.next), octets)
        except OSError as error:
            return self._lost(self.request, FAILURE_CODE["STORAGE_FULL" if error.errno == ENOSPC else "STORAGE"])
        event = Event(self.book.event("picture_stored").id, (self.next, len(octets), file.ratio, file.altitude_m))
        self.parts = b""
        self.next += 1
        self.counters["stored"] += 1
        self.counters["octets"] += len(octets)
        self.counters["finished_request"], self.counters["finished_code"] = self.request, 0
        return event

    def _record(self) -> bytes:
        record = np.zeros(1, RECORD)
        for name, value in self.counters.items():
            record[name] = value
        record["next"], record["receiving"] = self.next or 0, bool(self.parts)
        return record.tobytes()

    def freeze(self) -> bytes:
        """Counters, then the parts of the picture under way, then the flash's history."""
        head = json.dumps([self.counters, self.next, self.request], sort_keys=True).encode()
        return len(head).to_bytes(4, "little") + head + self.storage.flash.hash() + self.parts

    def thaw(self, octets: bytes) -> None:
        """The flash has a state of its own, which a reset does not touch."""
        end = 4 + int.from_bytes(octets[:4], "little")
        self.counters, self.next, self.request = json.loads(octets[4:end])
        self.parts = octets[end + 16 :]


def _vector(values: Any) -> Any:
    return tuple(float(value) for value in values)
