"""The services of one computer, commanded through its radio: every request ends in the reports that it must."""

import random
import struct

import pytest

from flight.mission import Mission
from hal.sim.world import SimulatedWorld
from tests.flight.station import Station, relay_mission
from wire import pus
from wire.dictionary import DICTIONARIES
from wire.dictionary.codes import FAILURE_CODE, UPLINK_REASON
from wire.frame_shapes import build_tc_frame

RELAY = DICTIONARIES["relay"]
SYSTEM = RELAY.vehicle.apid("system")


@pytest.fixture
def station():
    mission = relay_mission()
    made = Station(mission)
    mission.run(1001)
    made.listen()
    yield made
    made.close()
    mission.close()


def refusal(station, service, subtype, data=b"", apid=SYSTEM, ticks=3):
    station.count += 1
    packet = pus.build_tc(apid, station.count, service, subtype, data)
    station.send_packet("relay", packet)
    station.mission.run(ticks)
    code, parameter = station.failure(packet[:4])
    return station.stages(packet[:4]), FAILURE_CODE.name_of(code), parameter


def test_a_ping_is_accepted_started_answered_and_completed_in_one_tick(station):
    request = station.send("relay", "ping")
    station.mission.run(1)
    assert station.stages(request) == [1, 3, 7]
    assert [p.secondary.service for p in station.packets].count(17) == 1


def test_the_pong_has_these_bytes(station):
    station.send("relay", "ping")
    station.mission.run(1)
    station.listen()
    (pong,) = [p for p in station.packets if p.secondary.service == 17]
    # PUS 2, [17,2], message counter 0, destination 0; CUC of tick 1001 at 1 kHz: epoch 1925173237 = 72bfcff5h, 1.001 s later
    assert (pong.header.id.apid, pong.secondary.subtype, pong.secondary.message_counter) == (SYSTEM, 2, 0)
    assert bytes(pong.secondary.time).hex() == "72bfcff6004189"
    assert pong.data == b""


@pytest.mark.parametrize("flags", range(16))
def test_success_is_reported_only_as_the_flags_ask(station, flags):
    packet = pus.build_tc(SYSTEM, 3, 17, 1, b"", flags)
    station.send_packet("relay", packet)
    station.mission.run(1)
    wanted = [subtype for subtype, bit in ((1, 1), (3, 2), (7, 8)) if flags & bit]
    assert station.stages(packet[:4]) == wanted


def test_what_no_application_serves_is_not_accepted(station):
    assert refusal(station, 99, 1) == ([2], "UNKNOWN_SERVICE", 99)
    assert refusal(station, 17, 9) == ([2], "UNKNOWN_SUBTYPE", 9)


def test_every_apid_that_is_nobodys_is_a_failure_of_routing(station):
    served = {apid.number for apid in RELAY.vehicle.apids}
    requests = {apid: pus.build_tc(apid, 5, 17, 1, b"") for apid in range(0x7FF) if apid not in served}  # 0x7FF is the idle packet's
    for packet in requests.values():
        station.send_packet("relay", packet)
        station.mission.run(1)
    station.listen()
    told = {p.data[:4]: (p.secondary.subtype, FAILURE_CODE.name_of(int.from_bytes(p.data[4:6], "big")), int.from_bytes(p.data[6:], "big"))
            for p in station.packets if p.secondary.service == 1}  # fmt: skip
    assert told == {packet[:4]: (10, "UNKNOWN_APID", apid) for apid, packet in requests.items()}


def test_every_service_and_subtype_is_answered_and_none_raises(station):
    known = {(c.service, c.subtype) for c in RELAY.commands}
    for service in range(1, 256, 7):
        for subtype in range(1, 256, 31):
            if (service, subtype) not in known:
                assert refusal(station, service, subtype, ticks=1)[0] == [2]
                station.packets.clear()


def test_a_packet_with_a_wrong_check_sum_is_not_accepted(station):
    packet = pus.build_tc(SYSTEM, 9, 17, 1)
    station.send_packet("relay", packet[:-1] + bytes([packet[-1] ^ 1]))
    station.mission.run(2)
    assert station.stages(packet[:4]) == [2]
    assert FAILURE_CODE.name_of(station.failure(packet[:4])[0]) == "PACKET_CHECKSUM"
    assert "uplink_rejected" in station.events("relay")


