"""Segments through a computer's radio: put together for their MAP behind FARM-1; each packet executed once, what is wrong told by name."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest

from tests.flight.secured import SPACECRAFT
from tests.flight.segment_station import BOOTED, CONTINUING, FIRST, LAST, SYSTEM, WHOLE, SegmentStation
from tests.flight.station import SHAPES, Station, relay_mission
from wire import cltu, pus, segment
from wire.dictionary.mission import MAX_TC_PACKET, TC_MAPS
from wire.frame_shapes import build_tc_control
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


def test_golden_frames_of_a_segmented_ping_are_executed(station: SegmentStation) -> None:
    """Spacecraft 1C6, channel 0; segment headers 41, 01, 81 (first, continuing, last; MAP 1); 13 octets of packet as 5, 5 and 3.

    The check sums are those of binascii.crc_hqx from 0xFFFF.
    """
    frames = [
        "21c6000c0041" + "1941c00000" + "ef53",
        "21c6000c0001" + "062f110100" + "7efd",
        "21c6000a0081" + "00bc4e" + "00d3",
    ]
    packet = bytes.fromhex("1941c00000" + "062f110100" + "00bc4e")
    assert [frame.hex() for frame in station.segments(packet, 5)] == frames
    station.up(*map(bytes.fromhex, frames))
    assert station.stages(packet[:4]) == EXECUTED
    assert station.counts() == (3, 0, 1, 0)


@pytest.mark.parametrize("bypass", [True, False])
@pytest.mark.parametrize("map_id", [row.number for row in TC_MAPS])
def test_a_packet_cut_anywhere_is_executed_once(station: SegmentStation, map_id: int, bypass: bool) -> None:
    for octets in range(1, 14):
        packet = station.packet()
        for frame in station.segments(packet, octets, map_id, bypass):
            station.up(frame)
        station.mission.run(20)
        assert station.stages(packet[:4]) == EXECUTED
    assert station.counts()[1:] == (0, 13, 0)
    assert station.open() == {}


def test_a_packet_of_the_longest_is_taken_and_one_octet_more_is_refused_at_once(station: SegmentStation) -> None:
    longest = pus.build_tc(SYSTEM, 9, 17, 1, bytes(MAX_TC_PACKET - 13))
    station.up(*station.segments(longest, 400))
    assert station.counts() == (3, 0, 1, 0)
    assert station.stages(longest[:4]) == [SHAPES["ACCEPTED"], SHAPES["NOT_STARTED"]]  # put together, and then too long for a ping
    longer = pus.build_tc(SYSTEM, 10, 17, 1, bytes(MAX_TC_PACKET - 12))
    station.up(*station.segments(longer, 300))
    assert station.reasons() == ["FRAME_OVERLONG"]
    assert station.counts() == (6, 1, 1, 0)
    station.up(*station.segments(station.packet(), 6))
    assert station.pongs() == 1


def test_bi_034_segments_without_end_are_cut_and_take_no_memory(station: SegmentStation) -> None:
    used = station.mission.vehicles[0].arena.used
    station.up(station.frame(FIRST, bytes(400)))
    for _ in range(100):
        station.up(station.frame(CONTINUING, bytes(400)))
    assert station.mission.peek("relay.map1.bd.overlong") == 1
    assert station.mission.peek("relay.map1.bd.orphans") == 98
    assert station.open() == {}
    assert station.mission.vehicles[0].arena.used == used
    station.up(*station.segments(station.packet(), 6))
    assert station.pongs() == 1


@pytest.mark.parametrize("bypass", [True, False])
def test_bi_031_every_sequence_of_up_to_four_flags_executes_what_the_flags_say_and_counts_the_rest(
    station: SegmentStation, bypass: bool
) -> None:
    """The model: a first or a whole begins, breaking off what is under way; a continuing or a last without a beginning is rejected."""
    for length in range(1, 5):
        for flags in itertools.product(range(4), repeat=length):
            before, executed, rejected, broken, under_way = station.counts(), 0, 0, 0, False
            pieces = [station.packet()[: 13 if one == WHOLE else 7] for one in flags]
            for i, one in enumerate(flags):
                broken += under_way and one in (FIRST, WHOLE)
                if one in (CONTINUING, LAST) and not under_way:
                    rejected += 1
                elif one == WHOLE or (one == LAST and i and flags[i - 1] == FIRST):
                    executed += 1
                    if one == LAST:
                        whole = station.packet()
                        pieces[i - 1 : i + 1] = [whole[:7], whole[7:]]
                under_way = under_way if one == CONTINUING else one == FIRST
            for one, piece in zip(flags, pieces, strict=True):
                station.up(station.frame(one, piece, bypass=bypass))
            after = station.counts()
            found = [b - a for a, b in zip(before, after, strict=True)]
            longer = sum(map("".join(map(str, flags)).count, ("102", "1002")))  # put together, and a wrong length
            assert found == [length - rejected, rejected, executed, broken + longer], flags
            if under_way:
                station.up(station.frame(WHOLE, station.packet(), bypass=bypass))
            station.listen()
            station.packets.clear()
    assert station.open() == {}


def test_what_is_wrong_with_segments_is_told_by_its_name(station: SegmentStation) -> None:
    half = station.packet()[:7]
    for frames, reason in (
        ([station.frame(LAST, half)], "FRAME_SEGMENT"),
        ([station.frame(CONTINUING, half)], "FRAME_SEGMENT"),
        ([station.frame(FIRST, half), station.frame(FIRST, half)], "FRAME_UNFINISHED"),
        ([station.frame(WHOLE, station.packet())], "FRAME_UNFINISHED"),
        ([station.frame(WHOLE, half, map_id=2)], "FRAME_MAP"),
        ([station.frame(WHOLE, half, map_id=63)], "FRAME_MAP"),
        ([station.frame(FIRST, bytes(600)), station.frame(LAST, bytes(600))], "FRAME_OVERLONG"),
        ([station.frame(FIRST, half), station.frame(LAST, half)], "PACKET_LENGTH"),
    ):
        station.packets.clear()
        station.up(*frames)
        assert station.reasons() == [reason]
    assert station.mission.peek("relay.link.last_frame_error") == TcFrameError.TC_FRAME_OVERLONG


def test_bi_032_a_packet_whose_rest_does_not_come_is_given_up_in_time_and_told(station: SegmentStation) -> None:
    """600 s by bypass, 7200 s in sequence; the ticks between are not flown: the record is made so much older."""
    for bypass, patience in ((True, 600_000), (False, 7_200_000)):
        name = "map1.bd" if bypass else "map1.ad"
        packet = station.packet()
        first, last = station.segments(packet, 7, bypass=bypass)
        station.up(first)
        record = station.mission.vehicles[0].arena.view(name)
        record["last_tick"] = station.mission.tick - patience + 1
        station.mission.run(1)
        assert record["open"]
        station.packets.clear()
        station.mission.run(2)
        assert (record["open"], record["timed_out"]) == (0, 1)
        assert station.reasons() == ["FRAME_UNFINISHED"]
        station.up(last)
        assert station.reasons() == ["FRAME_UNFINISHED", "FRAME_SEGMENT"]
        assert station.stages(packet[:4]) == []
    assert station.counts() == (2, 2, 0, 2)


def test_bi_033_segments_of_both_maps_ad_and_bd_mixed_are_put_together_apart(station: SegmentStation) -> None:
    draw = random.Random(33)
    for _ in range(30):
        packets = {(row.number, bypass): station.packet() for row in TC_MAPS for bypass in (True, False)}
        parts = {key: segment.split(packet, draw.randrange(1, 14)) for key, packet in packets.items()}
        while parts:
            key = draw.choice(list(parts))
            flags, data = parts[key].pop(0)
            station.send_frame(station.frame(flags, data, *key))
            station.mission.run(draw.randrange(2))
            if not parts[key]:
                del parts[key]
        station.mission.run(30)
        for packet in packets.values():
            assert station.stages(packet[:4]) == EXECUTED
        station.packets.clear()
    assert station.counts()[1:] == (0, 120, 0)


def test_bi_036_of_64_maps_those_of_the_table_are_taken(station: SegmentStation) -> None:
    for map_id in range(64):
        station.up(station.frame(WHOLE, station.packet(), map_id))
    assert station.pongs() == len(TC_MAPS) == 2
    assert station.counts() == (2, 62, 2, 0)


def test_bi_035_two_packets_in_a_unit_or_one_and_a_half_are_refused_whole(station: SegmentStation) -> None:
    packet = station.packet()
    longer = pus.build_tc(SYSTEM, 5, 3, 27, bytes(20))
    for unit in (packet * 2, packet + packet[:5], longer[:-1], packet + longer, packet + b"\0"):
        for octets in (6, 100):
            station.up(*station.segments(unit, octets))
    assert station.pongs() == 0
    assert station.reasons() == ["PACKET_LENGTH"] * 10
    assert station.counts()[2:] == (0, 10)


def test_a_segment_lost_by_bypass_costs_its_packet_alone(station: SegmentStation) -> None:
    for lost in range(4):
        frames = station.segments(station.packet(), 4)
        station.up(*frames[:lost], *frames[lost + 1 :])
        station.up(*station.segments(station.packet(), 4))
        station.mission.run(20)
    assert station.pongs() == 4


def test_in_sequence_a_lost_or_repeated_segment_is_asked_for_and_the_packet_is_executed_once(station: SegmentStation) -> None:
    packet = station.packet()
    frames = station.segments(packet, 4, bypass=False)
    station.up(frames[0], frames[0], frames[2], frames[3])
    assert (station.word()["retransmit"], station.word()["report_value"]) == (1, 1)
    assert station.stages(packet[:4]) == []
    station.up(*frames[1:], *frames)
    assert station.stages(packet[:4]) == EXECUTED
    assert (station.word()["retransmit"], station.word()["report_value"]) == (0, 4)
    assert station.counts() == (4, 0, 1, 0)


def test_a_wrong_segment_in_sequence_is_acknowledged_and_rejected_not_asked_for_for_ever(station: SegmentStation) -> None:
    station.up(station.frame(LAST, b"abc", bypass=False), station.frame(WHOLE, b"abc", 9, bypass=False))
    word = station.word()
    assert (word["report_value"], word["retransmit"]) == (2, 0)
    assert station.counts() == (0, 2, 0, 0)


def test_setting_the_number_gives_up_what_was_under_way_in_sequence_and_leaves_bypass_alone(station: SegmentStation) -> None:
    aside, packet = station.segments(station.packet(), 7), station.packet()
    first, last = station.segments(packet, 7, bypass=False)
    station.up(first, aside[0])
    station.up(build_tc_control(SPACECRAFT, 0, b"\0"))
    assert station.open() == {"map1.ad": 7, "map1.bd": 7}
    station.up(build_tc_control(SPACECRAFT, 0, bytes([0x82, 0, 1])))
    assert station.open() == {"map1.bd": 7}
    assert station.reasons() == ["FRAME_UNFINISHED"]
    station.up(last, aside[1])
    assert station.pongs() == 1
    assert station.stages(packet[:4]) == []


def test_many_segments_in_a_tick_wait_for_room_and_none_is_lost_by_bypass(station: SegmentStation) -> None:
    packets = [station.packet() for _ in range(40)]
    for packet in packets:
        for frame in station.segments(packet, 5):
            station.send_frame(frame)
    station.mission.run(200)
    assert [station.stages(packet[:4]) for packet in packets] == [EXECUTED] * 40
    assert station.counts() == (120, 0, 40, 0)


@pytest.mark.parametrize("bypass", [True, False])
def test_every_single_flipped_bit_of_a_segment_is_refused_on_board_and_the_packet_is_not_executed_without_it(
    station: SegmentStation, bypass: bool
) -> None:
    """Bare frames behind the decoder of CLTUs, which would refuse most of them: first, continuing and last, every bit of each."""
    uplink = station.mission.inbox
    for place in range(3):
        whole = station.segments(station.packet(), 5, bypass=bypass)
        for bit in range(8 * len(whole[place])):
            frames = list(whole)
            wrong = bytearray(frames[place])
            wrong[bit >> 3] ^= 0x80 >> (bit & 7)
            frames[place] = bytes(wrong)
            for frame in frames:
                uplink.put(0, cltu.encode(frame))
            station.mission.run(3)
            if not bypass:
                station.up(build_tc_control(SPACECRAFT, 0, b"\0"))
                station.up(build_tc_control(SPACECRAFT, 0, bytes([0x82, 0, station.number - 3 & 0xFF])))
    station.mission.run(10)
    assert station.pongs() == 0
    station.number -= 0 if bypass else 3
    station.up(*station.segments(station.packet(), 5, bypass=bypass))
    assert station.pongs() == 1


def test_a_station_without_segments_is_served_as_ever() -> None:
    """What others send: whole packets, MAP 0, by bypass."""
    mission = relay_mission()
    station = Station(mission)
    mission.run(BOOTED)
    requests = [station.send("relay", "ping") for _ in range(5)]
    mission.run(20)
    assert [station.stages(request) for request in requests] == [EXECUTED] * 5
    station.close()
    mission.close()
