"""COP-1 through a computer's radio: what its CLCWs say, what is executed, and what a hostile or unlucky uplink cannot do."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.flight.station import Station, relay_mission
from wire import clcw, pus
from wire.dictionary import DICTIONARIES
from wire.dictionary.codes import UPLINK_REASON
from wire.frame_shapes import build_tc_control, build_tc_frame

RELAY = DICTIONARIES["relay"]
SPACECRAFT = RELAY.vehicle.spacecraft_id
SYSTEM = RELAY.vehicle.apid("system")


class Cop1Station(Station):
    """Hears the control words of the frames too, each time that it listens."""

    def word(self) -> dict[str, int]:
        """The control word of the newest frame, after an idle frame has had time to come."""
        self.packets.clear()
        found = None
        self.mission.run(1001)
        while (frame := self.reader.take()) is not None:
            found = clcw.parse(int.from_bytes(frame[-6:-2], "big"))
        assert found is not None
        return found

    def ping(self, number: int, bypass: bool = False) -> bytes:
        packet = pus.build_tc(SYSTEM, self.count & 0x3FFF, 17, 1)
        self.count += 1
        self.send_frame(build_tc_frame(SPACECRAFT, 0, packet, bypass=bypass, sequence_number=number % 256))
        return packet[:4]

    def pongs(self) -> int:
        self.listen()
        return sum((p.secondary.service, p.secondary.subtype) == (17, 2) for p in self.packets)

    def reasons(self) -> list[str]:
        """Names of the reasons that events gave for what was rejected."""
        self.listen()
        told = [p.data for p in self.packets if p.secondary.service == 5 and int.from_bytes(p.data[:2]) == 7]
        return [UPLINK_REASON.name_of(data[2]) for data in told]


@pytest.fixture
def station() -> Iterator[Cop1Station]:
    mission = relay_mission()
    made = Cop1Station(mission)
    mission.run(1001)
    made.listen()
    yield made
    made.close()
    mission.close()


def test_a_computer_that_has_just_started_waits_for_number_0_and_says_so(station: Cop1Station) -> None:
    word = station.word()
    assert (word["cop_in_effect"], word["virtual_channel_id"], word["report_value"]) == (1, 0, 0)
    assert not any(word[flag] for flag in ("lockout", "wait", "retransmit", "no_rf", "no_bit_lock", "farm_b_count"))


def test_frames_in_sequence_are_executed_once_each_and_the_report_counts_them(station: Cop1Station) -> None:
    for number in (0, 1, 1, 0, 2, 4, 3):
        station.ping(number)
    station.mission.run(5)
    assert station.pongs() == 4
    assert station.word()["report_value"] == 4
    assert station.mission.peek("relay.farm.discarded") == 3


def test_a_gap_asks_for_retransmission_and_the_missing_frame_ends_it(station: Cop1Station) -> None:
    station.ping(1)
    assert (station.word()["retransmit"], station.word()["report_value"]) == (1, 0)
    station.ping(0)
    assert (station.word()["retransmit"], station.word()["report_value"]) == (0, 1)


def test_control_commands_set_the_number_and_are_counted(station: Cop1Station) -> None:
    station.send_frame(build_tc_control(SPACECRAFT, 0, bytes([0x82, 0, 200])))
    station.send_frame(build_tc_control(SPACECRAFT, 0, b"\0"))
    word = station.word()
    assert (word["report_value"], word["farm_b_count"]) == (200, 2)
    station.ping(200)
    assert station.word()["report_value"] == 201
    assert station.mission.peek("relay.link.tc_frames_rejected") == 0


def test_a_reset_of_the_computer_is_power_on_for_farm_1_too(station: Cop1Station) -> None:
    for number in range(3):
        station.ping(number)
    station.mission.run(5)
    station.send("relay", "reset_computer")
    station.mission.run(3000)
    word = station.word()
    assert (word["report_value"], word["farm_b_count"]) == (0, 0)


def test_a_snapshot_carries_the_sequence(station: Cop1Station) -> None:
    station.ping(0)
    station.mission.run(5)
    octets = station.mission.snapshot()
    station.ping(1)
    station.mission.run(5)
    assert station.mission.peek("relay.farm.v_r") == 2
    station.mission.restore(octets)
    assert station.mission.peek("relay.farm.v_r") == 1


def test_without_room_farm_1_waits_and_takes_the_rest_when_there_is_room(station: Cop1Station) -> None:
    seen = set()
    for number in range(40):  # far more in a tick than the queue holds
        station.ping(number)
    for _ in range(40):
        station.mission.run(1)
        seen.add((station.mission.peek("relay.farm.state"), station.mission.peek("relay.farm.wait")))
    assert seen == {(1, 0), (2, 1)}
    accepted = station.mission.peek("relay.farm.v_r")
    assert 16 <= accepted < 40
    station.mission.run(20)
    assert station.pongs() == accepted
    assert (station.word()["wait"], station.word()["retransmit"]) == (0, 1)
    for number in range(accepted, accepted + 4):
        station.ping(number)
    assert (station.word()["report_value"], station.word()["retransmit"]) == (accepted + 4, 0)


def test_bi_023_a_retransmission_of_what_was_accepted_is_executed_once(station: Cop1Station) -> None:
    for _ in range(5):
        station.ping(0)
    station.mission.run(10)
    assert station.pongs() == 1
    assert station.mission.peek("relay.farm.discarded") == 4
    assert station.reasons() == []


def test_bi_024_a_number_far_outside_locks_and_only_unlock_opens(station: Cop1Station) -> None:
    station.ping(0)
    station.ping(128)
    station.mission.run(5)
    assert station.reasons() == ["FRAME_LOCKOUT"]
    assert station.word()["lockout"] == 1
    station.ping(1)
    station.send_frame(build_tc_control(SPACECRAFT, 0, bytes([0x82, 0, 1])))
    assert (station.word()["lockout"], station.word()["farm_b_count"]) == (1, 1)
    by_pass = station.ping(9, bypass=True)
    station.mission.run(5)
    assert station.stages(by_pass) == [1, 3, 7]
    station.send_frame(build_tc_control(SPACECRAFT, 0, b"\0"))
    station.ping(1)
    word = station.word()
    assert (word["lockout"], word["report_value"]) == (0, 2)


def test_bi_020_and_021_no_other_control_command_has_an_effect(station: Cop1Station) -> None:
    draw = random.Random(21)
    directives = [
        b"\1",
        b"\0\0",
        b"\x82\0",
        b"\x82\1\5",
        b"\x82\0\5\0",
        b"\x83\0\5",
        *(draw.randbytes(draw.randrange(1, 9)) for _ in range(60)),
    ]
    wrong = [d for d in directives if d != b"\0" and not (len(d) == 3 and d[:2] == b"\x82\0")]
    for directive in wrong:
        station.send_frame(build_tc_control(SPACECRAFT, 0, directive))
        station.mission.run(3)
    word = station.word()
    assert (word["report_value"], word["farm_b_count"], word["lockout"]) == (0, 0, 0)
    assert station.mission.peek("relay.link.tc_frames_rejected") == len(wrong)


def test_bi_025_a_flood_by_bypass_neither_starves_nor_resets_the_sequence(station: Cop1Station) -> None:
    number = 0
    for _ in range(60):
        for _ in range(6):
            station.ping(77, bypass=True)
        before = station.mission.peek("relay.farm.v_r")
        station.ping(number)
        station.mission.run(2)
        number += station.mission.peek("relay.farm.v_r") != before
    station.mission.run(100)
    assert number > 20
    assert station.mission.peek("relay.farm.v_r") == number % 256
    assert station.mission.peek("relay.farm.lockouts") == 0
    assert station.pongs() == 360 + number


def test_bi_030_a_v_r_moved_by_an_upset_locks_is_told_and_lets_nothing_in_twice(station: Cop1Station) -> None:
    for number in range(4):
        station.ping(number)
    station.mission.run(5)
    record = next(arena for arena in station.mission.arenas if arena.name == "relay").view("farm")
    record["v_r"] = 2
    station.ping(2)
    station.mission.run(5)
    assert station.pongs() == 4
    assert station.reasons() == ["FRAME_FARM"]
    assert station.mission.peek("relay.farm.upsets") == 1
    assert station.word()["lockout"] == 1
    station.send_frame(build_tc_control(SPACECRAFT, 0, b"\0"))
    station.send_frame(build_tc_control(SPACECRAFT, 0, bytes([0x82, 0, 4])))
    station.ping(4)
    word = station.word()
    assert (word["lockout"], word["report_value"]) == (0, 5)


def test_a_frame_of_another_virtual_channel_does_not_touch_the_sequence(station: Cop1Station) -> None:
    packet = pus.build_tc(SYSTEM, 1, 17, 1)
    station.send_frame(build_tc_frame(SPACECRAFT, 1, packet, bypass=False, sequence_number=0))
    station.send_frame(build_tc_control(SPACECRAFT, 1, bytes([0x82, 0, 9])))
    assert (station.word()["report_value"], station.word()["farm_b_count"]) == (0, 0)
    assert station.mission.peek("relay.link.tc_frames_rejected") == 2
