"""A recorded downlink is the same to three readers: the fast path, construct's declarations, and a stranger who shares no code with us."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ground.archive import Archive
from ground.bench import Emulator
from ground.clock import SimulatedClock
from ground.demo_lockstep import Lockstep
from ground.demo_narrator import Narrator
from ground.endpoint import Endpoint
from ground.options import StationOptions
from ground.station import Station
from tests.bench.modem import CADU, Antenna, send
from tests.bench.stranger import Stranger
from tests.bench.three_readers import PIECE, Comparison, Tally, pieces
from tests.house import ROOT
from wire.export import export_json

Json = Any


@pytest.fixture(scope="module")
def dictionary() -> Json:
    return json.loads(export_json())


def compared(dictionary: Json, path: Path) -> tuple[Tally, set[tuple[int, int, bytes]]]:
    """A recording, read three times; and every packet in it."""
    comparison = Comparison(dictionary)
    comparison.seen = set()
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            comparison.feed(piece)
    return comparison.end(), comparison.seen


@pytest.mark.timeout(3600)
@pytest.mark.long(100)
def test_a_demonstration_is_the_same_through_the_fast_path_through_construct_and_through_the_stranger(
    dictionary: Json, tmp_path: Path, repetitions: int
) -> None:
    """The short one, which has a hundredth of the octets; or the whole mission. The station's archive holds the same packets."""
    whole = repetitions == 100
    arguments = ["--speed", "2000", "--downlink", "--out", str(tmp_path), *([] if whole else ["--short"])]
    done = subprocess.run([sys.executable, "-m", "ground", "demo", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    begun = time.monotonic()
    tally, packets = compared(dictionary, tmp_path / "downlink.cadu")
    print(f"{tally}, {time.monotonic() - begun:.0f} s")
    assert tally.octets == CADU * tally.frames > (300_000_000 if whole else 1_000_000)
    assert (tally.corrected, tally.beyond_repair) == (0, 0)
    assert tally.parameters > (1_000_000 if whole else 50_000)
    assert tally.others > 50
    with Archive(tmp_path / "archive") as archive:
        assert {(packet.spacecraft_id, packet.channel, packet.octets) for packet in archive.packets()} == packets
    if whole:
        assert tally.files == tally.whole_files > 50
        assert len(tally.channels) >= 7


def pass_until(flight: Lockstep, holds: Callable[[], bool]) -> None:
    for _ in range(60):
        flight.pass_seconds(1.0)
        assert flight.station.files.settle()
        if holds():
            return
    raise AssertionError("it does not come to pass")


def test_pictures_come_home_alike_to_all_three(dictionary: Json, tmp_path: Path) -> None:
    downlink = tmp_path / "downlink.cadu"
    with Emulator(scenario="rover-on-ground", link="queqiao", seed=1, speed="max") as emulator:
        options = StationOptions(Endpoint(*emulator.tc), Endpoint(*emulator.tm), tmp_path, 1.0, "queqiao", downlink=downlink)
        with Station(options, SimulatedClock()) as station:
            flight = Lockstep(emulator, station, Narrator(Console(quiet=True), 1), 5.0)
            flight.pass_seconds(2.0)
            flight.command("lander.take_picture", {"ratio": "SMALL"})
            flight.command("rover.take_picture", {"ratio": "SMALL", "azimuth_rad": 3.0, "elevation_rad": -0.2})
            pass_until(flight, lambda: all(flight.events(f"{vehicle}.picture_stored") for vehicle in ("lander", "rover")))
            for vehicle in ("lander", "rover"):
                flight.command(f"{vehicle}.send_pictures", {"first": 0, "last": 0, "step": 1})
            pass_until(flight, lambda: len(station.files.pictures) == 2)
    tally, _ = compared(dictionary, downlink)
    assert (tally.files, tally.whole_files) == (2, 2)
    assert tally.file_octets > 10_000
    assert {channel for _, channel in tally.channels} == {0, 1, 2}


def test_in_a_bad_channel_all_three_correct_and_give_up_the_same(dictionary: Json) -> None:
    """Six wrong symbols in each codeword, bursts that end the lock, frames lost, repeated and out of order, and a start in mid-frame."""
    comparison = Comparison(dictionary)
    errors = {"ber": 0.003, "burst_ber": 0.1, "burst_bits": 25_000, "calm_bits": 250_000}
    frames = {"loss": 0.02, "duplicate": 0.05, "reorder": 0.02, "reorder_s": 0.3}
    settings = ",".join(f"down.{name}={value}" for name, value in (errors | frames).items())
    with Emulator(scenario="hover", seed=3, speed="max", arguments=["--channel", settings]) as emulator:
        antenna = Antenna(emulator)
        octets = antenna.run(10.0)
        antenna.close()
    for piece in pieces(octets[700:], 10_007):
        comparison.feed(piece)
    tally = comparison.end()
    sent = len(octets) / CADU
    assert tally.frames > 100
    assert 0.02 * sent < tally.beyond_repair
    assert 0.6 * sent < tally.frames < 0.97 * sent
    assert tally.corrected > 15 * tally.frames
    assert tally.parameters > 5_000
    assert comparison.fast.chain.record()["slips"] > 0
    assert sum(record["gaps"] for record in comparison.fast.chain.channel_records().values()) > 10
    assert sum(record["repeated"] for record in comparison.fast.chain.channel_records().values()) > 0


def test_a_reader_that_looks_for_one_parameter_an_octet_further_is_found_out(dictionary: Json) -> None:
    with Emulator(scenario="hover", seed=3, speed="max") as emulator:
        antenna = Antenna(emulator)
        octets = antenna.run(2.0)
        antenna.close()
    Comparison(dictionary).feed(octets)
    other = copy.deepcopy(dictionary)
    report = next(row for row in other["vehicles"]["lander"]["reports"] if row["name"] == "descent")
    report["fields"][2]["offset"] += 1
    with pytest.raises(AssertionError, match=re.escape(report["fields"][2]["parameter"])):
        Comparison(other).feed(octets)


def test_frames_made_by_hand_go_up_in_sequence_and_the_control_word_says_so(dictionary: Json) -> None:
    stranger = Stranger(dictionary)
    lander = dictionary["vehicles"]["lander"]["spacecraft_id"]

    def ping(count: int, number: int) -> bytes:
        packet = stranger.packet("lander", "ping", count)
        return stranger.cltu(stranger.tc_frame(lander, packet, bypass=0, sequence_number=number))

    steps = (
        (ping(1, 0) + ping(2, 1), {"report_value": 2, "retransmit": 0}, 2),
        (ping(3, 5), {"report_value": 2, "retransmit": 1}, 0),  # ahead of the sequence
        (stranger.cltu(stranger.control_frame(lander, b"\x82\0\x05")) + ping(4, 5), {"report_value": 6, "retransmit": 0}, 1),
    )
    with Emulator(scenario="hover", seed=3, speed="max") as emulator:
        antenna = Antenna(emulator)
        antenna.run(2.0)
        for octets, words, pings in steps:
            stranger.packets.clear()
            send(emulator.tc, octets)
            before = len(antenna.octets)
            stranger.feed(antenna.run(2.0)[before:])
            last = [fields for spacecraft, fields in stranger.reception.clcws if spacecraft == lander][-1]
            assert last | words == last
            answers = [message for message in stranger.messages() if (message.vehicle, message.service) == ("lander", 17)]
            assert len(answers) == pings
        antenna.close()
