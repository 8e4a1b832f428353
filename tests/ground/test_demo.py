"""The demonstration's parts: what it does when something is not as told, what it leaves alone, and how it tells and draws."""

import io
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from ground import demo, plots
from ground.archive import Archive
from ground.bench import Emulator
from ground.decode import EventReport, decode
from ground.demo_lockstep import Lockstep
from ground.demo_narrator import Narrator
from ground.demo_plans import SHORT
from ground.demo_report import joined
from ground.demo_steps import STEPS, Facts, Mission, Step, StepFailedError, expect
from ground.endpoint import Endpoint
from ground.errors import BadArgumentError, GroundError, NothingCameError
from ground.options import StationOptions
from ground.packet import packet_from_octets
from ground.station import Station
from ground.telemetry import history
from tests.ground.fake import EPOCH_NS, LANDER
from tests.ground.programs import event
from wire import pus, time_code

FAST = 1000.0
PNG = b"\x89PNG\r\n\x1a\n"


def silent() -> tuple[Narrator, io.StringIO]:
    written = io.StringIO()
    return Narrator(Console(file=written, width=200), 3), written


@contextmanager
def lockstep(folder: Path) -> Iterator[Lockstep]:
    """A spacecraft and a station in step, as the demonstration has them."""
    narrator, _ = silent()
    with Emulator(scenario="hover", speed="max") as emulator:
        options = StationOptions(Endpoint(*emulator.tc), Endpoint(*emulator.tm), folder, FAST)
        with Station(options) as station:
            yield Lockstep(emulator, station, narrator)


def course(times: list[float]) -> plots.Flight:
    """A fall at 2 m/s, told without an error."""
    time_s = np.array(times)
    altitude, speed, sigma = 100.0 - 2.0 * time_s, np.full(time_s.shape, -2.0), np.full(time_s.shape, 0.1)
    return plots.Flight(time_s, altitude, speed, sigma, time_s, altitude, speed)


# --- when it is not as told ---


def test_a_step_that_is_not_as_told_ends_the_demonstration_with_1_and_stands_in_the_report(tmp_path, monkeypatch, capsys) -> None:
    emulators = watch_emulators(monkeypatch)
    reached: list[str] = []

    def refuse(mission: Mission) -> Facts:
        mission.flight.pass_seconds(0.2)
        expect(False, "the Moon is made of cheese", "basalt")
        return {}

    steps = (STEPS[0], Step("cheese", "Cheese", refuse), Step("after", "After", lambda m: reached.append("x") or {}))
    assert demo.run(replace(SHORT, steps=steps), seed=2, speed=FAST, out=tmp_path / "out") == 1
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert (report["passed"], report["failure"]) == (False, "cheese: the Moon is made of cheese; found: basalt")
    assert [(step["step"], step["passed"]) for step in report["steps"]] == [("boot", True), ("cheese", False)]
    assert report["archive"]["branches"][0]["packets"] > 0
    assert not reached
    assert not emulators[0].is_running()
    assert "the Moon is made of cheese; found: basalt" in capsys.readouterr().out


def test_an_emulator_that_dies_is_an_error_with_a_message_and_what_was_known_is_kept(tmp_path, monkeypatch) -> None:
    emulators = watch_emulators(monkeypatch)

    def die(mission: Mission) -> Facts:
        process = emulators[0].process
        assert process is not None
        process.kill()
        mission.flight.pass_seconds(1.0)
        return {}

    steps = (STEPS[0], Step("die", "Die", die))
    with pytest.raises(GroundError, match="the emulator failed"):
        demo.run(replace(SHORT, steps=steps), seed=2, speed=FAST, out=tmp_path, as_json=True)
    report = json.loads((tmp_path / "report.json").read_text())
    assert not report["passed"]
    assert "the emulator failed" in report["failure"]
    assert [step["step"] for step in report["steps"]] == ["boot"]


def test_an_emulator_that_does_not_start_is_an_error_with_its_last_words(tmp_path) -> None:
    with pytest.raises(GroundError, match="there is no scenario 'nowhere'"):
        demo.run(replace(SHORT, scenario="nowhere"), seed=1, speed=FAST, out=tmp_path, as_json=True)


def watch_emulators(monkeypatch: pytest.MonkeyPatch) -> list[Emulator]:
    """The emulators that the demonstration makes."""
    made: list[Emulator] = []

    def make(**options: str | float) -> Emulator:
        made.append(Emulator(**options))
        return made[-1]

    monkeypatch.setattr(demo, "Emulator", make)
    return made


def test_expect_says_what_was_told_and_what_was_found() -> None:
    expect(True, "nothing", "to say")
    with pytest.raises(StepFailedError, match=r"^four wheels; found: three$"):
        expect(0, "four wheels", "three")


# --- what it leaves alone ---


def test_an_archive_that_is_not_a_demonstrations_is_never_thrown_away(tmp_path) -> None:
    with Archive(tmp_path / "archive"):
        pass
    before = (tmp_path / "archive/archive.sqlite").read_bytes()
    with pytest.raises(BadArgumentError, match="not from an earlier demonstration"):
        demo.prepare(tmp_path)
    (tmp_path / "report.json").write_text('{"program": "another"}')
    with pytest.raises(BadArgumentError):
        demo.prepare(tmp_path)
    assert (tmp_path / "archive/archive.sqlite").read_bytes() == before


