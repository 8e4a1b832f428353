"""Files: sends stored pictures down by CFDP class 1 (CCSDS 727.0-B-5, 4.4), a unit a space packet, on the virtual channel of files.

A Python slot that triggers itself: while there is something to send it publishes a new `turn` with each run, and runs again when that is
out. It sends no more than the channel's queue has room for, so that the link's rate decides and nothing is lost on board.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from flight.apps.pictures import path_of
from flight.ports import STAGE_COMPLETED, STAGE_START_FAILED, STAGE_STARTED
from flight.python_slot import Command, Event, Packet, Publish, Reply
from flight.storage import Storage
from wire import cfdp, space_packet
from wire.dictionary import DICTIONARIES
from wire.dictionary.codes import FAILURE_CODE
from wire.dictionary.mission import GROUND_ENTITY, TM_FILES

RECORD: Final = np.dtype(
    [("octets", "<u8"), ("turn", "<u4"), ("waiting", "<u4"), ("sent", "<u4"), ("transaction", "<u4"), ("picture", "<u4"), ("pad", "<u4")]
)
DATA_OCTETS: Final = 1024
MOST_WAITING: Final = 100_000
MOST_UNSENT: Final = 8  # pictures in one step that are not there: each takes a look into the flash, and an event
MISSING: Final = 2  # ENOENT


@dataclass(slots=True)
class Sending:
    """The file under way. `next` is the offset of the unit that comes next; -1: the metadata."""

    picture: int
    transaction: int
    next: int = -1
    checksum: int = 0


class FileSender:
    """Sends one file after another, each as one transaction: metadata, data, end of file."""

    def __init__(self, storage: Storage, vehicle: str, camera: str) -> None:
        self.storage, self.camera = storage, camera
        self.book = DICTIONARIES[vehicle]
        self.entity = self.book.vehicle.spacecraft_id
        self.apid = next(apid.number for apid in self.book.vehicle.apids if apid.name == "files")
        self.functions = {c.function: c.name for c in self.book.commands if c.apid == self.apid}
        self.ranges: list[list[int]] = []  # first, last, step of what waits
        self.sending: Sending | None = None
        self.farewell: bytes | None = None  # the end of a cancelled file, for which there was no room yet
        self.sequence = self.sent = self.octets = self.turn = self.transactions = self.last = 0
        self._file: tuple[int, bytes] | None = None  # a cache of the flash: no state

    def step(self, tick: int, command: Command | None, inputs: dict[str, Any]) -> list[Any]:
        """As many units as there is room for."""
        outputs: list[Any] = [] if command is None else self._obey(command)
        queue = inputs["telemetry.files"]
        room = int(queue["capacity"]) - (int(queue["head"]) - int(queue["tail"]))
        if room > 0 and self.farewell is not None:
            outputs.append(self._packet(self.farewell))
            self.farewell = None
            room -= 1
        unsent = 0
        while room > 0 and unsent < MOST_UNSENT and (self.sending is not None or self.ranges):
            if self.sending is None and not self._begin(int(inputs["system"]["boot_count"]), outputs):
                unsent += 1
                continue
            outputs.append(self._unit(outputs))
            room -= 1
        busy = self.sending is not None or bool(self.ranges) or self.farewell is not None
        self.turn = self.turn + busy & 0xFFFFFFFF
        return [*outputs, Publish(self._record())]

    # --- commands ---

    def _obey(self, command: Command) -> list[Any]:
        if self.functions.get(command.function) == "send_stop":
            return self._cancel(command)
        first, last, step = (int(value) for value in command.values)
        code = 0
        if last < first or step < 1:
            code = FAILURE_CODE["ARGUMENT_RANGE"]
        elif self._waiting() + (last - first) // step + 1 > MOST_WAITING:
            code = FAILURE_CODE["QUEUE_FULL"]
        if code:
            return [Reply(command.token, STAGE_START_FAILED, code)]
        self.ranges.append([first, last, step])
        return [Reply(command.token, STAGE_STARTED), Reply(command.token, STAGE_COMPLETED)]

    def _cancel(self, command: Command) -> list[Any]:
        """An EOF with its condition tells the receiver (4.11.2.2)."""
        outputs: list[Any] = [Reply(command.token, STAGE_STARTED)]
        if self.sending is not None and self.sending.next >= 0:
            self.farewell = cfdp.end_of_file(self._transaction(), self.sending.next, self.sending.checksum, cfdp.CANCELLED)
        self.ranges, self.sending = [], None
        return [*outputs, Reply(command.token, STAGE_COMPLETED)]

    def _waiting(self) -> int:
        return sum((last - first) // step + 1 for first, last, step in self.ranges)

    # --- one file ---

    def _begin(self, boot_count: int, outputs: list[Any]) -> bool:
        """Take the next picture that exists; False when it could not be read, which is told."""
        first, last, step = self.ranges[0]
        self.ranges = ([[first + step, last, step]] if first + step <= last else []) + self.ranges[1:]
        try:
            self._read(first)
        except OSError as error:
            code = FAILURE_CODE["ARGUMENT_RANGE" if error.errno == MISSING else "STORAGE"]
            outputs.append(Event(self.book.event("file_unsent").id, (first, code)))
            return False
        self.transactions += 1
        # Sixteen bits of boots above sixteen of transactions: a computer that starts anew must not use a number twice.
        self.sending = Sending(first, (boot_count & 0xFFFF) << 16 | self.transactions & 0xFFFF)
        self.last = self.sending.transaction
        return True

    def _read(self, picture: int) -> bytes:
        if self._file is None or self._file[0] != picture:
            self._file = picture, self.storage.read(path_of(picture))
        return self._file[1]

    def _transaction(self) -> cfdp.Transaction:
        assert self.sending is not None
        return cfdp.Transaction(self.entity, self.sending.transaction, GROUND_ENTITY)

    def _unit(self, outputs: list[Any]) -> Packet:
        """The next unit of the file under way."""
        sending = self.sending
        assert sending is not None
        octets = self._read(sending.picture)
        if sending.next < 0:
            sending.next = 0
            name = f"{self.book.vehicle.name}-{self.camera}-{sending.picture:07d}.fsp"
            return self._packet(cfdp.metadata(self._transaction(), len(octets), path_of(sending.picture), name))
        if sending.next < len(octets):
            part = octets[sending.next : sending.next + DATA_OCTETS]
            unit = cfdp.file_data(self._transaction(), sending.next, part)
            sending.checksum = sending.checksum + cfdp.checksum(part, sending.next) & 0xFFFFFFFF
            sending.next += len(part)
            return self._packet(unit)
        unit = cfdp.end_of_file(self._transaction(), len(octets), sending.checksum)
        self.sent += 1
        self.octets += len(octets)
        outputs.append(Event(self.book.event("file_sent").id, (sending.picture, len(octets), sending.transaction)))
        self.sending = None
        return self._packet(unit)

    def _packet(self, unit: bytes) -> Packet:
        octets = space_packet.build_plain(self.apid, self.sequence, unit)
        self.sequence = self.sequence + 1 & 0x3FFF
        return Packet(octets, TM_FILES)

    # --- state ---

    def _record(self) -> bytes:
        waiting, picture = self._waiting() + (self.sending is not None), self.sending.picture if self.sending is not None else 0
        return np.array([(self.octets, self.turn, waiting, self.sent, self.last, picture, 0)], RECORD).tobytes()

    def freeze(self) -> bytes:
        """All of it, as text: numbers and ranges."""
        counters = [self.sequence, self.sent, self.octets, self.turn, self.transactions, self.last]
        sending = asdict(self.sending) if self.sending is not None else None
        return json.dumps([counters, self.ranges, sending, self.farewell.hex() if self.farewell is not None else None]).encode()

    def thaw(self, octets: bytes) -> None:
        counters, self.ranges, sending, farewell = json.loads(octets)
        self.sequence, self.sent, self.octets, self.turn, self.transactions, self.last = counters
        self.sending = Sending(**sending) if sending is not None else None
        self.farewell = bytes.fromhex(farewell) if farewell is not None else None
        self._file = None
