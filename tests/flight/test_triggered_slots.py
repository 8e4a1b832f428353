"""Python slots that a counter sets off, that send packets, and that belong to the world."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flight import relay, scenarios
from flight.mission import Mission
from flight.page import PythonPart, SlotRow
from flight.python_slot import Packet
from flight.recording import Recorder, read_recording
from flight.replay import Verdict, replay
from hal.core.world import WorldPythonSlot
from tests.flight.station import EmptyWorld
from tests.house import PATIENCE_S
from wire.tm_frame import Reassembler

APID = 0x141
LATENCY = 5
ASKS_AT_ONCE = 77  # the seed for which the world itself asks, before the first tick


class Copier(EmptyWorld):
    """A world that copies a request, late and doubled."""

    def __init__(self) -> None:
        super().__init__()
        self.arena.record("request", np.dtype([("number", "<u4"), ("value", "<u4")]))
        self.arena.record("answer", np.dtype([("value", "<u8"), ("runs", "<u8")]))
        self.application = Doubler()
        self.kept = b"kept"

    def initialise(self, scenario: str, seed: int, options: Any) -> None:
        self.kept = b"kept"
        if seed == ASKS_AT_ONCE:
            self.arena.view("request")["number"] = 1

    def python_slots(self) -> list[WorldPythonSlot]:
        return [WorldPythonSlot("copier", self.application, LATENCY / 1000, "request.number", ("request",), "answer")]

    def save_outside(self) -> bytes:
        return self.kept

    def load_outside(self, octets: bytes) -> None:
        self.kept = octets


class Doubler:
    hold: threading.Event | None = None

    def __init__(self) -> None:
        self.runs = 0

    def step(self, tick: int, inputs: dict[str, Any]) -> bytes:
        if Doubler.hold is not None:
            Doubler.hold.wait(PATIENCE_S)
        self.runs += 1
        return struct.pack("<QQ", 2 * int(inputs["request"]["value"]), self.runs)

    def freeze(self) -> bytes:
        return self.runs.to_bytes(8, "little")

    def thaw(self, octets: bytes) -> None:
        self.runs = int.from_bytes(octets, "little")


class Sender:
    """One packet, into the channel of files, each time it runs."""

    oversize = False

    def __init__(self, storage: Any) -> None:
        self.count = 0

    def step(self, tick: int, command: Any, inputs: dict[str, Any]) -> list[Any]:
        self.count += 1
        data = bytes(2000 if Sender.oversize else 40)
        return [Packet(struct.pack(">HHH", 0x0000 | APID, 0xC000 | self.count, len(data) - 1) + data, 2)]

    def freeze(self) -> bytes:
        return bytes([self.count])

    def thaw(self, octets: bytes) -> None:
        self.count = octets[0]


@pytest.fixture(autouse=True)
def free() -> Iterator[None]:
    Doubler.hold, Sender.oversize = None, False
    yield
    Doubler.hold = None


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    part = PythonPart("sender", "tests.flight.test_triggered_slots:Sender", 0.003, 0.0, (), ("sent", np.dtype("u1")))
    changed = replace(relay.PAGE, parts=(*relay.PAGE.parts, replace(part, trigger="link.tc_packets_accepted")),
        owners={**relay.PAGE.owners, "system": "sender"},
                      schedule=(*relay.PAGE.schedule, SlotRow("sender.slot", 1, 0, 1, 9)))  # fmt: skip
    row = replace(scenarios.SCENARIOS["bench"], pages=(replace(changed, frame_budget_us=90_000),))
    monkeypatch.setitem(scenarios.SCENARIOS, "bench", row)


def ask(mission: Mission, value: int) -> None:
    """A request from whatever in the world asks: here, the test."""
    request = mission.world.arena.view("request")
    request["value"] = value
    request["number"] += 1


def test_a_slot_of_the_world_runs_once_for_each_move_of_its_trigger_and_publishes_after_its_latency() -> None:
    mission = Mission(Copier(), "bench", 1)
    mission.run(20)
    assert mission.world.arena.view("answer")["runs"] == 0
    ask(mission, 21)
    mission.run(LATENCY)
    assert mission.world.arena.view("answer")["value"] == 0
    mission.run(1)
    assert mission.world.arena.view("answer")["value"] == 42
    mission.run(50)
    assert mission.world.arena.view("answer")["runs"] == 1
    mission.close()


def test_a_snapshot_holds_a_run_that_is_under_way_in_the_world_and_what_lies_outside_the_arena() -> None:
    mission = Mission(Copier(), "bench", 1)
    mission.run(20)
    ask(mission, 4)
    mission.run(2)
    mission.world.kept = b"moved"
    octets = mission.snapshot()
    mission.run(100)
    digest = mission.digest()
    for other in (mission, Mission(Copier(), "bench", 2)):
        other.restore(octets)
        assert other.world.kept == b"moved"
        other.run(100)
        assert other.digest() == digest
        assert other.world.arena.view("answer")["value"] == 8
        other.close()


def test_a_reset_takes_the_world_s_slots_back_to_their_start() -> None:
    mission = Mission(Copier(), "bench", 1)
    ask(mission, 4)
    mission.run(20)
    mission.reset("bench", 1)
    assert mission.world.application.runs == 0
    mission.run(20)
    assert mission.world.arena.view("answer")["runs"] == 0
    mission.close()


def test_a_packet_of_a_python_slot_goes_down_on_the_channel_of_files(page: None) -> None:
    mission = Mission(EmptyWorld(), "bench", 1)
    reader = mission.outlet.reader()
    mission.run(1500)
    mission.vehicles[0].arena.view("link")["tc_packets_accepted"] += 1
    mission.run(20)
    channel, heard = Reassembler(), []
    while (frame := reader.take()) is not None:
        if frame[1] >> 1 & 7 == 2:
            heard += channel.feed(frame)
    assert [packet[:2] for packet in heard if packet[0] & 7 == 1] == [struct.pack(">H", APID)]
    mission.close()


def test_a_packet_that_no_frame_could_carry_is_the_application_s_failure(page: None, caplog: pytest.LogCaptureFixture) -> None:
    Sender.oversize = True
    mission = Mission(EmptyWorld(), "bench", 1)
    mission.run(1500)
    mission.vehicles[0].arena.view("link")["tc_packets_accepted"] += 1
    mission.run(20)
    assert mission.vehicles[0].arena.view("sender.slot")["failures"] == 1
    assert "2006 octets" in caplog.text
    mission.close()


def test_a_trigger_that_is_no_counter_is_refused(page: None, monkeypatch: pytest.MonkeyPatch) -> None:
    row = scenarios.SCENARIOS["bench"]
    part = replace(row.pages[0].parts[-1], trigger="system.uptime_s")
    monkeypatch.setitem(scenarios.SCENARIOS, "bench", replace(row, pages=(replace(row.pages[0], parts=(*row.pages[0].parts[:-1], part)),)))
    with pytest.raises(ValueError, match="must be u4"):
        Mission(EmptyWorld(), "bench", 1)


def test_a_picture_that_comes_late_in_real_time_comes_as_late_in_the_replay(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run", {"speed": "real"})
    mission = Mission(Copier(), "bench", ASKS_AT_ONCE, real_time=True, recorder=recorder)
    Doubler.hold = threading.Event()
    mission.run_real(1100)
    assert mission.world.arena.view("answer")["runs"] == 0
    Doubler.hold.set()
    mission.settle()
    mission.run_real(950)
    assert mission.world.arena.view("answer")["runs"] == 1
    recorder.end(mission.tick, mission.digest())
    mission.close()
    recorder.close()
    recording = read_recording(tmp_path / "run")
    verdict = Verdict(recording.entries)
    again = Mission(Copier(), "bench", ASKS_AT_ONCE, recorder=verdict)
    replay(recording, verdict, again)
    assert (verdict.difference, verdict.compared) == (None, 2)
    assert again.world.arena.view("answer")["runs"] == 1
    again.close()
