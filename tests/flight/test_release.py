"""The rover's release: each step confirmed by a measurement, in order, or refused with its reason; and the way down the rails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flight.apps.release import ReleaseStep
from tests.flight.rover_flight import COMPLETED, FAILED, NOT_STARTED, STARTED, RoverFlight
from wire.dictionary import FAILURE_CODE

IDLE, CHECK, RAILS, HOLD_DOWNS, SECURE = ReleaseStep


@pytest.fixture
def flight() -> Iterator[RoverFlight]:
    flown = RoverFlight("surface")
    yield flown
    flown.close()


def lander(flight: RoverFlight, record: str):
    return next(vehicle.arena for vehicle in flight.mission.vehicles if vehicle.name == "lander").view(record)


def step(flight: RoverFlight, number: int, seconds: float = 1.0) -> bytes:
    request = flight.send("release_step", "lander", step=number)
    flight.run(seconds)
    return request


def test_the_whole_sequence_frees_the_rover_in_a_few_minutes_and_disarms(flight: RoverFlight) -> None:
    request = flight.send("release_rover", "lander")
    flight.run(230.0)
    assert flight.stages(request) == [1, STARTED, COMPLETED]
    told = [name for name in flight.events("lander") if name.startswith(("rel", "rover"))]
    assert told == ["release_confirmed"] * 4 + ["rover_released"]
    assert lander(flight, "release")["confirmed"] == 0b11110
    assert (lander(flight, "mechanism.command")["armed"], lander(flight, "mechanism.command")["release"]) == (0, 0)
    ramp = flight.world.arena.view("ramp")
    assert (ramp["extension"], ramp["released"]) == (1.0, 1)
    assert flight.truth["free_tick"] > 0


@pytest.mark.parametrize("early", [RAILS, HOLD_DOWNS, SECURE])
def test_no_step_begins_before_the_one_before_it_is_confirmed(flight: RoverFlight, early: int) -> None:
    request = step(flight, early)
    assert flight.stages(request) == [1, NOT_STARTED]
    assert flight.failure(request) == FAILURE_CODE["INTERLOCK"]
    assert flight.world.arena.view("ramp")["released"] == 0


def test_step_by_step_each_is_confirmed_by_a_measurement(flight: RoverFlight) -> None:
    for number, seconds in ((CHECK, 32.0), (RAILS, 125.0), (HOLD_DOWNS, 3.0), (SECURE, 12.0)):
        assert flight.stages(step(flight, number, seconds)) == [1, STARTED, COMPLETED]
    assert flight.truth["motion"] == 1


def test_the_hold_downs_stay_closed_while_the_rails_do_not_measure_down(flight: RoverFlight) -> None:
    step(flight, CHECK, 32.0)
    step(flight, RAILS, 125.0)
    flight.inject("lander.mechanism", "value.scale", extension_factor=0.5)
    flight.run(1.0)
    assert flight.failure(step(flight, HOLD_DOWNS)) == FAILURE_CODE["INTERLOCK"]
    assert flight.world.arena.view("ramp")["released"] == 0


@pytest.mark.parametrize(
    ("kind", "parameters", "number", "code"),
    [
        ("bytes.off", {}, CHECK, "DEVICE_NOT_READY"), ("stuck", {"part": 0.0}, RAILS, "DEVICE_NOT_READY"),
        ("physics.off", {}, RAILS, "TIME_OUT"), ("stuck", {"part": 1.0}, HOLD_DOWNS, "TIME_OUT"),
    ],
)  # fmt: skip
def test_a_mechanism_that_fails_ends_the_step_with_its_reason_and_disarmed(
    flight: RoverFlight, kind: str, parameters: dict[str, float], number: int, code: str
) -> None:
    for before, seconds in ((CHECK, 32.0), (RAILS, 125.0))[: number - 1]:
        step(flight, before, seconds)
    flight.inject("lander.mechanism", kind, **parameters)
    request = step(flight, number, 310.0 if number == RAILS else 30.0)
    assert flight.stages(request) == [1, STARTED, FAILED]
    assert flight.failure(request) == FAILURE_CODE[code]
    assert "release_failed" in flight.events("lander")
    assert lander(flight, "mechanism.command")["armed"] == 0


def test_an_abort_disarms_and_a_second_sequence_goes_on_from_there(flight: RoverFlight) -> None:
    first = flight.send("release_rover", "lander")
    flight.run(100.0)
    abort = flight.send("release_abort", "lander")
    flight.run(1.0)
    assert flight.failure(first) == FAILURE_CODE["ABORTED"]
    assert flight.stages(abort) == [1, STARTED, COMPLETED]
    extension = float(lander(flight, "mechanism")["extension"])
    assert 0.1 < extension < 0.9
    flight.run(20.0)
    assert lander(flight, "mechanism")["extension"] == pytest.approx(extension, abs=0.01)
    again = flight.send("release_rover", "lander")
    flight.run(200.0)
    assert flight.stages(again) == [1, STARTED, COMPLETED]


def test_while_one_step_runs_no_other_begins(flight: RoverFlight) -> None:
    flight.send("release_rover", "lander")
    flight.run(5.0)
    assert flight.failure(step(flight, CHECK)) == FAILURE_CODE["BUSY"]


def test_a_lander_that_is_shaken_is_not_ready(flight: RoverFlight) -> None:
    flight.inject("lander.imu", "value.noise")
    assert flight.failure(step(flight, CHECK, 32.0)) == FAILURE_CODE["LIMIT"]


@pytest.mark.parametrize("kind", [None, "off", "stuck"])
def test_the_rover_rolls_off_the_ramp_with_six_wheels_or_with_one_dead(flight: RoverFlight, kind: str | None) -> None:
    flight.send("release_rover", "lander")
    flight.run(230.0)
    if kind is not None:
        flight.inject("rover.wheel.2", kind)
    began = flight.mission.tick
    flight.send("drive_off", distance_m=7.4)
    assert flight.until_stopped(500.0) == "ARRIVED"
    assert 0.01 * began + 0.01 * (flight.mission.tick - began) < 600.0
    assert flight.truth["outcome"] == 0
    assert list(flight.truth["wheel_surface"]) == [1] * 6
    assert flight.mode_name == "STANDBY"
