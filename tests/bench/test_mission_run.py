"""The whole mission through the doors: the demonstration, a picture's way home, and a recording of it all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat
from rich.console import Console

from ground.archive import Archive
from ground.bench import Emulator
from ground.clock import SECOND_NS, SimulatedClock
from ground.demo_lockstep import Lockstep
from ground.demo_narrator import Narrator
from ground.endpoint import Endpoint
from ground.options import StationOptions
from ground.pictures import SavedPicture, read_pictures
from ground.station import Station
from ground.telemetry import events
from tests.bench.modem import command
from tests.house import ROOT, eventually, run_alone
from wire.export import dictionary_hash

STEPS = ["boot", "ping", "go", "brake", "descend", "ask_for_pictures", "release", "drive_off", "drive", "look_back", "bring_home"]
FILM_PERIOD_S = 10.0  # a tenth of the frames, which are what takes time
SMALL_FRAMES, FINE_FRAMES = 5, 1


# --- the demonstration ---


def fly(out: Path, seed: int, *more: str, hash_seed: str = "1") -> subprocess.CompletedProcess[str]:
    arguments = ["--seed", str(seed), "--speed", "2000", "--film-period", str(FILM_PERIOD_S), "--out", str(out), *more]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    return run_alone([sys.executable, "-m", "ground", "demo", *arguments], 800, cwd=ROOT, env=environment)


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """One demonstration with few frames: where it left what, its report, and what it told."""
    out = tmp_path_factory.mktemp("mission") / "out"
    done = fly(out, 1)
    assert done.returncode == 0, done.stdout + done.stderr
    return out, json.loads((out / "report.json").read_text()), done.stdout


def facts(report: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each["facts"] for each in report["steps"] if each["step"] == name]
    return dict(found)


def test_every_step_of_the_mission_comes_out_as_told(flown) -> None:
    _, report, told = flown
    assert report["passed"]
    assert report["failure"] == ""
    assert [each["step"] for each in report["steps"]] == STEPS
    assert all(each["passed"] and len(each["digest"]) == 32 for each in report["steps"])
    assert (report["scenario"], report["seed"], report["dictionary"]) == ("descent", 1, dictionary_hash())
    assert "Everything came out as told" in told
    assert "\x1b" not in told


def test_it_lands_releases_and_drives_ten_metres(flown) -> None:
    _, report, _ = flown
    landing = report["endings"]["landing"]
    assert landing["outcome"] == "landed"
    assert 600.0 <= landing["time_s"] <= 800.0
    assert landing["vertical_speed_m_s"] <= 3.5
    assert landing["horizontal_speed_m_s"] <= 0.5
    assert landing["from_site_m"] <= 500.0
    assert 10.0 <= landing["propellant_kg"] <= 150.0
    confirmed = facts(report, "release")["confirmed_s"]
    assert len(confirmed) == 4
    assert confirmed == sorted(confirmed)
    begun_s, down_s = confirmed[0], report["steps"][STEPS.index("drive_off")]["to_tick"] * 0.01
    assert down_s - begun_s < 600.0  # from "go" to the wheels on the soil
    drive = facts(report, "drive")
    assert drive["distance_m"] == pytest.approx(10.0, rel=0.1)
    assert drive["estimated_m"] == pytest.approx(10.0, abs=0.1)
    assert all(each["round_trip_s"] > 2.0 for each in report["pings"])  # by way of the relay


def test_the_frames_that_were_asked_for_are_home_and_the_rest_is_reported_as_stored(flown) -> None:
    out, report, _ = flown
    home = facts(report, "bring_home")
    assert home["home"] == facts(report, "ask_for_pictures")["asked_for"] + 1 == len(home["pictures"])
    assert home["home"] >= SMALL_FRAMES + FINE_FRAMES + 1
    assert home["stored_only"] == sum(home["stored"].values()) - home["home"] > 10
    assert (home["files"]["incomplete"], home["files"]["unsound"], home["files"]["repeated"]) == (0, 0, 0)
    pictures, problems = read_pictures(out / "archive" / "pictures")
    assert problems == []
    said = [{name: getattr(each, name) for name in home["pictures"][0]} for each in pictures]
    assert sorted(said, key=lambda each: (each["vehicle"], each["number"])) == home["pictures"]


def test_the_pictures_show_the_ground_from_ever_lower_and_the_last_one_before_cut_off_is_fine(flown) -> None:
    out, report, _ = flown
    pictures, _ = read_pictures(out / "archive" / "pictures")
    descent = [each for each in pictures if each.vehicle == "lander"]
    (back,) = [each for each in pictures if each.vehicle == "rover"]
    assert [each.ratio for each in descent] == [64] * (len(descent) - FINE_FRAMES) + [8] * FINE_FRAMES
    heights = [each.altitude_m for each in descent]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] > 2000.0
    assert heights[-1] < 40.0
    assert (back.camera, back.ratio, back.azimuth_rad) == ("mcam", 8, pytest.approx(3.14159, abs=1e-4))
    with Archive(out / "archive") as archive:
        cut_off = next(event for event in events(archive, archive.branches()[0].id) if event.event.name == "engine_cutoff")
    assert descent[-1].tick * 0.01 < report["endings"]["landing"]["time_s"]
    assert cut_off.packet.time_ns > 0
    for each in pictures:
        assert (each.width_px, each.height_px, each.octets <= 1024 * 1024 // each.ratio) == (1024, 1024, True)
        assert each.time.startswith("2019-01-03T02:")
        with Image.open(each.path) as image:
            spread = ImageStat.Stat(image).stddev[0]
            assert (image.size, image.mode) == ((1024, 1024), "L")
            assert spread > 12.0, f"{each.path} shows nothing"


def test_plots_and_the_sheet_are_left(flown) -> None:
    out, report, _ = flown
    assert report["pictures"] == ["altitude_speed.png", "track.png", "pictures.png"]
    for name in report["pictures"]:
        with Image.open(out / name) as image:
            assert min(image.size) >= 400
            assert len(image.convert("L").getcolors(256) or []) > 20


@pytest.mark.long(2)
def test_the_same_seed_gives_the_same_mission_but_for_the_wall(flown, tmp_path: Path, repetitions: int) -> None:
    out, report, _ = flown
    pictures = {path.name: path.read_bytes() for path in (out / "archive" / "pictures").glob("*.png")}
    assert len(pictures) == facts(report, "bring_home")["home"]
    for number in range(repetitions - 1):
        done = fly(tmp_path / str(number), 1, "--json", hash_seed="2")
        assert done.returncode == 0, done.stdout + done.stderr
        again = json.loads(done.stdout)
        assert {**again, "wall": {}} == {**report, "wall": {}}
        assert {path.name: path.read_bytes() for path in (tmp_path / str(number) / "archive" / "pictures").glob("*.png")} == pictures


# --- a picture's way home ---


@contextmanager
def mission(archive: Path, scenario: str = "surface") -> Iterator[Lockstep]:
    """An emulator on `queqiao`, a station, and time that passes when told."""
    with Emulator(scenario=scenario, link="queqiao", seed=1, speed="max") as emulator:
        options = StationOptions(Endpoint(*emulator.tc), Endpoint(*emulator.tm), archive, 1.0, "queqiao")
        with Station(options, SimulatedClock()) as station:
            flight = Lockstep(emulator, station, Narrator(Console(quiet=True), 1), 5.0)
            flight.pass_seconds(5.0)
            yield flight


def carry_out(flight: Lockstep, name: str, **arguments: Any) -> None:
    status = flight.command(name, arguments)
    assert flight.follow(status, 40.0, look_s=1.0), status
    assert status.success, status.reason


def wait_for_pictures(flight: Lockstep, count: int) -> list[SavedPicture]:
    for _ in range(60):
        flight.pass_seconds(1.0)
        assert flight.station.files.settle()
        if len(flight.station.files.pictures) >= count:
            break
    return flight.station.files.pictures


def test_pictures_of_lander_and_rover_come_through_the_relay_as_png_that_say_where_they_were_taken(tmp_path: Path) -> None:
    with mission(tmp_path, "rover-on-ground") as flight:
        carry_out(flight, "lander.take_picture", ratio="SMALL")
        carry_out(flight, "rover.take_picture", ratio="FINE", azimuth_rad=3.0, elevation_rad=-0.15)
        carry_out(flight, "lander.send_pictures", first=0, last=0, step=1)
        carry_out(flight, "rover.send_pictures", first=0, last=0, step=1)
        saved = {each.vehicle: each for each in wait_for_pictures(flight, 2)}
        truth = flight.bench.truth()
        assert flight.station.files.counters["incomplete"] == 0
        assert [event.arguments["picture"] for event in flight.events("lander.file_sent")] == [0]
    assert set(saved) == {"lander", "rover"}
    assert Path(saved["lander"].path) == tmp_path / "pictures" / "lander-lcam-0000000.png"
    assert saved["lander"].time[:15] == "2019-01-03T02:4"
    assert saved["lander"].position_m == pytest.approx(truth["lander.position_m"], abs=5.0)
    assert saved["rover"].azimuth_rad == pytest.approx(3.0, abs=1e-5)
    for each in saved.values():
        with Image.open(each.path) as image:
            assert (image.format, image.size, image.mode) == ("PNG", (1024, 1024), "L")
            assert image.text["farside:camera"] == each.camera
            assert image.text["farside:tick"] == str(each.tick)
            assert ImageStat.Stat(image).stddev[0] > 5.0
    assert read_pictures(tmp_path / "pictures")[0] == sorted(saved.values(), key=lambda each: each.tick)


def until_a_part_is_here(flight: Lockstep) -> None:
    """At a rate at which a picture takes several seconds, until a quarter of it has come."""
    flight.bench.poke("lander.downlink.rate", 2)
    flight.command("lander.send_pictures", {"first": 0, "last": 0, "step": 1})
    for _ in range(400):
        flight.pass_seconds(0.1)
        if any(each.size and 0.25 * each.size < each.received_octets for each in flight.station.files.under_way()):
            return
    raise AssertionError("no file came")


def later(flight: Lockstep, seconds: float) -> None:
    """The ground's clock goes on, and the desk looks at it."""
    clock = flight.station.clock
    assert isinstance(clock, SimulatedClock)
    clock.advance_to(clock.now_ns() + int(seconds * SECOND_NS))
    flight.station.files.check()
    assert flight.station.files.settle()


