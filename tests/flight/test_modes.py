"""Which command is legal when, every command in every mode of every vehicle; and who may change a mode."""

import pytest

from flight.mission import Mission
from hal.sim.world import SimulatedWorld
from tests.flight.station import Station
from wire.dictionary import DICTIONARIES
from wire.dictionary.codes import FAILURE_CODE

ARGUMENTS = {
    "hk_enable": {"report": 1},
    "hk_disable": {"report": 1},
    "hk_report": {"report": 1},
    "get": {"parameter": 1},
    **{f"{sensor}_power": {"on": "ON"} for sensor in ("imu", "altimeter", "star_tracker", "radar", "gamma_altimeter")},
    "store_log": {"file": 1},
    "wheel_rate": {"rate_rad_s": 0.1},
    "drive": {"distance_m": 1.0},
    "arc": {"distance_m": 1.0, "curvature_1_m": 0.1},
    "turn": {"angle_rad": 0.1},
    "drive_off": {"distance_m": 1.0},
    "wheel_mask": {"mask": 0},
    "set_pose": {"x_m": 0.0, "y_m": 0.0, "heading_rad": 0.0},
    "release_step": {"step": 1},
}
CASES = [
    (vehicle, command.name, mode.name)
    for vehicle, dictionary in DICTIONARIES.items()
    for command in dictionary.commands
    for mode in dictionary.vehicle.modes.members
    if command.name != "set"
]


@pytest.fixture(scope="module")
def landed():
    mission = Mission(SimulatedWorld(), "surface", 1)
    mission.run(110)
    yield mission, mission.snapshot()
    mission.close()


def arguments_of(command):
    """Values that are legal: those above; for what is not named there the first of an enumeration, or the least number from 0 on."""
    named = ARGUMENTS.get(command.name, {})
    for argument in command.arguments:
        if argument.name not in named and argument.default is None and argument.kind != "deduced":
            first = argument.enumeration.members[0].name if argument.enumeration else max(argument.minimum or 0.0, 0.0)
            named = {**named, argument.name: first}
    return named


def put_in_mode(mission, vehicle, mode):
    mission.poke(f"{vehicle}.mode.mode", DICTIONARIES[vehicle].vehicle.modes[mode])


@pytest.mark.parametrize(("vehicle", "name", "mode"), CASES)
def test_a_command_is_started_in_the_modes_of_its_row_and_refused_with_the_mode_in_all_others(landed, vehicle, name, mode):
    mission, start = landed
    mission.restore(start)
    station = Station(mission)
    dictionary = DICTIONARIES[vehicle]
    put_in_mode(mission, vehicle, mode)
    request = station.send(vehicle, name, **arguments_of(dictionary.command(name)))
    mission.run(1)
    refused = 4 in station.stages(request) and station.failure(request)[0] == FAILURE_CODE["ILLEGAL_IN_MODE"]
    station.close()
    assert refused == (not dictionary.legal(dictionary.command(name), dictionary.vehicle.modes[mode]))
    if refused:
        assert station.failure(request)[1] == dictionary.vehicle.modes[mode]
    assert station.stages(request)[0] == 1


@pytest.mark.parametrize("sensor", ["imu", "altimeter"])
def test_no_sensor_is_switched_under_thrust_and_its_power_stays_as_it_was(landed, sensor):
    mission, start = landed
    mission.restore(start)
    for mode in ("HOVER", "DESCENT"):
        put_in_mode(mission, "lander", mode)
        station = Station(mission)
        request = station.send("lander", f"{sensor}_power", on="OFF")
        mission.run(3)
        assert station.stages(request) == [1, 4]
        assert mission.peek(f"lander.{sensor}.power.on") == 1
        station.close()


def test_a_change_of_mode_without_a_command_needs_two_confirmations(landed):
    mission, start = landed
    mission.restore(start)
    put_in_mode(mission, "lander", "DESCENT")
    arena = mission.vehicles[0].arena
    landed_mode = DICTIONARIES["lander"].vehicle.modes["LANDED"]
    for confirmations, changed in ((0b001, False), (0b101, True)):
        ring = arena.view("guidance.mode_requests")
        units = arena.records["guidance.mode_requests.units"].offset
        at = units + int(ring["head"] % ring["capacity"]) * int(ring["stride"])
        message = landed_mode.to_bytes(2, "little") + confirmations.to_bytes(2, "little") + bytes(4)
        unit = mission.tick.to_bytes(8, "little") + bytes(4) + len(message).to_bytes(4, "little") + message
        arena.memory()[at : at + len(unit)] = list(unit)
        ring["head"] += 1
        before = mission.peek("lander.mode.refused")
        mission.run(1)
        assert (mission.peek("lander.mode.mode") == landed_mode) is changed
        assert (mission.peek("lander.mode.refused") > before) is not changed


def test_more_commands_than_an_application_can_queue_are_refused_and_none_is_lost(landed):
    mission, start = landed
    mission.restore(start)
    station = Station(mission)
    requests = [station.send("lander", "store_log", file=number) for number in range(1, 25)]
    mission.run(2000)
    ends = [station.stages(request)[-1] for request in requests]
    station.close()
    assert set(ends) == {4, 7}
    assert ends.count(7) >= 16
    full = {FAILURE_CODE.name_of(station.failure(r)[0]) for r, end in zip(requests, ends, strict=True) if end == 4}
    assert full == {"QUEUE_FULL"}
    assert mission.peek("lander.recorder.files_stored") == ends.count(7)
