"""Every counter survives its roll-over: the spacecraft is put just before it, and goes on answering."""

import pytest

from tests.flight.station import Station, relay_mission


@pytest.fixture
def mission():
    made = relay_mission()
    made.run(1100)
    yield made
    made.close()


def alive(mission, ticks=1200):
    station = Station(mission)
    before = int(mission.harness.view("computer.relay")["boot_count"])
    for _ in range(4):
        request = station.send("relay", "ping")
        mission.run(ticks // 4)
        assert station.stages(request) == [1, 3, 7]
    station.close()
    assert int(mission.harness.view("computer.relay")["boot_count"]) == before
    return station


@pytest.mark.parametrize("tick", [2**31, 2**32, 429_496_730_000, 2**53])
def test_the_tick_counter_passes(mission, tick):
    shift = tick - 500 - mission.tick
    computer = mission.harness.view("computer.relay")
    computer["boot_tick"] += shift
    computer["fed_tick"] += shift
    for arena, record, field in (
        ("relay", "housekeeping", "due"),
        ("relay", "system", "progress_tick"),
        ("relay", "downlink", "idle_tick"),
    ):
        mission.vehicles[0].arena.view(record)[field] += shift
        assert arena == "relay"
    mission.poke("harness.executive.tick", mission.tick + shift)
    station = alive(mission)
    assert mission.tick > tick
    assert len([p for p in station.packets if p.secondary.service == 3]) >= 1


@pytest.mark.parametrize(
    ("symbol", "value"),
    [
        ("relay.telemetry.sequence[0]", 2**14 - 2),
        ("relay.telemetry.time_sequence", 2**14 - 1),
        ("relay.downlink.master_count", 254),
        ("relay.downlink.vc0.frame_count", 254),
        ("relay.downlink.vc0.idle_count", 2**14 - 1),
        ("relay.link.tm_packets", 2**32 - 3),
        ("relay.link.tc_frames_accepted", 2**32 - 2),
        ("relay.requests.next_token", 2**32 - 1),
        ("relay.mode.transitions", 2**32 - 1),
        ("harness.executive.slots.runs[3]", 2**32 - 5),
        ("harness.radio.routed[0]", 2**64 - 2),
        ("harness.radio.relay.head", None),
    ],
)
def test_a_counter_rolls_over_and_the_next_ping_is_answered(mission, symbol, value):
    if value is None:  # both ends of a ring
        for end in ("head", "tail"):
            mission.poke(f"harness.radio.relay.{end}", 2**64 - 2)
    else:
        mission.poke(symbol, value)
    alive(mission)


def test_message_counters_of_every_kind_roll_over(mission):
    mission.vehicles[0].arena.view("telemetry")["counter"][:] = 2**16 - 1
    station = alive(mission)
    pongs = [p.secondary.message_counter for p in station.packets if p.secondary.service == 17]
    assert pongs == [2**16 - 1, 0, 1, 2]