def test_a_file_that_was_cut_by_a_dead_relay_is_told_of_and_comes_when_it_is_sent_again(tmp_path: Path) -> None:
    with mission(tmp_path) as flight:
        problems: list[str] = []
        flight.station.files.problem_listeners.append(problems.append)
        carry_out(flight, "lander.take_picture", ratio="FINE")
        until_a_part_is_here(flight)
        flight.bench.computer("relay", "reset")
        flight.pass_seconds(10.0)
        carry_out(flight, "relay.forward")
        carry_out(flight, "lander.ping")
        later(flight, 301.0)
        (cut,) = flight.station.files.incomplete
        assert cut.missing_octets > 0
        assert cut.problem == "its end never came"
        assert problems == [f"lander: {cut.name}: its end never came, {cut.missing_octets} octets missing"]
        partial = tmp_path / "files" / "lander" / "lander-lcam-0000000.fsp.partial"
        assert partial.read_bytes() == cut.octets
        assert flight.station.files.pictures == []
        carry_out(flight, "lander.send_pictures", first=0, last=0, step=1)
        (whole,) = wait_for_pictures(flight, 1)
        assert whole.number == 0
        octets = (tmp_path / "files" / "lander" / "lander-lcam-0000000.fsp").read_bytes()
        assert octets[:10_000] == cut.octets[:10_000]


