"""State is data in the middle of the mission too: the rover drives, a film is taken, files come down and commands are on their way."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flight.picture_flight import PictureFlight, small_pictures
from tests.house import ROOT

FIRST, END = 3000, 3500  # snapshots lie between
ALL = {"first": 0, "last": 15, "step": 1}
PLAN: list[tuple[int, str, str, dict[str, float | str]]] = sorted(
    [
        (450, "rover", "drive", {"distance_m": 6.0, "turn_rad": 0.0}),
        (451, "lander", "film", {"period_s": 1.0, "ratio": "FINE"}),
        (452, "rover", "take_picture", {"ratio": "FINE", "azimuth_rad": 0.1, "elevation_rad": -0.2}),
        (2401, "rover", "send_pictures", {"first": 0, "last": 0, "step": 1}),
        (3099, "lander", "store_log", {"file": 7}),
        *((1903 + 300 * n, "lander", "send_pictures", ALL) for n in range(8)),
        *((2004 + 300 * n, "rover", "ping", {}) for n in range(6)),
    ],
    key=lambda row: row[0],
)
RATES = {"lander": 2, "rover": 1}  # 280 and 140 kbit/s: a picture takes half a second


def build(link: str) -> PictureFlight:
    with small_pictures():
        return PictureFlight("rover-on-ground", link=link)


def begin(flight: PictureFlight) -> None:
    """At the start, at slow rates."""
    flight.mission.reset("rover-on-ground", 1)
    for vehicle, rate in RATES.items():
        flight.mission.poke(f"{vehicle}.downlink.rate", rate)


def fly(flight: PictureFlight, until: int) -> str:
    """On to tick `until`; the commands of the plan come at their ticks. The digest there."""
    mission = flight.mission
    for number, (tick, vehicle, name, arguments) in enumerate(PLAN):
        if mission.tick <= tick < until:
            advance(flight, tick)
            flight.station.count = number
            flight.station.send(vehicle, name, **arguments)
    advance(flight, until)
    return str(mission.digest())


def advance(flight: PictureFlight, until: int) -> None:
    while flight.mission.tick < until:
        flight.mission.run(min(50, until - flight.mission.tick))
        while flight.station.reader.take() is not None:
            pass


def at_work(flight: PictureFlight) -> set[str]:
    """What is under way."""
    mission = flight.mission
    found = set()
    if flight.view("files")["waiting"]:
        found.add("file")
    if abs(flight.world.arena.view("rover")["velocity_m_s"]).max() > 0.01:
        found.add("drive")
    queues = [flight.view("files.commands")]
    if mission.space is not None:
        queues += [flight.view("forwarding.queue.commands", "relay"), *(mission.space.arena.view(name) for name in ("up", "forward"))]
    if any(queue["head"] > queue["tail"] for queue in queues) or flight.view("forwarding", "relay")["sending"]:
        found.add("command")
    return found


@pytest.fixture(scope="module", params=["lab", "queqiao"])
def flight(request: pytest.FixtureRequest) -> Iterator[PictureFlight]:
    made = build(request.param)
    yield made
    made.close()


@pytest.mark.long(20)
def test_the_mission_goes_on_to_the_same_bytes_from_random_ticks_here_and_in_a_fresh_process(
    flight: PictureFlight, tmp_path: Path, repetitions: int
) -> None:
    seed = random.randrange(10**9)
    print("seed", seed)
    ticks = sorted(random.Random(seed).sample(range(FIRST, END - 20), max(5, repetitions)))
    begin(flight)
    seen: list[set[str]] = []
    for tick in ticks:
        fly(flight, tick)
        seen.append(at_work(flight))
        (tmp_path / str(tick)).write_bytes(flight.mission.snapshot())
    end, seconds = fly(flight, END), flight.mission.digests()
    assert all("drive" in each for each in seen)
    if flight.mission.link == "queqiao":
        assert sum(each == {"file", "drive", "command"} for each in seen) > len(ticks) // 2, seen
    for tick in ticks:
        flight.mission.restore((tmp_path / str(tick)).read_bytes())
        assert flight.mission.tick == tick
        assert fly(flight, END) == end, f"restored at tick {tick}"
    assert flight.mission.digests() == seconds
    assert elsewhere(flight.mission.link, tmp_path, ticks) == [end] * len(ticks)


def elsewhere(link: str, folder: Path, ticks: list[int]) -> list[str]:
    """The ends that a fresh process, with another hash seed, comes to from the same snapshots."""
    lines = (
        "import sys\n"
        "from tests.flight.test_mission_state import *\n"
        f"flight = build({link!r})\n"
        f"for tick in {ticks!r}:\n"
        f"    flight.mission.restore(open({str(folder)!r} + f'/{{tick}}', 'rb').read())\n"
        "    print(fly(flight, END))\n"
    )
    environment = os.environ | {"PYTHONHASHSEED": str(random.randrange(1, 10**6)), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", lines], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.split()


def test_the_same_mission_flown_twice_sends_the_same_units_and_has_the_same_flash(flight: PictureFlight) -> None:
    ends = []
    for _ in range(2):
        begin(flight)
        end = fly(flight, END)
        lander = flight.vehicle("lander")
        ends.append((end, flight.mission.digests(), lander.flash.image_hash(), lander.storage.names("/pictures/00000")))
    assert ends[0] == ends[1]
    assert len(ends[0][3]) >= 10
