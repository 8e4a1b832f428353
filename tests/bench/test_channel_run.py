"""The channel and the formats through both programs: set at the start, changed on the way, recorded, replayed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ground.bench import BenchError, Emulator
from ground.console.monitor import LinkMonitor
from ground.endpoint import Endpoint
from ground.options import StationOptions
from ground.station import Station
from tests.bench.modem import command, send
from tests.house import PATIENCE_S, eventually


def replayed(recording: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "flight", "replay", str(recording), "--json"], capture_output=True, check=False, timeout=PATIENCE_S
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_run_over_a_noisy_channel_replays_to_the_bit(tmp_path: Path) -> None:
    recording = tmp_path / "noisy.farside"
    options = ("--channel", "ber=1e-4,loss=0.02,down.delay_s=0.3,up.duplicate=0.5", "--option", "lander.clock_drift_ppm=20")
    with Emulator(speed="max", record=recording, arguments=options) as craft:
        craft.bench.run(seconds=8.0)
        for i in range(40):
            send(craft.tc, command("lander", "ping", i))
            craft.bench.run(seconds=0.2)
        told = craft.bench.call("channel", side="up", settings={"ber": 1e-3})
        assert told["up"]["ber"] == 1e-3
        assert told["down"]["delay_s"] == 0.3
        for i in range(40):
            send(craft.tc, command("lander", "ping", i))
            craft.bench.run(seconds=0.2)
        counted = craft.bench.call("channel")
        assert counted["up"]["bits_flipped"] > told["up"]["bits_flipped"] > 0
        assert counted["up"]["duplicated"] > 10
        with pytest.raises(BenchError, match="no setting"):
            craft.bench.call("channel", side="up", settings={"bre": 1e-3})
    found = replayed(recording)
    assert found["same"], found
    assert found["ended"]


def test_what_cannot_be_modelled_is_refused_in_words() -> None:
    for argument, word in (("ber=2", "ber"), ("nowhere.toml", "nowhere"), ("up.jitter=1", "jitter")):
        done = subprocess.run(
            [sys.executable, "-m", "flight", "--channel", argument], capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
        assert done.returncode == 2
        assert word in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("tc_format", "tm_format", "udp"), [("frame", "frame", False), ("frame", "frame", True), ("cltu", "cadu", True)])
def test_the_station_commands_in_every_format(tc_format: str, tm_format: str, udp: bool, tmp_path: Path) -> None:
    formats = ("--tc-format", tc_format, "--tm-format", tm_format)
    speed = 2.0 if udp else 20.0  # a system holds a hundred datagrams or so for a station that is held up, and drops the others
    with Emulator(bench=False, speed=speed, arguments=formats) as craft:
        options = StationOptions(
            Endpoint(*craft.tc, udp), Endpoint(*craft.tm, udp), tmp_path, speed, tc_format=tc_format, tm_format=tm_format
        )
        with Station(options) as station:
            station.connect()
            assert station.execute("relay.ping", timeout_s=PATIENCE_S * speed).success
            counters = station.link.counters()
            assert counters.link["frames"] > 0
            assert counters.link["bad_fecf"] == counters.link["wrong_length"] == 0
            assert sum(channel["packet_octets"] for channel in counters.channels.values()) > 100


def test_a_station_of_another_format_reads_nothing_and_says_so(tmp_path: Path) -> None:
    with (
        Emulator(speed="max", arguments=("--tm-format", "frame")) as craft,
        Station(StationOptions(Endpoint(*craft.tc), Endpoint(*craft.tm), tmp_path)) as station,
    ):
        station.connect()
        assert eventually(lambda: craft.bench.status()["outlet"]["readers"] == 1)
        craft.bench.run(seconds=30.0)
        monitor = LinkMonitor(station)
        lines: list[str] = []
        assert eventually(lambda: lines.extend(monitor.look()) or lines)  # type: ignore[func-returns-value]
        assert lines[0] == "link: nothing that comes is a frame: is --tm-format the spacecraft's, and its coding ours?"
        assert station.link.counters().link["frames"] == 0
