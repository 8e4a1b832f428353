"""Power and heat as the ground hears of them: by day, by night, and when the wings are spread by command."""

from __future__ import annotations

import struct

import pytest

from flight.mission import Mission
from hal.sim.world import SimulatedWorld
from tests.flight.station import Station
from wire.dictionary import DICTIONARIES
from wire.dictionary.power import REPORT, power_report

FORMATS = {"u8": "B", "u16": "H", "u32": "I", "i64": "q", "f32": "f", "f64": "d"}


def reports(station: Station, vehicle: str) -> list[dict[str, float]]:
    """The power reports that have come down, by parameter."""
    book = DICTIONARIES[vehicle]
    names = power_report(vehicle).parameters
    layout = ">" + "".join(FORMATS[book.parameter(name).kind] for name in names)
    station.listen()
    return [
        dict(zip(names, struct.unpack_from(layout, packet.data, 2), strict=True))
        for packet in station.packets
        if (packet.secondary.service, packet.secondary.subtype) == (3, 25)
        and packet.header.id.apid == book.vehicle.apid("power")
        and int.from_bytes(packet.data[:2]) == REPORT
    ]


def states(vehicle: str, report: dict[str, float]) -> dict[str, str]:
    """Limit state of every parameter that has limits."""
    book = DICTIONARIES[vehicle]
    return {name: limits.state(value) for name, value in report.items() if (limits := book.parameter(name).limits) is not None}


@pytest.fixture(scope="module")
def mission() -> Mission:
    return Mission(SimulatedWorld(), "surface", 1)


def test_power_is_reported_every_ten_seconds_and_by_day_nothing_is_red(mission: Mission) -> None:
    mission.reset("surface", 1)
    station = Station(mission)
    mission.run(3_100)
    for vehicle in ("lander", "rover", "relay"):
        found = reports(station, vehicle)
        assert [round(report["power_unit.tick"], -2) for report in found] == [100, 1000, 2000, 3000]
        assert "red" not in states(vehicle, found[-1]).values()
    lander = states("lander", reports(station, "lander")[-1])
    assert set(lander.values()) == {"nominal"}
    station.close()


def test_by_night_limits_are_seen_to_trip(mission: Mission) -> None:
    mission.reset("night", 1)
    station = Station(mission)
    mission.run(1_100)
    lander, rover = (states(vehicle, reports(station, vehicle)[-1]) for vehicle in ("lander", "rover"))
    assert lander["power_unit.wing_current_a"] == rover["power_unit.wing_current_a"] == "yellow"
    assert lander["power_unit.temperature_k[2]"] == rover["power_unit.temperature_k[2]"] == "yellow"  # the wings, at -170 degrees
    assert states("relay", reports(station, "relay")[-1])["power_unit.wing_current_a"] == "nominal"
    mission.reset("night", 1, {"battery_charge": 0.25})
    later = Station(mission)
    mission.run(1_100)
    assert states("lander", reports(later, "lander")[-1])["power_unit.state_of_charge"] == "red"
    later.close()
    station.close()


def test_wings_are_spread_by_command(mission: Mission) -> None:
    mission.reset("hover", 1)
    station = Station(mission)
    mission.run(200)
    assert mission.peek("world.lander.power.deployment") == 0.0
    request = station.send("lander", "spread_wings")
    mission.run(13_000)
    assert station.stages(request) == [1, 3, 7]
    assert mission.peek("world.lander.power.deployment") == 1.0
    assert mission.peek("lander.power_unit.deployment") == 1.0
    station.close()


def test_a_computer_that_is_off_draws_nothing(mission: Mission) -> None:
    mission.reset("surface", 1)
    mission.run(200)
    before = mission.peek("world.rover.power.load_current_a")
    mission.computer("rover", "off")
    mission.run(200)
    assert mission.peek("world.rover.power.load_current_a") < 0.5 * before
