"""BI-045: a packet or frame that waits on board and is altered there is looked at again when it is released, and not executed."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from flight.mission import Mission
from tests.flight.segment_station import BOOTED, SegmentStation
from tests.flight.sky_world import queqiao_mission
from tests.flight.station import SHAPES, Station, relay_mission
from tests.flight.test_queqiao import fly
from wire import pus
from wire.dictionary import DICTIONARIES
from wire.dictionary.codes import FAILURE_CODE
from wire.frame_shapes import build_tc_frame
from wire.tc_frame import TcFrameError

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


def flip(mission: Mission, arena: str, record: str, octets: bytes, bit: int) -> None:
    """Flip a bit of octets where they lie in a record. They must be there once."""
    held = next(each for each in mission.arenas if each.name == arena)
    row, memory = held.records[record], held.memory()
    place = bytes(memory[row.offset : row.offset + row.size])
    assert place.count(octets) == 1
    memory[row.offset + place.index(octets) + bit // 8] ^= 0x80 >> bit % 8


def wait_in_queue(station: SegmentStation) -> list[bytes]:
    """Nine pings in one tick: three are executed in it, as telemetry has room for their answers; six lie in the queue behind FARM-1."""
    packets = [station.packet() for _ in range(9)]
    for packet in packets:
        station.send_packet("relay", packet)
    station.mission.run(1)
    assert station.mission.peek("relay.requests.packets.head") - station.mission.peek("relay.requests.packets.tail") == 6
    return packets


def test_bi_045_every_flipped_bit_of_a_packet_that_was_accepted_and_waits_is_found_when_its_turn_comes(station: SegmentStation) -> None:
    before = station.mission.snapshot()
    for bit in range(8 * 13):
        station.mission.restore(before)
        station.packets.clear()
        packets = wait_in_queue(station)
        hit = packets[3 + bit % 6]
        flip(station.mission, "relay", "requests.packets.units", hit, bit)
        station.mission.run(30)
        for packet in packets:
            if packet is not hit:  # a sequence count hit so that it is another's names that one in its own [1,2]
                stages = station.stages(packet[:4])
                assert [stage for stage in stages if stage != SHAPES["NOT_ACCEPTED"]] == EXECUTED
        assert station.pongs() == 8
        assert station.counts()[2:] == (8, 1)
        assert EXECUTED[1] not in station.stages(hit[:4])


def test_bi_045_the_ground_is_told_of_the_check_sum(station: SegmentStation) -> None:
    packets = wait_in_queue(station)
    flip(station.mission, "relay", "requests.packets.units", packets[8], 8 * 10)  # the source identifier
    station.mission.run(30)
    assert station.stages(packets[8][:4]) == [SHAPES["NOT_ACCEPTED"]]
    assert station.failure(packets[8][:4]) == (FAILURE_CODE["PACKET_CHECKSUM"], 0)
    assert station.reasons() == ["PACKET_CHECKSUM"]


def test_bi_045_random_damage_of_a_waiting_packet_executes_nothing_of_it(station: SegmentStation) -> None:
    draw = random.Random(45)
    before = station.mission.snapshot()
    for _ in range(100):
        station.mission.restore(before)
        station.packets.clear()
        packets = wait_in_queue(station)
        hit = packets[7]
        for bit in draw.sample(range(8 * 11), draw.randrange(1, 4)):  # of up to three wrong bits the check sum misses none
            flip(station.mission, "relay", "requests.packets.units", hit, bit)
            hit = bytes(octet ^ (0x80 >> bit % 8 if place == bit // 8 else 0) for place, octet in enumerate(hit))
        station.mission.run(30)
        assert station.pongs() == 8
        assert station.counts()[2:] == (8, 1)


def test_bi_045_a_segment_altered_while_it_waits_for_the_rest_costs_its_packet(station: SegmentStation) -> None:
    for bit in range(8 * 7):
        packet = station.packet()
        first, last = station.segments(packet, 7)
        station.up(first)
        flip(station.mission, "relay", "map1.bd", packet[:7], bit)
        station.up(last)
    assert station.pongs() == 0
    assert station.counts() == (112, 0, 0, 56)


def test_bi_045_a_frame_altered_in_the_relays_queue_is_refused_where_it_arrives() -> None:
    """On `queqiao` commands for the lander wait in the relay's memory while others go up at 125 bit/s."""
    lander = DICTIONARIES["lander"].vehicle
    mission = queqiao_mission()
    station = Station(mission)
    fly(mission, station, 4.0)
    packets = [pus.build_tc(lander.apid("system"), count, 17, 1) for count in range(6)]
    for packet in packets:
        station.send_packet("lander", packet)
    fly(mission, station, 3.0)
    hit = packets[4]
    flip(mission, "relay", "forwarding.queue.commands.units", build_tc_frame(lander.spacecraft_id, 0, hit), 8 * 13)
    fly(mission, station, 25.0)
    for packet in packets:
        assert station.stages(packet[:4]) == ([] if packet is hit else EXECUTED)
    assert mission.peek("lander.link.tc_frames_rejected") == 1
    assert mission.peek("lander.link.last_frame_error") == TcFrameError.TC_FRAME_FECF
    station.close()
    mission.close()
