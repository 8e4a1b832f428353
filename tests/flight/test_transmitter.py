"""Who gets the line on the link `queqiao`: shares, priorities, what waits and for how long, and changes of the rate."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from flight import lander, scenarios
from flight.mission import Mission
from flight.page import ClaimRow
from tests.flight.sky_world import queqiao_mission
from tests.flight.station import Station
from wire import crc, pus, space_packet
from wire.dictionary import DICTIONARIES
from wire.dictionary.links import FORWARD_BIT_S, RETURN_BIT_S
from wire.dictionary.mission import TM_EVENTS, TM_FILES, TM_REAL_TIME
from wire.time_code import to_ns
from wire.tm_frame import Reassembler

FRAME_BITS = 8 * 1115
QUEUES = {TM_REAL_TIME: "telemetry.real_time", TM_EVENTS: "telemetry.events", TM_FILES: "telemetry.files"}
OCTETS = {TM_REAL_TIME: 300, TM_EVENTS: 60, TM_FILES: 1040}  # of a packet of the pump
IDLE = 7
RATES = [("lander", 0), ("lander", 1), ("rover", 2), ("lander", 3)]
"""1.4, 50, 285 and 555 kbit/s."""


class Pump:
    """Keeps queues of one vehicle full with numbered packets of its own, without the service that would."""

    def __init__(self, mission: Mission, vehicle: str, *channels: int) -> None:
        self._arena = next(v.arena for v in mission.vehicles if v.name == vehicle)
        self._mission, self._channels = mission, channels
        self._numbers = Counter[int]()

    def fill(self) -> None:
        for channel in self._channels:
            state = self._arena.view(QUEUES[channel])
            units, stride, places = self._arena.view(QUEUES[channel] + ".units"), int(state["stride"]), int(state["capacity"])
            while state["head"] - state["tail"] < places:
                number = self._numbers[channel] = self._numbers[channel] + 1
                packet = space_packet.build_plain(1, 0, number.to_bytes(4) + bytes(OCTETS[channel] - 10))
                unit = self._mission.tick.to_bytes(8, "little", signed=True) + bytes(4) + len(packet).to_bytes(4, "little") + packet
                place = int(state["head"]) % places * stride
                units[place : place + len(unit)] = np.frombuffer(unit, np.uint8)
                state["head"] += 1


class Listener:
    """Frames of one vehicle as they come down: how many by channel, and the packets that they carry."""

    def __init__(self, mission: Mission, vehicle: str) -> None:
        self._reader, self._spacecraft = mission.outlet.reader(), DICTIONARIES[vehicle].vehicle.spacecraft_id
        self.channels: dict[int, Reassembler] = defaultdict(Reassembler)
        self.packets: dict[int, list[bytes]] = defaultdict(list)
        self.order: list[int] = []

    def listen(self) -> None:
        while (frame := self._reader.take()) is not None:
            if (frame[0] << 8 | frame[1]) >> 4 & 0x3FF == self._spacecraft:
                channel = frame[1] >> 1 & 7
                self.order.append(channel)
                self.packets[channel] += self.channels[channel].feed(frame)

    def reports(self) -> list[Any]:
        return [pus.parse_tm(packet) for packet in self.packets[TM_REAL_TIME] if packet[0] & 8]


def fly(mission: Mission, listener: Listener | Station, seconds: float, pump: Pump | None = None) -> None:
    ticks = 1 if pump else 10
    for _ in range(round(seconds * 100 / ticks)):
        if pump:
            pump.fill()
        mission.run(ticks)
        listener.listen()


def at_rate(vehicle: str, place: int, *channels: int) -> tuple[Mission, Listener, Pump]:
    """A mission with full queues whose line has settled at a rate; nothing has been listened to yet."""
    mission = queqiao_mission()
    mission.run(300)
    mission.poke(f"{vehicle}.downlink.rate", place)
    pump = Pump(mission, vehicle, *channels)
    fly(mission, Listener(mission, vehicle), 3.0 + 4 * FRAME_BITS / RETURN_BIT_S[vehicle][place], pump)
    return mission, Listener(mission, vehicle), pump


# --- shares


@pytest.mark.parametrize(("vehicle", "place", "seconds"), [*((*rate, 60.0) for rate in RATES), ("lander", 0, 640.0)])
def test_when_all_want_the_line_each_gets_its_share_and_the_first_in_priority_the_rest(vehicle: str, place: int, seconds: float) -> None:
    mission, listener, pump = at_rate(vehicle, place, TM_EVENTS, TM_REAL_TIME, TM_FILES)
    fly(mission, listener, seconds, pump)
    found = Counter(listener.order)
    assert found.total() == pytest.approx(seconds * RETURN_BIT_S[vehicle][place] / FRAME_BITS, abs=1.01)
    for channel, share in ((TM_EVENTS, 0.35), (TM_REAL_TIME, 0.40), (TM_FILES, 0.25)):
        assert found[channel] == pytest.approx(share * found.total(), abs=2)
    for channel in QUEUES:  # whole, and in order, over the edges of frames
        numbers = [int.from_bytes(packet[6:10]) for packet in listener.packets[channel] if len(packet) == OCTETS[channel]]
        assert len(numbers) > 1 or found.total() < 20
        assert all(b == a + 1 for a, b in pairwise(numbers))
        assert listener.channels[channel].record()["idle_packets"] == 0  # every frame was full


@pytest.mark.parametrize(("vehicle", "place", "least"), [("lander", 0, 0.20), ("lander", 1, 0.45), ("rover", 2, 0.90), ("lander", 3, 0.80)])
def test_files_go_on_beside_housekeeping_and_nothing_of_either_is_lost(vehicle: str, place: int, least: float) -> None:
    mission, listener, pump = at_rate(vehicle, place, TM_FILES)
    replaced = mission.peek(f"{vehicle}.link.tm_replaced")
    fly(mission, listener, 60.0, pump)
    assert Counter(listener.order)[TM_FILES] >= least * len(listener.order)
    assert IDLE not in listener.order
    assert mission.peek(f"{vehicle}.link.tm_lost") == 0
    assert listener.channels[TM_REAL_TIME].record()["packets_dropped"] == 0
    if place:
        reports = Counter(int.from_bytes(p.data[:2]) for p in listener.reports() if p.secondary.service == 3)
        for row in DICTIONARIES[vehicle].reports:
            if row.enabled:
                assert reports[row.id] == pytest.approx(60 / row.period_s, abs=1 + 1 / row.period_s)
        assert mission.peek(f"{vehicle}.link.tm_replaced") == replaced


@pytest.mark.parametrize(("vehicle", "place"), RATES[1:])
def test_beside_files_a_periodic_report_waits_three_frames_and_then_goes_first(vehicle: str, place: int) -> None:
    mission, listener, pump = at_rate(vehicle, place, TM_FILES)
    fly(mission, listener, 5.0, pump)
    frame_s = FRAME_BITS / RETURN_BIT_S[vehicle][place]
    space = mission.status()["space"]
    way_s = (space["earth_relay_ticks"] + space["relay_site_ticks"]) / 100 + FRAME_BITS / 2e6
    epoch_s = mission.peek(f"{vehicle}.telemetry.epoch_tai_s")
    listener.packets.clear()
    waited = []
    for _ in range(1000):
        pump.fill()
        mission.run(1)
        listener.listen()
        for report in listener.reports():
            if report.secondary.service == 3:
                waited.append(mission.tick / 100 + epoch_s - to_ns(bytes(report.secondary.time)) / 1e9 - way_s)
        listener.packets.clear()
    assert len(waited) > 10
    # A file's frame in its share may go before, and each is on its way itself for as long as a frame takes, or two when it runs over.
    assert max(waited) <= 3 * frame_s + 3 * frame_s + 0.05


def test_a_line_that_nobody_else_wants_is_whose_that_wants_it_and_idle_when_nobody_does() -> None:
    mission, listener, pump = at_rate("rover", 2, TM_FILES)
    for place in range(len(DICTIONARIES["rover"].reports)):
        mission.poke(f"rover.housekeeping.enabled[{place}]", 0)
    fly(mission, listener, 5.0, pump)
    listener.order.clear()
    fly(mission, listener, 10.0, pump)
    assert Counter(listener.order)[TM_FILES] >= len(listener.order) - 25  # time reports, one for 16 frames of channel 0, are gone soon
    fly(mission, listener, 5.0)
    listener.order.clear()
    fly(mission, listener, 10.0)
    assert set(listener.order) == {IDLE}


def test_on_the_relay_what_is_forwarded_is_sure_of_four_fifths() -> None:
    mission = queqiao_mission()
    mission.run(300)
    mission.poke("relay.downlink.rate", 0)  # 1 Mbit/s: 840 kbit/s come from lander and rover
    pump = Pump(mission, "relay", TM_EVENTS, TM_REAL_TIME, TM_FILES)
    own, theirs = Listener(mission, "relay"), Listener(mission, "lander")
    for _ in range(600):
        pump.fill()
        mission.run(10)
        own.listen()
        theirs.listen()
    found = Counter(own.order)
    frames = 60 * 1e6 / FRAME_BITS
    assert found[TM_REAL_TIME] == pytest.approx(0.05 * frames, rel=0.1)
    assert found[TM_FILES] == pytest.approx(0.05 * frames, rel=0.1)
    assert mission.peek("relay.forwarding.returned") - mission.peek("relay.forwarding.returned_lost") >= 0.79 * frames
    assert len(theirs.order) == pytest.approx(0.8 * frames * 555 / 840, rel=0.05)


# --- the lowest rate


def test_at_the_lowest_rate_commands_are_answered_beside_housekeeping_and_files() -> None:
    mission = queqiao_mission()
    station = Station(mission)
    fly(mission, station, 4.0)
    mission.poke("lander.downlink.rate", 0)
    pump = Pump(mission, "lander", TM_FILES)
    fly(mission, station, 60.0, pump)
    frame_s = FRAME_BITS / 1400
    for name, arguments in (("ping", {}), ("get", {"parameter": "link.tm_replaced"}), ("hk_report", {"report": "system"})):
        request = station.send("lander", name, **arguments)
        fly(mission, station, 4.0 + 8 * 50 / FORWARD_BIT_S + 4 * frame_s, pump)
        assert station.stages(request) == [1, 3, 7]
    assert mission.peek("lander.link.tm_lost") == 0


def test_of_reports_beyond_the_rate_the_newest_of_each_kind_comes_whole_and_the_others_are_counted() -> None:
    mission, listener, _ = at_rate("lander", 0)
    kinds = [row for row in DICTIONARIES["lander"].reports if row.enabled]
    made = sum(60.0 / row.period_s for row in kinds)
    replaced = mission.peek("lander.link.tm_replaced")
    light_s = sum(mission.status()["space"][name] for name in ("earth_relay_ticks", "relay_site_ticks")) / 100
    epoch_s = mission.peek("lander.telemetry.epoch_tai_s")
    frame_s = FRAME_BITS / 1400
    for _ in range(600):
        heard = len(listener.packets[TM_REAL_TIME])
        fly(mission, listener, 0.1)
        for packet in listener.packets[TM_REAL_TIME][heard:]:
            if packet[0] & 8:
                age_s = mission.tick / 100 + epoch_s - to_ns(bytes(pus.parse_tm(packet).secondary.time)) / 1e9
                assert light_s < age_s <= light_s + 2 * frame_s + 10.1  # the slowest kind has a period of 10 s
    found = Counter(int.from_bytes(report.data[:2]) for report in listener.reports())
    assert set(found) == {row.id for row in kinds}
    assert min(found.values()) >= 3
    assert max(found.values()) <= 60 / frame_s + 2
    assert mission.peek("lander.link.tm_replaced") - replaced == pytest.approx(made - found.total(), abs=len(kinds) + 1)
    assert mission.peek("lander.link.tm_lost") == 0
    assert listener.channels[TM_REAL_TIME].record()["packets_dropped"] == 0


def test_a_report_of_which_a_part_has_left_is_not_replaced() -> None:
    """Packets that run over from frame to frame at the lowest rate: the check sum of each is right."""
    mission, listener, _ = at_rate("lander", 0)
    fly(mission, listener, 320.0)
    packets = [packet for packet in listener.packets[TM_REAL_TIME] if packet[0] & 8]
    assert len(packets) > 200
    assert {crc.checksum(packet) for packet in packets} == {0}
    assert listener.channels[TM_REAL_TIME].record()["packets_dropped"] == 0
    assert mission.peek("lander.link.tm_replaced") > 1000


# --- changes of the rate


@pytest.mark.parametrize("moment", range(0, 640, 97))
def test_a_rate_that_is_raised_is_that_of_the_next_frame_and_no_burst_reaches_the_relay(moment: int) -> None:
    mission, _, _ = at_rate("lander", 0)
    mission.run(moment)
    before = mission.status()["space"]["from_lander"]
    mission.poke("lander.downlink.rate", 3)
    arrived = []
    for _ in range(1000):
        mission.run(1)
        arrived.append(mission.status()["space"]["from_lander"] - before)
    most = max(b - a for a, b in zip(arrived, arrived[10:], strict=False))
    assert most <= 0.1 * 555_000 / FRAME_BITS + 1.01
    assert arrived[-1] > 3 * 555_000 / FRAME_BITS
    assert mission.status()["space"]["overrun"] == 0
    assert mission.peek("relay.forwarding.returned_lost") == 0


def test_a_rate_that_is_lowered_lets_the_frame_under_way_end_at_the_old_one() -> None:
    mission, listener, _ = at_rate("lander", 3)
    mission.run(500)
    before = mission.status()["space"]["from_lander"]
    mission.poke("lander.downlink.rate", 0)
    fly(mission, listener, 64.0)
    came = mission.status()["space"]["from_lander"] - before
    on_the_way = mission.status()["space"]["relay_site_ticks"] / 100 * 555_000 / FRAME_BITS
    assert came <= 64.0 * 1400 / FRAME_BITS + on_the_way + 2


def test_a_frame_that_a_reset_cuts_short_dies_and_holds_nothing_up() -> None:
    mission, listener, _ = at_rate("lander", 0)
    mission.run(100)
    mission.computer("lander", "reset")
    before = mission.status()["space"]
    assert before["cut_short"] == 0
    fly(mission, listener, 10.0)
    now = mission.status()["space"]
    assert now["cut_short"] == 1
    assert now["from_lander"] - before["from_lander"] > 8 * 555_000 / FRAME_BITS
    assert mission.peek("relay.forwarding.returned_lost") == now["overrun"] == 0


def test_no_value_of_the_transmitters_record_stops_the_line() -> None:
    mission, listener, pump = at_rate("lander", 3, TM_FILES)
    for name, value in (
        ("busy_ns", 2**62), ("busy_ns", -(2**62)), ("credit_percent[0]", 2**32 - 1), ("credit_percent[2]", 2**31), ("rate", 255),
        ("periodic_under_way", 255), ("periodic_under_way", 1),
    ):  # fmt: skip
        mission.poke(f"lander.downlink.{name}", value)
        listener.order.clear()
        fly(mission, listener, 5.0, pump)
        assert len(listener.order) == pytest.approx(5 * 555_000 / FRAME_BITS, rel=0.02)
        assert Counter(listener.order)[TM_FILES] > 0.7 * len(listener.order)


def test_a_snapshot_between_two_frames_keeps_what_each_is_owed() -> None:
    mission, listener, pump = at_rate("lander", 1, TM_FILES)
    fly(mission, listener, 3.3, pump)
    saved = mission.snapshot()
    mission.run(500)
    digest = mission.digest()
    again = queqiao_mission()
    again.restore(saved)
    again.run(500)
    assert again.digest() == digest


# --- the rows of a page


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ((ClaimRow("events", 10), ClaimRow("files", 25)), "claims on the line are events, files"),
        ((ClaimRow("events", 10), ClaimRow("real time", 60), ClaimRow("files", 31)), "more than all of it"),
        ((ClaimRow("events", 10), ClaimRow("real time", 40), ClaimRow("files", 25), ClaimRow("forwarded", 5)), "forwarded; they must be"),
    ],
)
def test_a_page_whose_claims_make_no_sense_is_refused(line: tuple[ClaimRow, ...], fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = scenarios.SCENARIOS["surface"]
    pages = tuple(replace(page, line=line) if page is lander.PAGE else page for page in row.pages)
    monkeypatch.setitem(scenarios.SCENARIOS, "surface", replace(row, pages=pages))
    with pytest.raises(ValueError, match=fault):
        queqiao_mission()
