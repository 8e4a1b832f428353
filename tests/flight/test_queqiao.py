"""The link `queqiao`: light time, rates, the relay in between, and what dies there."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from flight.mission import Mission
from tests.flight.sky_world import queqiao_mission
from tests.flight.station import EmptyWorld, Station
from wire.cltu import encode
from wire.dictionary import DICTIONARIES
from wire.dictionary.links import FORWARD_BIT_S, RETURN_BIT_S, ROUND_TRIP_S

FRAME_BITS = 8 * 1115
NAMES = {DICTIONARIES[name].vehicle.spacecraft_id: name for name in DICTIONARIES}


def fly(mission: Mission, station: Station, seconds: float) -> None:
    """Let time pass, and read what comes, so that the loop never waits for its reader."""
    for _ in range(round(seconds * 10)):
        mission.run(10)
        station.listen()


def until_stage(mission: Mission, station: Station, request: bytes, seconds: float) -> int:
    """The tick at which the first report of a request has come down."""
    for _ in range(round(seconds * 100)):
        mission.run(1)
        if station.stages(request):
            return mission.tick
    raise AssertionError(f"nothing came within {seconds} s")


def frames_from(mission: Mission, seconds: float) -> Counter[str]:
    """Frames that come down in so long, by vehicle."""
    reader, found = mission.outlet.reader(), Counter[str]()
    for _ in range(round(seconds)):
        mission.run(100)
        while (frame := reader.take()) is not None:
            found[NAMES[(frame[0] << 8 | frame[1]) >> 4 & 0x3FF]] += 1
    reader.close()
    return found


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5])
def test_a_ping_takes_the_light_time_there_and_back_and_the_time_of_its_octets(phase: float) -> None:
    mission = queqiao_mission(options={"relay_phase": phase})
    station = Station(mission)
    fly(mission, station, 4.0)
    start = mission.tick
    request = station.send("lander", "ping")
    took_s = (until_stage(mission, station, request, 20.0) - start) / 100
    space = mission.status()["space"]
    light_s = 2 * (space["earth_relay_ticks"] + space["relay_site_ticks"]) / 100
    assert 3.0 <= light_s <= ROUND_TRIP_S
    up_s = 8 * 34 / FORWARD_BIT_S  # a frame of 19 octets: three codeblocks, start and tail
    down_s = FRAME_BITS / 555_000 + FRAME_BITS / 2e6
    assert took_s == pytest.approx(light_s + up_s + down_s, abs=0.08)
    assert station.stages(request) == [1, 3, 7]


def test_the_relay_itself_is_a_light_time_nearer_and_not_held_up_by_the_slow_line() -> None:
    mission = queqiao_mission()
    station = Station(mission)
    fly(mission, station, 4.0)
    start, request = mission.tick, station.send("relay", "ping")
    took_s = (until_stage(mission, station, request, 10.0) - start) / 100
    assert took_s == pytest.approx(2 * mission.status()["space"]["earth_relay_ticks"] / 100 + FRAME_BITS / 2e6, abs=0.08)


def test_a_cltu_of_64_octets_takes_four_seconds_and_a_tenth_on_the_way_up() -> None:
    mission = queqiao_mission()
    station = Station(mission)
    fly(mission, station, 4.0)
    frame = b"\x01\xc4" + bytes(40)  # spacecraft 1C4h; what else is in it is the lander's concern
    assert len(encode(frame)) == 58
    frame += bytes(7)
    assert len(encode(frame)) == 66
    light = mission.status()["space"]["relay_site_ticks"]
    ticks = []
    for _ in range(2):  # the second waits for the first: their distance is the duration of one
        station.send_frame(frame)
    for _ in range(2000):
        mission.run(1)
        station.listen()
        if mission.status()["space"]["to_site"] > len(ticks):
            ticks.append(mission.tick)
    assert ticks[1] - ticks[0] == pytest.approx(100 * 8 * 66 / FORWARD_BIT_S, abs=1)
    assert light == mission.status()["space"]["relay_site_ticks"]


@pytest.mark.parametrize(
    ("vehicle", "place"), [("lander", 3), ("lander", 1), ("rover", 2), ("rover", 1), ("lander", 0), ("relay", 1), ("relay", 0)]
)
def test_each_vehicle_fills_its_rate_to_the_bit(vehicle: str, place: int) -> None:
    mission = queqiao_mission()
    mission.poke(f"{vehicle}.downlink.rate", place)
    mission.run(600)
    seconds = 100 if place else 640
    expected = RETURN_BIT_S[vehicle][place] / FRAME_BITS
    found = frames_from(mission, seconds)
    if vehicle == "relay":
        assert found.total() / seconds == pytest.approx(expected, rel=0.01)
    else:
        assert found[vehicle] / seconds == pytest.approx(expected, rel=0.01)


def test_what_the_relay_sends_in_all_is_its_rate() -> None:
    mission = queqiao_mission()
    mission.run(600)
    found = frames_from(mission, 60)
    assert found.total() / 60 == pytest.approx(2e6 / FRAME_BITS, rel=0.01)
    assert found["lander"] / 60 == pytest.approx(555_000 / FRAME_BITS, rel=0.01)
    assert found["rover"] / 60 == pytest.approx(285_000 / FRAME_BITS, rel=0.01)


def test_events_go_before_real_time_and_nothing_idle_while_anything_waits() -> None:
    mission = queqiao_mission()
    mission.poke("lander.downlink.rate", 0)  # 6.4 s a frame: everything waits
    mission.run(100)
    reader, channels = mission.outlet.reader(), list[int]()
    for _ in range(60):
        mission.run(100)
        while (frame := reader.take()) is not None:
            if NAMES[(frame[0] << 8 | frame[1]) >> 4 & 0x3FF] == "lander":
                channels.append(frame[1] >> 1 & 7)
    assert len(channels) >= 7
    assert channels[:2] == [1, 1] or channels[:2] == [7, 1]  # what booted says so as soon as the line is free
    assert 7 not in channels[1:]
    assert mission.peek("lander.link.tm_replaced") > 0
    assert mission.peek("lander.link.tm_lost") == 0
    reader.close()


def test_frames_die_counted_while_the_computer_of_the_relay_is_off() -> None:
    mission = queqiao_mission()
    mission.run(1000)
    mission.computer("relay", "off")
    mission.run(10)
    heard = mission.status()["space"]
    mission.run(300)  # what had left before comes down, then nothing
    arrived = mission.outlet.frames
    mission.run(1000)
    assert mission.outlet.frames == arrived
    now = mission.status()["space"]
    came = now["from_lander"] + now["from_rover"] - heard["from_lander"] - heard["from_rover"]
    assert came > 1000
    assert now["unpowered"] - heard["unpowered"] == came
    mission.computer("relay", "on")
    mission.run(300)
    assert mission.peek("relay.mode.mode") == DICTIONARIES["relay"].vehicle.modes["STANDBY"]


def test_frames_are_passed_on_in_mode_forwarding_alone_and_the_mode_comes_by_command() -> None:
    mission = queqiao_mission()
    station = Station(mission)
    fly(mission, station, 10.0)
    request = station.send("relay", "standby")
    fly(mission, station, 6.0)
    assert 7 in station.stages(request)
    before, refused = mission.peek("relay.forwarding.returned"), mission.peek("relay.forwarding.refused")
    fly(mission, station, 5.0)
    assert mission.peek("relay.forwarding.returned") == before
    assert mission.peek("relay.forwarding.refused") - refused == pytest.approx(5 * 840_000 / FRAME_BITS, rel=0.02)
    request = station.send("relay", "forward")
    fly(mission, station, 6.0)
    assert station.stages(request) == [1, 3, 7]
    assert mission.peek("relay.forwarding.returned") > before
    assert mission.peek("relay.mode.transitions") == 2


def test_a_line_that_is_too_slow_fills_the_queue_and_the_rest_is_lost_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RETURN_BIT_S, "relay", (500_000, 1_000_000))  # 840 kbit/s come from lander and rover
    mission = queqiao_mission()
    mission.run(2000)
    assert mission.peek("relay.forwarding.returned_lost") == 0
    mission.poke("relay.downlink.rate", 0)
    mission.run(1000)
    assert mission.peek("relay.forwarding.return_waiting") > 60
    assert mission.peek("relay.forwarding.returned_lost") > 100
    station = Station(mission)
    fly(mission, station, 4.0)
    lost = DICTIONARIES["relay"].event("frames_lost").id
    assert lost in [int.from_bytes(p.data[:2]) for p in station.packets if p.secondary.service == 5 and p.header.id.apid == 0x142]


def test_more_commands_than_the_relay_can_hold_are_lost_counted_and_the_others_keep_their_order() -> None:
    mission = queqiao_mission()
    station = Station(mission)
    fly(mission, station, 4.0)
    requests = [station.send("lander" if i % 2 else "rover", "ping") for i in range(40)]
    fly(mission, station, 3.0)
    space = mission.status()["space"]
    lost = mission.peek("relay.forwarding.commanded_lost") + space["overrun"]
    assert 0 < lost <= 24
    fly(mission, station, 120.0)
    answered = [i for i, request in enumerate(requests) if station.stages(request)]
    assert len(answered) == 40 - lost
    order = [p.data[:4] for p in station.packets if p.secondary.service == 1 and p.secondary.subtype == 7]
    assert order == [requests[i] for i in answered]


def test_a_snapshot_with_frames_in_flight_goes_on_to_the_same_bytes() -> None:
    one, two = queqiao_mission(), queqiao_mission()
    station = Station(one)
    fly(one, station, 5.0)
    for name in ("lander", "rover", "relay"):
        station.send(name, "ping")
    one.run(230)  # one is on its way to the relay, or in its queue, or on the slow line
    station.close()
    saved = one.snapshot()
    one.run(1500)
    two.restore(saved)
    two.run(1500)
    assert one.digest() == two.digest()
    assert one.peek("lander.link.tc_frames_accepted") == one.peek("rover.link.tc_frames_accepted") == 1
    assert two.peek("relay.link.tc_frames_accepted") == 1


def test_a_reset_leaves_nothing_on_the_way() -> None:
    mission = queqiao_mission()
    first = mission.digest()
    mission.run(777)
    mission.reset("surface", 1)
    assert mission.digest() == first


def test_what_is_sent_below_the_mask_is_not_heard() -> None:
    mission = queqiao_mission()
    mission.run(501)
    mission.world.arena.view("ranges")["relay_elevation_rad"] = 0.05
    heard = mission.status()["space"]
    mission.run(50)  # until the sky is looked at again
    now = mission.status()["space"]
    assert now["unseen"] > 20
    assert now["from_lander"] == heard["from_lander"]


def test_a_snapshot_of_one_link_is_refused_on_the_other() -> None:
    mission = queqiao_mission()
    saved = mission.snapshot()
    from tests.flight.sky_world import SkyWorld

    with pytest.raises(ValueError, match="flew on the link queqiao"):
        Mission(SkyWorld(), "surface", 1).restore(saved)


def test_a_scenario_without_the_three_or_a_world_without_distances_has_no_such_link() -> None:
    with pytest.raises(ValueError, match="no lander and no rover"):
        queqiao_mission("bench")
    with pytest.raises(ValueError, match="distances"):
        Mission(EmptyWorld(), "bench", 1, link="queqiao")


def test_nothing_is_forwarded_on_lab() -> None:
    from tests.flight.sky_world import SkyWorld

    mission = Mission(SkyWorld(), "surface", 1)
    mission.run(500)
    assert mission.status()["link"] == "lab"
    assert mission.status()["space"] == {}
    assert mission.peek("relay.forwarding.returned") == 0


@pytest.mark.skipif(sys.platform != "linux", reason="memory is denied by Linux's mprotect")
def test_no_computer_needs_the_world_to_send_or_to_forward() -> None:
    free, guarded = queqiao_mission(), queqiao_mission()
    for mission, run in ((free, free.run), (guarded, guarded.run_guarded)):
        mission.inbox.put(0, encode(b"\x01\xc4" + bytes(12)))
        run(900)
    assert guarded.digest() == free.digest()
    assert guarded.status()["space"]["to_site"] == 1