def test_arguments_are_refused_before_any_effect(station):
    assert refusal(station, 17, 1, b"\0") == ([1, 4], "DATA_LENGTH", 1)
    assert refusal(station, 3, 27, b"") == ([1, 4], "DATA_LENGTH", 0)
    assert refusal(station, 3, 27, struct.pack(">H", 0)) == ([1, 4], "ARGUMENT_COUNT", 0)
    assert refusal(station, 3, 27, struct.pack(">HHH", 2, 1, 77)) == ([1, 4], "UNKNOWN_REPORT", 77)
    assert not [p for p in station.packets if p.secondary.service == 3 and p.secondary.subtype == 25 and p.header.sequence.count > 9]
    assert refusal(station, 20, 1, struct.pack(">HH", 1, 0xFFFF)) == ([1, 4], "UNKNOWN_PARAMETER", 0xFFFF)
    assert refusal(station, 20, 1, struct.pack(">HH", 900, 1)) == ([1, 4], "DATA_LENGTH", 4)
    assert refusal(station, 8, 1, b"\x01") == ([1, 4], "DATA_LENGTH", 1)
    assert refusal(station, 8, 1, struct.pack(">H", 999)) == ([1, 4], "UNKNOWN_FUNCTION", 999)


def test_a_parameter_that_can_only_be_read_is_not_set(station):
    uptime = RELAY.parameter("system.uptime_s")
    assert refusal(station, 20, 3, struct.pack(">HHd", 1, uptime.id, 5.0)) == ([1, 4], "NOT_SETTABLE", uptime.id)


def test_a_parameter_is_reported_in_its_own_kind(station):
    request = station.send("relay", "get", parameter=RELAY.parameter("system.uptime_s").id)
    station.mission.run(1)
    assert station.stages(request) == [1, 3, 7]
    (report,) = [p for p in station.packets if p.secondary.service == 20]
    count, number, value = struct.unpack(">HHd", report.data)
    assert (count, number, value) == (1, RELAY.parameter("system.uptime_s").id, pytest.approx(0.001))


def test_housekeeping_stops_and_goes_on_as_told(station):
    def reports():
        station.packets.clear()
        station.mission.run(3000)
        return len([p for p in station.listen() if p.secondary.service == 3 and int.from_bytes(p.data[:2]) == 1])

    assert reports() == 3
    station.send("relay", "hk_disable", report=1)
    assert reports() == 0
    station.send("relay", "hk_enable", report=1)
    assert reports() in (3, 4)


def test_a_function_changes_the_mode_and_completes_when_it_has(station):
    request = station.send("relay", "safe")
    station.mission.run(3)
    assert station.stages(request) == [1, 3, 7]
    assert station.mission.peek("relay.mode.mode") == RELAY.vehicle.modes["SAFE"]
    assert "mode_changed" in station.events("relay")


def test_a_function_that_the_mode_forbids_is_refused_and_changes_nothing(station):
    request = station.send("relay", "standby")
    station.mission.run(3)
    assert station.stages(request) == [1, 4]
    assert station.failure(request) == (FAILURE_CODE["ILLEGAL_IN_MODE"], RELAY.vehicle.modes["STANDBY"])
    assert station.mission.peek("relay.mode.transitions") == 0


def test_a_reset_reports_its_completion_first(station):
    request = station.send("relay", "reset_computer")
    station.mission.run(1500)
    assert station.stages(request) == [1, 3, 7]
    assert station.events("relay").count("boot") == 2
    assert int(station.mission.harness.view("computer.relay")["boot_count"]) == 2


def test_more_commands_than_one_tick_takes_are_all_executed(station):
    requests = [station.send("relay", "ping") for _ in range(60)]
    station.mission.run(60)
    assert all(station.stages(request) == [1, 3, 7] for request in requests)