def test_an_earlier_demonstration_makes_room_and_other_files_stay(tmp_path) -> None:
    with Archive(tmp_path / "archive"):
        pass
    (tmp_path / "report.json").write_text('{"program": "farside demo"}')
    (tmp_path / "altitude_speed.png").write_bytes(b"old")
    (tmp_path / "notes.txt").write_text("mine")
    demo.prepare(tmp_path)
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == ["notes.txt", "report.json"]


def test_a_place_that_cannot_be_used_is_an_error_for_the_operator(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GroundError, match="cannot be used"):
        demo.prepare(tmp_path / "file" / "out")


# --- in step ---


def test_when_time_stands_still_all_that_was_sent_is_in_the_archive(tmp_path) -> None:
    with lockstep(tmp_path) as flight:
        for seconds in (1.5, 0.01, 0.37, 2.0):
            flight.pass_seconds(seconds)
            sent = flight.bench.status()["outlet"]["frames"]
            assert flight.station.link.counters().link["frames"] == sent
            counts = flight.station.link.counters().channels.values()
            assert len(flight.station.archive.packets()) == sum(channel["packets"] for channel in counts)
        assert flight.time_s == pytest.approx(3.88)


def test_truth_carries_the_time_that_telemetry_of_the_same_tick_carries(tmp_path) -> None:
    """The last report in the archive is the one of the tick that has just run: its altitude is what navigation holds now."""
    with lockstep(tmp_path) as flight:
        flight.pass_seconds(4.01)
        times, altitudes = history(flight.station.archive, flight.station.branch, "lander.nav.altitude_m")
        assert altitudes[-1] == np.float32(flight.bench.peek("lander.nav.altitude_m"))
        last = flight.truth[flight.station.branch][-1]
        assert flight.spacecraft_s(int(times[-1])) == pytest.approx(last.time_s) == pytest.approx(4.0)
        assert last.altitude_m == flight.bench.truth()["lander.altitude_m"]


def test_a_command_is_followed_no_longer_than_allowed_and_a_value_nobody_sent_is_an_error(tmp_path) -> None:
    with lockstep(tmp_path) as flight:
        flight.pass_seconds(2.0)
        status = flight.command("lander.ping")
        assert flight.follow(status, 1.0, look_s=flight.tick_s)
        assert status.success
        unheard = flight.command("lander.ping")
        flight.bench.computer("lander", "off")
        assert not flight.follow(unheard, 0.5)
        assert flight.value("lander.mode.mode") == "HOVER"
        with pytest.raises(NothingCameError, match=r"lander\.recorder\.nothing"):
            flight.value("lander.recorder.nothing")


# --- telling and drawing ---


def test_an_event_becomes_a_line_with_time_vehicle_and_sentence_and_no_colours_in_a_file() -> None:
    narrator, written = silent()
    apid, severity, data = event("navigation_degraded", sigma_altitude_m=3.25, causes=1)
    octets = pus.build_tm(apid, 0, 5, severity, time_code.from_ns(EPOCH_NS), data)
    report = decode(packet_from_octets(octets, LANDER, 1, 0))
    assert isinstance(report, EventReport)
    with narrator:
        narrator.step("A [bracket]")
        narrator.hear(report, 12.5)
        narrator.told("as [told]")
    assert written.getvalue().splitlines() == [
        "",
        " 1/3  A [bracket]",
        "    12.50 s  lander   navigation degraded, causes 1, altitude known to 3.2 m",
        "                      ✓ as [told]",
    ]


def test_a_course_goes_over_to_another_branch_without_a_moment_twice() -> None:
    whole = joined(course([0.0, 1.0, 2.0, 3.0]), course([2.0, 3.0, 4.0]), 2.0)
    assert whole.time_s.tolist() == whole.truth_time_s.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert course([0.0, 1.0, 2.0]).between(0.5, math.inf).altitude_m.tolist() == [98.0, 96.0]


def test_columns_of_different_times_are_refused() -> None:
    one, other = np.array([1, 2]), np.array([1, 3])
    time_s, columns = plots.columns({"a": (one, one), "b": (one, other)}, ["a", "b"])
    assert time_s.tolist() == [1, 2]
    assert [column.tolist() for column in columns] == [[1, 2], [1, 3]]
    with pytest.raises(ValueError, match="b has other times than a"):
        plots.columns({"a": (one, one), "b": (other, one)}, ["a", "b"])


def test_pictures_are_drawn_and_the_same_flight_gives_the_same_picture(tmp_path) -> None:
    whole = course([0.5 * i for i in range(100)])
    story = plots.Story("Test", (10.0, 20.0), 25.0, 30.0, 20.0, 49.0, 2.0, [(1.0, "hover"), (5.0, "approach"), (30.0, "slow descent")])
    for name in ("a", "b"):
        plots.draw_altitude_speed(tmp_path / f"{name}1.png", whole, whole.between(25.0, 30.0), story)
        plots.draw_navigation_error(tmp_path / f"{name}2.png", whole, story)
    for number in "12":
        octets = (tmp_path / f"a{number}.png").read_bytes()
        assert octets.startswith(PNG)
        assert octets == (tmp_path / f"b{number}.png").read_bytes()
    other = course([0.4 * i for i in range(100)])
    plots.draw_navigation_error(tmp_path / "c2.png", other, story)
    assert (tmp_path / "c2.png").read_bytes() != octets
