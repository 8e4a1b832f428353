"""A command half on board is state: snapshots carry it, digests see it, a reset forgets it. Sealed segments pass the gate one by one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flight.secured import SPACECRAFT, new_keys, secured
from tests.flight.segment_station import BOOTED, SYSTEM, SegmentStation
from tests.flight.station import SHAPES, relay_mission
from wire import pus, segment
from wire.frame_shapes import build_tc_frame
from wire.sdls import Mode

EXECUTED = [SHAPES["ACCEPTED"], SHAPES["STARTED"], SHAPES["COMPLETED"]]


@pytest.fixture
def station() -> Iterator[SegmentStation]:
    mission = relay_mission()
    made = SegmentStation(mission)
    mission.run(BOOTED)
    made.listen()
    yield made
    made.close()
    mission.close()


@pytest.mark.parametrize("bypass", [True, False])
def test_a_snapshot_in_the_middle_of_a_segmented_command_goes_on_as_the_original(station: SegmentStation, bypass: bool) -> None:
    packet = station.packet()
    frames = station.segments(packet, 3, bypass=bypass)
    for done in range(1, len(frames)):
        before = station.mission.snapshot()
        station.up(*frames[:done])
        middle = station.mission.snapshot()
        ends = []
        for _ in range(2):
            station.up(*frames[done:])
            station.mission.run(1500)
            ends.append((station.mission.digest(), station.counts()))
            station.mission.restore(middle)
        assert ends[0] == ends[1]
        assert ends[0][1] == (len(frames), 0, 1, 0)
        other = relay_mission()
        other.restore(middle)
        again = SegmentStation(other)
        again.up(*frames[done:])
        other.run(1500)
        assert other.digest() == ends[0][0]
        again.close()
        other.close()
        station.mission.restore(before)


def test_a_bit_of_a_packet_under_way_is_in_the_digest(station: SegmentStation) -> None:
    station.up(station.segments(station.packet(), 7)[0])
    before = station.mission.digest()
    record = station.mission.vehicles[0].arena.view("map1.bd")
    record["packet"][3] ^= 1
    assert station.mission.digest() != before
    record["packet"][3] ^= 1
    assert station.mission.digest() == before


def test_a_reset_of_the_computer_forgets_what_was_under_way(station: SegmentStation) -> None:
    first, last = station.segments(station.packet(), 7)
    station.up(first)
    station.send("relay", "reset_computer")
    station.mission.run(3000)
    assert station.open() == {}
    station.up(last)
    assert "FRAME_SEGMENT" in station.reasons()


def test_flipped_bits_of_the_record_of_a_packet_under_way_cost_that_packet_at_most(station: SegmentStation) -> None:
    draw = random.Random(4)
    arena = station.mission.vehicles[0].arena
    for _ in range(300):
        first, last = station.segments(station.packet(), 7)
        station.up(first)
        memory, record = arena.memory(), arena.records["map1.bd"]
        bit = draw.randrange(8 * (draw.choice((80, record.size))))
        memory[record.offset + bit // 8] ^= 1 << bit % 8
        station.up(last)
        station.packets.clear()
        packet = station.packet()
        station.up(*station.segments(packet, 7))
        station.mission.run(20)
        assert station.stages(packet[:4]) == EXECUTED
        station.listen()


@pytest.mark.parametrize("mode", [Mode.AUTHENTICATION, Mode.AUTHENTICATED_ENCRYPTION])
@pytest.mark.parametrize("bypass", [True, False])
def test_sealed_segments_are_put_together_behind_the_gate(tmp_path: Path, mode: Mode, bypass: bool) -> None:
    """A replayed, forged or clear segment in the middle of the others changes nothing: the packet is executed once."""
    _, keys = new_keys(tmp_path, tc=mode)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(3000)
        packet = pus.build_tc(SYSTEM, 77, 17, 1)
        for place, (flags, data) in enumerate(segment.split(packet, 4)):
            frame = build_tc_frame(SPACECRAFT, 0, data, 1, flags, bypass, place)
            station.send_frame(frame)
            station.radiate(frame)
            station.radiate(station.sent[-1])
            mission.run(10)
        mission.run(50)
        assert station.stages(packet[:4]) == EXECUTED
        assert mission.peek("relay.link.tc_packets_accepted") == 1
        assert mission.peek("harness.security.relay.passed") == 4


def test_a_sealed_run_restored_between_two_segments_ends_alike(tmp_path: Path) -> None:
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(3000)
        packet = pus.build_tc(SYSTEM, 78, 17, 1)
        first, last = [build_tc_frame(SPACECRAFT, 0, data, 1, flags) for flags, data in segment.split(packet, 7)]
        station.send_frame(first)
        mission.run(20)
        middle, sealed = mission.snapshot(), station.seal(last)
        digests = []
        for _ in range(2):
            station.radiate(sealed)
            mission.run(1500)
            digests.append(mission.digest())
            assert mission.peek("relay.link.tc_packets_accepted") == 1
            mission.restore(middle)
        assert digests[0] == digests[1]
