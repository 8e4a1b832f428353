"""Recorder: keeps the last minute of the descent's figures and writes them to a file in the flash when asked. A Python slot."""

from __future__ import annotations

import struct
import zlib
from typing import Any, Final

import numpy as np

from flight.ports import STAGE_COMPLETED, STAGE_FAILED, STAGE_STARTED
from flight.python_slot import Command, Event, Publish, Reply
from flight.storage import Storage
from wire.dictionary import LANDER
from wire.dictionary.codes import FAILURE_CODE

RECORD: Final = np.dtype([("files_stored", "<u4"), ("last_file", "<u2"), ("busy", "u1"), ("pad", "u1"), ("octets_stored", "<u8")])
INPUTS: Final = ("nav", "engine")
SAMPLES: Final = 60
SAMPLE: Final = struct.Struct("<q4d")
HEADING: Final = "tick,altitude_m,vertical_speed_m_s,thrust_n,on_time_s\n"
DIRECTORY: Final = "/log"
ENOSPC: Final = 28


def path_of(number: int) -> str:
    """Where file `number` lies in the flash."""
    return f"{DIRECTORY}/{number:05d}.csv"


class Recorder:
    """Takes a sample each period; `store_log` writes the samples. Files that were reported stored are in the flash, synced."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.samples: list[bytes] = []
        self.files_stored = self.octets_stored = self.last_file = 0

    def step(self, tick: int, command: Command | None, inputs: dict[str, Any]) -> list[Event | Reply | Publish]:
        """One sample, and one file when a command waits."""
        nav, engine = inputs["nav"], inputs["engine"]
        sample = SAMPLE.pack(tick, nav["altitude_m"], nav["vertical_speed_m_s"], engine["thrust_n"], engine["on_time_s"])
        self.samples = [*self.samples[1 - SAMPLES :], sample]
        outputs: list[Event | Reply | Publish] = [] if command is None else [*self._store(command)]
        return [*outputs, Publish(self._record())]

    def _store(self, command: Command) -> list[Event | Reply]:
        number = int(command.values[0])
        rows = (SAMPLE.unpack(sample) for sample in self.samples)
        text = HEADING + "".join(f"{tick},{','.join(f'{value:.4f}' for value in values)}\n" for tick, *values in rows)
        octets = text.encode("ascii")
        try:
            self.storage.write(path_of(number), octets)
        except OSError as error:
            code = FAILURE_CODE["STORAGE_FULL" if error.errno == ENOSPC else "STORAGE"]
            failed = LANDER.event("file_failed").id
            return [Reply(command.token, STAGE_STARTED), Event(failed, (number, code)), Reply(command.token, STAGE_FAILED, code)]
        self.files_stored += 1
        self.octets_stored += len(octets)
        self.last_file = number
        stored = Event(LANDER.event("file_stored").id, (number, len(octets), zlib.crc32(octets)))
        return [Reply(command.token, STAGE_STARTED), stored, Reply(command.token, STAGE_COMPLETED)]

    def _record(self) -> bytes:
        return np.array([(self.files_stored, self.last_file, 0, 0, self.octets_stored)], RECORD).tobytes()

    def freeze(self) -> bytes:
        """Counters, the flash's history, and the samples."""
        counters = struct.pack("<3Q", self.files_stored, self.octets_stored, self.last_file)
        return counters + self.storage.flash.hash() + b"".join(self.samples)

    def thaw(self, octets: bytes) -> None:
        """Counters and samples; the flash has a state of its own, which a reset does not touch."""
        self.files_stored, self.octets_stored, self.last_file = struct.unpack_from("<3Q", octets)
        body = octets[24 + 16 :]
        self.samples = [body[i : i + SAMPLE.size] for i in range(0, len(body), SAMPLE.size)]
