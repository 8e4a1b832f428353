"""The link `queqiao` from outside: a station that waits long enough, a recording that carries the link, a difference that names it."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ground.bench import Emulator
from ground.clock import SECOND_NS
from ground.endpoint import Endpoint
from ground.options import StationOptions
from ground.station import Station
from tests.bench.modem import command
from tests.house import PATIENCE_S
from wire.dictionary.links import FORWARD_BIT_S

SPEED = 20.0
CLTU_S = 34 * 8 / FORWARD_BIT_S
"""What a ping's CLTU takes on the line from the relay."""


def flight(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "flight", *map(str, arguments), "--json"], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_a_station_that_knows_the_link_waits_for_commands_that_go_before(tmp_path: Path) -> None:
    with Emulator(speed=SPEED, link="queqiao") as emulator:
        options = StationOptions(Endpoint(*emulator.tc), Endpoint(*emulator.tm), tmp_path, SPEED, "queqiao")
        with Station(options) as station:
            station.connect()
            statuses = [station.command("lander.ping" if i % 2 else "rover.ping") for i in range(6)]
            arrivals_s = [status.sent_ns / SECOND_NS + status.link_s for status in statuses]
            for earlier, later in pairwise(arrivals_s):
                assert later > earlier + CLTU_S - 1e-3  # no matter how quickly the station sends
            for status in (*statuses, station.command("relay.ping")):
                assert station.wait(status)
                assert status.success
        assert emulator.bench.status()["link"] == "queqiao"


def test_a_recording_over_the_relay_replays_and_differs_from_one_without(tmp_path: Path) -> None:
    for link in ("queqiao", "lab"):
        with Emulator(speed="max", link=link, record=tmp_path / link) as emulator:
            emulator.bench.run(seconds=5.0)
            emulator.bench.uplink(command("lander", "ping") + command("relay", "ping"))
            emulator.bench.run(ticks=211)
            octets = emulator.bench.snapshot()
            emulator.bench.run(seconds=6.0)
            emulator.bench.restore(octets)
            emulator.bench.run(seconds=3.0)
    status, found = flight("replay", tmp_path / "queqiao")
    assert (status, found["same"], found["digests"] > 10) == (0, True, True)
    status, found = flight("diff", tmp_path / "queqiao", tmp_path / "lab")
    assert status == 1
    assert found["header"]["link"] == ["queqiao", "lab"]


@pytest.mark.spacecraft(link="queqiao")
def test_a_bench_resets_the_link_with_the_rest(spacecraft: Emulator) -> None:
    first = spacecraft.bench.digest()
    spacecraft.bench.run(seconds=4.0)
    assert spacecraft.bench.status()["space"]["to_earth"] > 100
    spacecraft.bench.reset(seed=1)
    assert spacecraft.bench.digest() == first
