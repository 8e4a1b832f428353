"""Python slots: latched at tick n, published at tick n + latency, inline or on a thread."""

import struct
import threading
from dataclasses import replace

import numpy as np
import pytest

from flight import relay, scenarios
from flight.mission import Mission
from flight.page import PythonPart, SlotRow
from flight.ports import STAGE_COMPLETED, STAGE_STARTED
from flight.python_slot import Event, Publish, Reply
from flight.recording import Recorder, read_recording
from flight.replay import Verdict, replay
from tests.flight.station import EmptyWorld, Station
from tests.house import PATIENCE_S, eventually

COUNTER = np.dtype([("sum", "<f8"), ("steps", "<u4"), ("pad", "<u4")])
LATENCY, PERIOD = 7, 50


class Adder:
    """Adds up the uptime that it sees; fails when told to; can be held up."""

    hold: threading.Event | None = None
    fail = False

    def __init__(self, storage):
        assert storage is None
        self.sum, self.steps, self.seen = 0.0, 0, []

    def step(self, tick, command, inputs):
        if Adder.hold is not None:
            Adder.hold.wait(PATIENCE_S)
        if Adder.fail:
            raise RuntimeError("told to")
        self.sum += float(inputs["system"]["uptime_s"])
        self.steps += 1
        self.seen.append((tick, float(inputs["system"]["uptime_s"])))
        out = [Publish(np.array([(self.sum, self.steps, 0)], COUNTER).tobytes())]
        if command is not None:
            out += [Reply(command.token, STAGE_STARTED), Reply(command.token, STAGE_COMPLETED), Event(4, (0.5, 1))]
        return out

    def freeze(self):
        return struct.pack("<dI", self.sum, self.steps)

    def thaw(self, octets):
        self.sum, self.steps = struct.unpack("<dI", octets)


@pytest.fixture(autouse=True)
def free():
    Adder.hold, Adder.fail = None, False
    yield
    Adder.hold, Adder.fail = None, False


@pytest.fixture
def make(monkeypatch):
    part = PythonPart("adder", "tests.flight.test_python_slot:Adder", LATENCY / 1000, PERIOD / 1000, ("system",), ("adder", COUNTER))
    page = replace(
        relay.PAGE,
        parts=(*relay.PAGE.parts, part),
        owners={**relay.PAGE.owners, "system": "adder"},
        schedule=(*relay.PAGE.schedule, SlotRow("adder.slot", 1, 0, 1, 9)),
    )
    row = replace(scenarios.SCENARIOS["bench"], pages=(replace(page, frame_budget_us=90_000),))
    monkeypatch.setitem(scenarios.SCENARIOS, "bench", row)
    made = []

    def build(**settings):
        made.append(Mission(EmptyWorld(), "bench", 1, **settings))
        return made[-1]

    yield build
    for mission in made:
        mission.close()


def adder(mission):
    return mission.vehicles[0].python_slots[0]


def test_inputs_are_those_of_tick_n_and_outputs_come_out_at_n_plus_latency(make):
    mission = make()
    mission.run(1001)
    assert mission.peek("relay.adder.slot.running") == 1
    assert mission.peek("relay.adder.slot.latched_tick") == 1000
    mission.run(LATENCY - 1)
    assert mission.peek("relay.adder.steps") == 0
    mission.run(1)
    assert mission.peek("relay.adder.steps") == 1
    mission.run(PERIOD)
    assert adder(mission).application.seen == [(1000, 0.0), (1050, pytest.approx(0.050))]


def test_a_command_for_a_python_slot_is_answered_when_it_publishes(make):
    mission = make()
    station = Station(mission)
    mission.run(1060)
    mission.poke("relay.mode.mode", 0)
    request = station.send("relay", "standby")
    mission.run(LATENCY)
    stages = station.stages(request)
    mission.run(2)
    assert (stages, station.stages(request)) == ([1], [1, 3, 7])
    assert "computer_overrun" in station.events("relay")


def test_an_application_that_raises_is_counted_and_the_spacecraft_flies_on(make, caplog):
    mission = make()
    Adder.fail = True
    mission.run(1200)
    assert mission.peek("relay.adder.slot.failures") == 4
    assert "told to" in caplog.text
    Adder.fail = False
    mission.run(100)
    assert mission.peek("relay.adder.steps") >= 1