def test_a_bad_frame_is_told_of_though_a_good_one_follows_in_the_same_tick(station):
    good = build_tc_frame(RELAY.vehicle.spacecraft_id, 0, pus.build_tc(SYSTEM, 1, 17, 1))
    station.send_frame(good[:-1] + bytes([good[-1] ^ 1]))
    station.send_frame(good)
    station.mission.run(3)
    station.listen()
    (told,) = [p.data for p in station.packets if p.secondary.service == 5 and p.secondary.subtype == 2]
    assert told == struct.pack(">HBI", RELAY.event("uplink_rejected").id, UPLINK_REASON["FRAME_FECF"], 1)


def test_two_changes_of_mode_at_once_are_both_settled(station):
    station.mission.poke("relay.mode.mode", RELAY.vehicle.modes["FORWARDING"])
    requests = [station.send("relay", name) for name in ("standby", "safe")]
    station.mission.run(30)
    assert [station.stages(request)[:2] for request in requests] == [[1, 3]] * 2
    assert [station.stages(request)[2:] for request in requests] in ([[7], [8]], [[8], [7]])


def test_a_mode_that_an_upset_has_made_up_is_left_for_that_of_a_boot(station):
    for mode in (7, 19, 200):
        station.mission.poke("relay.mode.mode", mode)
        station.mission.run(1)
        assert station.mission.peek("relay.mode.mode") == RELAY.vehicle.modes["STANDBY"]
    station.mission.run(2)
    assert station.events("relay").count("mode_changed") == 3


def test_a_report_asked_for_more_often_than_there_are_reports_is_refused(station):
    most = len(RELAY.reports)
    assert refusal(station, 3, 27, struct.pack(f">H{most + 1}H", most + 1, *[1] * (most + 1))) == ([1, 4], "ARGUMENT_COUNT", most + 1)


def test_no_report_of_a_request_is_lost_when_many_ask_for_much():
    mission = Mission(SimulatedWorld(), "hover", 1)
    station = Station(mission)
    mission.run(150)
    reports = [row.id for row in DICTIONARIES["lander"].reports]
    data = struct.pack(f">H{len(reports)}H", len(reports), *reports)
    packets = [pus.build_tc(DICTIONARIES["lander"].vehicle.apid("system"), i, 3, 27, data) for i in range(48)]
    for packet in packets:
        station.send_packet("lander", packet)
    mission.run(100)
    assert [station.stages(packet[:4]) for packet in packets] == [[1, 3, 7]] * 48
    assert mission.peek("lander.link.tm_lost") == 0
    station.close()
    mission.close()


def test_random_application_data_are_refused_whole_or_executed_with_one_verdict(station):
    mission, draw = station.mission, random.Random(41)
    kinds = sorted({(c.service, c.subtype) for c in RELAY.commands})
    before = mission.snapshot()

    def others():
        """Every record but those that count and queue what is received and sent."""
        held = ("telemetry", "link", "downlink", "radio", "farm", "map0.", "requests.packets")
        return {
            (arena.name, row.name): bytes(arena.memory()[row.offset : row.offset + row.size])
            for arena in mission.arenas
            for row in arena.records.values()
            if not row.name.startswith(held)
        }

    mission.run(3)
    untouched = others()
    for i in range(400):
        mission.restore(before)
        data = struct.pack(">H", draw.choice((0, 1, 2, 3, 0xFFFF))) * draw.randrange(3) + draw.randbytes(draw.choice((0, 1, 2, 8, 40, 900)))
        packet = pus.build_tc(SYSTEM, i, *draw.choice(kinds), data)
        station.send_packet("relay", packet)
        mission.run(3)
        stages = station.stages(packet[:4])
        assert stages in ([1, 4], [1, 3, 7], [1, 3])
        assert stages != [1, 4] or others() == untouched


def test_sequence_counts_of_the_packets_of_an_application_have_no_gap(station):
    for _ in range(40):
        station.send("relay", "ping")
    station.mission.run(5000)
    counts = [p.header.sequence.count for p in station.listen() if p.header.id.apid == SYSTEM]
    assert sorted(counts) == list(range(min(counts), min(counts) + len(counts)))