def test_a_file_under_way_when_the_station_ends_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    with mission(tmp_path) as flight:
        carry_out(flight, "lander.take_picture", ratio="FINE")
        until_a_part_is_here(flight)
        desk = flight.station.files
    (cut,) = desk.incomplete
    assert cut.problem == "the link ended before its end came"
    assert cut.missing_octets > 0
    assert (tmp_path / "files" / "lander" / "lander-lcam-0000000.fsp.partial").read_bytes() == cut.octets
    assert list(tmp_path.glob("pictures/*")) == []


# --- recordings ---


def flight_tool(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """A subcommand of the emulator: exit status and what it found."""
    done = subprocess.run([sys.executable, "-m", "flight", *map(str, arguments), "--json"], capture_output=True, text=True, timeout=300)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def work(emulator: Emulator, last: int) -> None:
    """The rover drives, the lander films and sends; a snapshot is gone back to on the way."""
    bench = emulator.bench
    bench.run(seconds=4.5)
    bench.uplink(command("rover", "drive", 1, distance_m=3.0, turn_rad=0.0) + command("lander", "film", 2, period_s=2.0, ratio="SMALL"))
    bench.run(seconds=14.0)
    bench.uplink(command("lander", "send_pictures", 3, first=0, last=last, step=1) + command("lander", "ping", 4))
    bench.run(seconds=4.03)
    octets = bench.snapshot()
    bench.run(seconds=2.0)
    bench.restore(octets)
    bench.run(seconds=4.0)


def test_a_recording_of_film_files_and_drive_replays_and_its_first_difference_to_another_is_named(tmp_path: Path) -> None:
    for name, last in (("one", 1), ("other", 2)):
        with Emulator(scenario="rover-on-ground", link="queqiao", speed="max", seed=5, record=tmp_path / name) as emulator:
            work(emulator, last)
            assert emulator.bench.peek("lander.pictures.stored") >= 3
            assert emulator.bench.peek("lander.files.sent") + emulator.bench.peek("lander.files.waiting") >= 1
            assert emulator.bench.peek("world.rover.distance_m") > 0.3
            assert emulator.stop() == 0
    status, found = flight_tool("replay", tmp_path / "one")
    assert (status, found["same"], found["difference"], found["damage"], found["ended"]) == (0, True, None, None, True)
    assert found["digests"] >= 25
    status, found = flight_tool("diff", tmp_path / "one", tmp_path / "other")
    assert (status, found["same"], found["header"]) == (1, False, {})
    first = found["first_difference"]
    assert [(first[side]["what"], first[side]["kind"], first[side]["tick"]) for side in "ab"] == [("input", "uplink", 1850)] * 2


def test_a_real_time_run_with_a_film_replays(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with Emulator(scenario="rover-on-ground", link="queqiao", speed="real", seed=6, record=path) as emulator:
        bench = emulator.bench
        bench.uplink(command("lander", "film", 1, period_s=1.0, ratio="SMALL") + command("rover", "drive", 2, distance_m=3.0, turn_rad=0.0))
        assert eventually(lambda: bench.peek("lander.pictures.stored") >= 3)
        bench.uplink(command("lander", "send_pictures", 3, first=0, last=2, step=1))
        assert eventually(lambda: bench.peek("lander.files.sent") >= 1)
        assert eventually(lambda: len(bench.digests(1)) >= 10)
        assert emulator.stop() == 0
    status, found = flight_tool("replay", path)
    assert (status, found["same"], found["difference"], found["damage"], found["ended"]) == (0, True, None, None, True)
    assert found["digests"] >= 10