@pytest.mark.parametrize("how", ["freeze", "exit"])
@pytest.mark.parametrize("real_time", [False, True])
def test_an_application_that_cannot_say_its_state_or_wants_to_end_everything_ends_nothing(make, monkeypatch, how, real_time):
    def raising(*given):
        raise RuntimeError("no state") if how == "freeze" else SystemExit(3)

    mission = make(real_time=real_time)

    def run(ticks):
        """In real time the thread gets its turn between two latches, also when the machine lags behind and makes up for what it missed."""
        for _ in range(ticks // 40):
            (mission.run_real if real_time else mission.run)(40)
            mission.settle()

    run(1040)
    with monkeypatch.context() as patch:
        patch.setattr(Adder, "freeze" if how == "freeze" else "step", raising)
        run(200)
    run(200)
    assert 3 <= mission.peek("relay.adder.slot.failures") <= 5
    assert mission.peek("relay.adder.slot.published") >= 7
    assert len(mission.digest()) == 32


def test_a_command_whose_count_was_flipped_has_no_more_values_than_it_can_hold(make, monkeypatch):
    seen = []
    mission = make()
    mission.run(1040)
    octets = bytearray(72)
    octets[0], octets[6:8] = 9, b"\xff\xff"  # token 9, count 65535
    arena = mission.vehicles[0].arena
    arena.view("adder.commands.units")[8:16] = np.frombuffer(struct.pack("=II", 0, 72), np.uint8)
    arena.view("adder.commands.units")[16:88] = np.frombuffer(bytes(octets), np.uint8)
    arena.view("adder.commands")["head"] += 1
    monkeypatch.setattr(adder(mission).application, "step", lambda tick, command, inputs: seen.append(command) or [])
    mission.run(1)
    assert [len(command.values) for command in seen] == [8]


def test_a_reset_of_its_computer_starts_the_application_anew(make):
    mission = make()
    mission.run(1500)
    assert mission.peek("relay.adder.steps") == 10
    mission.computer("relay", "reset")
    mission.run(1 + 1000 + LATENCY)
    assert mission.peek("relay.adder.steps") == 1


def test_a_latency_of_no_tick_is_refused(make, monkeypatch):
    row = scenarios.SCENARIOS["bench"]
    part = replace(row.pages[0].parts[-1], latency_s=0.0)
    monkeypatch.setitem(scenarios.SCENARIOS, "bench", replace(row, pages=(replace(row.pages[0], parts=(*row.pages[0].parts[:-1], part)),)))
    with pytest.raises(ValueError, match="at least one"):
        Mission(EmptyWorld(), "bench", 1)


class Tape:
    """A recorder in memory."""

    def __init__(self):
        self.inputs, self.digests = [], {}

    def input(self, tick, kind, payload):
        self.inputs.append((tick, kind, payload))

    def digest(self, second, value):
        self.digests[second] = value


def test_in_real_time_an_output_that_is_not_there_when_due_is_an_overrun_and_comes_late(make):
    tape = Tape()
    mission = make(real_time=True, recorder=tape)
    Adder.hold = threading.Event()
    mission.run_real(1200)  # the application is held since tick 1000
    assert mission.peek("relay.adder.slot.overruns") == 1
    assert mission.peek("relay.adder.steps") == 0
    Adder.hold.set()
    mission.settle()
    mission.run_real(800)
    assert mission.peek("relay.adder.steps") >= 1
    late = [payload for _, kind, payload in tape.inputs if kind == "late"]
    assert struct.unpack("<qqq", late[0])[1:] == (1000, -1)
    latched, published = struct.unpack("<qqq", late[1])[1:]
    assert latched == 1000
    assert published >= 1200
    assert mission.status()["digests_missed"] == 0
    mission.settle()
    assert set(tape.digests) == {1, 2}


def test_a_completion_that_never_came_does_not_come_in_the_replay_either(make, tmp_path):
    recorder = Recorder(tmp_path / "run", {"speed": "real"})
    mission = make(real_time=True, recorder=recorder)
    Adder.hold = threading.Event()
    for second, ticks in ((1, 1500), (2, 550)):  # the application is held since tick 1000
        mission.run_real(ticks)
        assert eventually(lambda second=second: mission.digests(second))
    mission.computer("relay", "reset")
    mission.run_real(10)
    Adder.hold.set()
    mission.run_real(1060)
    recorder.end(mission.tick, mission.digest())
    mission.settle()
    recorder.close()
    recording = read_recording(tmp_path / "run")
    verdict = Verdict(recording.entries)
    replay(recording, verdict, make(recorder=verdict))
    assert (verdict.difference, verdict.compared) == (None, 3)


def test_a_run_that_outlives_its_computer_publishes_nothing_and_the_next_life_starts_anew(make):
    mission = make(real_time=True)
    Adder.hold = threading.Event()
    mission.run_real(1010)  # the application is held since tick 1000
    mission.computer("relay", "reset")
    mission.run_real(1020)  # it boots at tick 2010, and latches there
    assert mission.peek("relay.adder.slot.latched_tick") == 2010
    Adder.hold.set()
    mission.settle()
    mission.run_real(1)
    assert [tick for tick, _ in adder(mission).application.seen] == [1000, 2010]
    assert mission.peek("relay.adder.steps") == 1
    assert mission.peek("relay.adder.slot.published") == 1
