"""Security on board (CCSDS 355.0-B-2): the unit that judges telecommand frames, and where it stands between radio and requests.

A frame is judged before FARM-1 sees it: what is forged moves no counter of COP-1. Control frames (type C) stand outside of SDLS and pass;
so does what is no sound frame, which the service of requests refuses by its own reasons. Telemetry is sealed at the door
(`flight.security_downlink`). docs/security.md tells the whole.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flight.executive import Row
from flight.python_slot import Publish, PythonSlot
from flight.security_gate import INTERNAL, Gate
from flight.security_numbers import Numbers
from wire import fsr, sdls, tc_frame
from wire.key_file import LARGEST_OCTETS, KeyFileError, Keys, parse
from wire.key_file import Row as KeyRow
from wire.sdls import Direction, Receiver, Refusal, RefusedError
from wire.tc_frame import TcFrameError

if TYPE_CHECKING:
    from flight.link import Radio
    from flight.record_log import RecordLog
    from flight.vehicle import Vehicle
    from hal.core.arena import Arena

FIRST_INDEX = 240  # numbers of the units' Python slots in logs
NUMBER_OCTETS = 16
MOST_ASSOCIATIONS = 4
PATIENCE_S = 10.0  # for a batch under judgement, before it counts as lost
COST_US, GATE_COST_US, BUDGET_US = 30.0, 0.5, 200.0

log = logging.getLogger("farside.security")


def read_keys(path: Path) -> Keys:
    """Raises OSError, and KeyFileError that names the file and never what is in it."""
    with open(path, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        try:
            return parse(file.read(LARGEST_OCTETS), mode)
        except KeyFileError as error:
            raise KeyFileError(f"--keys {path}: {error}") from None


class UplinkUnit:
    """The Python slot's application: a function of the batch that it is given, and of nothing else but the keys.

    The numbers come with the batch and go back with the answer; on the disk they are before anything is passed on.
    """

    def __init__(self, spacecraft_id: int, rows: list[KeyRow], numbers: Numbers, kind: np.dtype[Any]) -> None:
        if len(rows) > MOST_ASSOCIATIONS:
            raise ValueError(f"{len(rows)} associations for one uplink; {MOST_ASSOCIATIONS} at most")
        self.rows, self._numbers, self._kind = rows, numbers, kind
        self._receiver = Receiver([row.unit for row in rows], spacecraft_id, Direction.TC)

    def freeze(self) -> bytes:
        """Nothing is carried from batch to batch."""
        return b""

    def thaw(self, octets: bytes) -> None:
        """Nothing is carried from batch to batch."""

    def step(self, tick: int, command: Any, inputs: dict[str, Any]) -> list[Any]:
        given = inputs["security.in"]
        found = np.zeros((), self._kind)
        count = min(int(given["count"]), len(found["length"]))
        found["batch"], found["count"], found["next"], found["report"] = given["batch"], count, given["next"], given["report"]
        try:
            self._judge(given, found, count)
        except Exception:
            log.exception("the security unit failed at tick %d: a batch of %d frames is refused", tick, count)
            found["verdict"], found["next"], found["report"] = INTERNAL, given["next"], given["report"] | fsr.ALARM
        return [Publish(found.tobytes())]

    def _judge(self, given: Any, found: Any, count: int) -> None:
        fresh = given["next"].reshape(-1, NUMBER_OCTETS)
        before = {row.association.spi: int.from_bytes(fresh[i].tobytes(), "big") for i, row in enumerate(self.rows)}
        self._receiver.last = {spi: number - 1 for spi, number in before.items()}
        self._receiver.report = int(given["report"])
        places, clear = given["octets"].reshape(len(found["length"]), -1), found["octets"].reshape(len(found["length"]), -1)
        for i in range(count):
            octets, found["verdict"][i] = self._open(places[i].tobytes()[: int(given["length"][i])])
            found["length"][i] = len(octets)
            clear[i, : len(octets)] = np.frombuffer(octets, np.uint8)
        after = {row: self._receiver.last[row.association.spi] + 1 for row in self.rows}
        self._numbers.accept({row.fingerprint: number for row, number in after.items() if number > before[row.association.spi]})
        found["report"] = self._receiver.report
        for i, number in enumerate(after.values()):
            found["next"][i * NUMBER_OCTETS : (i + 1) * NUMBER_OCTETS] = np.frombuffer(number.to_bytes(NUMBER_OCTETS, "big"), np.uint8)

    def _open(self, candidate: bytes) -> tuple[bytes, int]:
        """A candidate as it may go on, and 0; or nothing, and why."""
        verdict, _ = tc_frame.parse(candidate)
        if verdict != TcFrameError.TC_FRAME_OK or sdls.is_control(candidate):
            return candidate, 0
        frame = candidate[: ((candidate[2] & 3) << 8 | candidate[3]) + 1]  # without the fill that a CLTU adds
        try:
            return self._receiver.open(frame), 0
        except RefusedError as error:
            return b"", int(error.reason)


class Security:
    """The keys of a mission, its numbers, and what of it stands in the loop."""

    def __init__(self, keys: Keys, state: Path) -> None:
        """Raises OSError, or ValueError when the state directory's numbers are damaged."""
        self.keys, self.numbers = keys, Numbers(state)

    def install(self, vehicle: Vehicle, radio: Radio, harness: Arena, record_log: RecordLog) -> list[Row]:
        """Put the unit before a connected vehicle's service of requests, and make room in its telemetry; rows that run before its own."""
        down = self.keys.sender(vehicle.name, Direction.TM).association
        gate = Gate(
            vehicle.arena, harness, vehicle.name, radio, vehicle.parts["requests"], vehicle.parts["downlink"], vehicle.telemetry,
            vehicle.links["requests"], vehicle.dictionary.event("uplink_rejected").id, down.head_octets, down.tail_octets,
            round(PATIENCE_S * vehicle.ticks_per_second),
        )  # fmt: skip
        kind = vehicle.arena.records["security.out"].view.dtype
        unit = UplinkUnit(vehicle.dictionary.vehicle.spacecraft_id, self._uplink(vehicle.name), self.numbers, kind)
        slot = PythonSlot(
            vehicle.arena, vehicle.computer, None, unit, record_log, name="security", index=FIRST_INDEX + vehicle.computer.index,
            latency_ticks=1, inputs=("security.in",), record="security.out", trigger="security.in.batch",
        )  # fmt: skip
        vehicle.python_slots.append(slot)
        vehicle.parts["security"] = gate
        place = vehicle.computer.index
        return [
            Row(f"{vehicle.name}.security.gather", gate.gather, place, cost_us=GATE_COST_US, budget_us=BUDGET_US),
            Row(f"{vehicle.name}.security", slot.slot, place, cost_us=COST_US, budget_us=BUDGET_US, python=True),
            Row(f"{vehicle.name}.security.deliver", gate.deliver, place, cost_us=GATE_COST_US, budget_us=BUDGET_US),
        ]

    def _uplink(self, vehicle: str) -> list[KeyRow]:
        return self.keys.of(vehicle, Direction.TC)

    def restore(self, vehicle: str, record: Any) -> None:
        """At the start of a run: what was accepted before stays accepted, and is refused."""
        numbers = [self.numbers.received(row.fingerprint) for row in self._uplink(vehicle)]
        octets = b"".join(number.to_bytes(NUMBER_OCTETS, "big") for number in numbers)
        record["next"][: len(octets)] = np.frombuffer(octets, np.uint8)

    @staticmethod
    def counters(record: Any) -> dict[str, int]:
        """Of one vehicle, from its record in the harness: frames passed, and refused by reason."""
        return {"passed": int(record["passed"])} | {reason.name.lower(): int(record["refused"][reason]) for reason in Refusal}
