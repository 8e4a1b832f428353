"""`farside drive`: a traverse through the doors of a spacecraft of its own, told as one object; and the faults that it may be given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from ground.commands.drive import describe, drive
from ground.errors import BadArgumentError
from ground.headless import Headless, PlannedFault, parse_fault
from ground.traverse import traverse

KEYS = {"outcome", "distance_m", "duration_s", "mean_slip", "wheels_driving", "energy_wh", "path", "wall_s", "digest"}


@pytest.fixture(scope="module")
def flight() -> Iterator[Headless]:
    with Headless() as headless:
        yield headless


@pytest.fixture(scope="module")
def healthy(flight: Headless) -> dict[str, Any]:
    return traverse(flight, 1, 20.0, 0.0, from_ramp=False)


def off(report: dict[str, Any]) -> float:
    end = report["path"][-1]
    return float(sum((a - b) ** 2 for a, b in zip(end["true_m"][:2], end["estimated_m"], strict=True)) ** 0.5)


def test_a_traverse_of_twenty_metres_is_told_whole(healthy: dict[str, Any]) -> None:
    assert set(healthy) >= KEYS
    assert (healthy["outcome"], healthy["wheels_driving"]) == ("arrived", 6)
    assert healthy["distance_m"] == pytest.approx(20.0, rel=0.08)
    assert 300.0 < healthy["duration_s"] < 900.0
    assert 0.0 < healthy["mean_slip"] < 0.25
    assert 1.0 < healthy["energy_wh"] < 5.0
    assert len(healthy["path"]) > 50
    assert off(healthy) < 1.5
    assert off(healthy) > 0.0
    assert json.loads(json.dumps(healthy)) == healthy


def test_the_same_traverse_has_the_same_digest_and_another_seed_another(flight: Headless) -> None:
    def flown(seed: int) -> dict[str, Any]:
        report = traverse(flight, seed, 1.0, 10.0, from_ramp=False)
        del report["wall_s"], report["seed"]
        return report

    assert flown(1) == flown(1)
    assert flown(1)["digest"] != flown(2)["digest"]


@pytest.mark.parametrize("kind", ["stuck", "off"])
def test_with_one_wheel_dead_it_still_arrives_with_more_slip_and_energy(flight: Headless, healthy: dict[str, Any], kind: str) -> None:
    dead = traverse(flight, 1, 20.0, 0.0, from_ramp=False, faults=[parse_fault(f"0:rover.wheel.2:{kind}")])
    assert (dead["outcome"], dead["wheels_driving"]) == ("arrived", 5)
    assert dead["mean_slip"] > healthy["mean_slip"]
    assert dead["energy_wh"] / dead["distance_m"] > healthy["energy_wh"] / healthy["distance_m"]


@pytest.mark.parametrize("fault", ["2:off", "2:stuck", "0:off"])
def test_from_the_ramp_it_is_released_and_rolls_off_with_one_wheel_dead(flight: Headless, fault: str) -> None:
    report = traverse(flight, 1, 2.0, 0.0, from_ramp=True, faults=[parse_fault(f"0:rover.wheel.{fault}")])
    assert report["outcome"] == "arrived"
    assert report["path"][0]["true_m"][2] - report["path"][-1]["true_m"][2] > 1.0
    assert report["distance_m"] > 8.0
    assert report["wheels_driving"] == 5


def test_a_fault_on_the_way_begins_at_its_time_and_names_the_stop(flight: Headless) -> None:
    report = traverse(flight, 1, 20.0, 0.0, from_ramp=False, faults=[PlannedFault(40.0, "rover.imu", "off")])
    assert report["outcome"] == "inertial"
    assert 30.0 < report["duration_s"] < 60.0
    assert report["wheels_driving"] == 6


@pytest.mark.parametrize(
    "text", ["rubbish", "soon:rover.wheel.2:off", "0:rover.wheel.2", "0:rover.wheel.2:bias:torque", "-1:rover.imu:off", "nan:rover.imu:off"]
)
def test_a_fault_that_is_none_is_refused_before_anything_flies(text: str) -> None:
    with pytest.raises(BadArgumentError, match="--fault"):
        parse_fault(text)


def test_a_fault_is_a_time_a_device_a_kind_and_parameters() -> None:
    assert parse_fault("12.5:lander.imu:value.bias:rate_rad_s=0.01,axis=2") == PlannedFault(
        12.5, "lander.imu", "value.bias", {"rate_rad_s": 0.01, "axis": 2.0}
    )


def test_a_device_that_does_not_exist_is_refused(flight: Headless) -> None:
    with pytest.raises(BadArgumentError, match=r"no device 'rover.whale'"):
        traverse(flight, 1, 1.0, 0.0, from_ramp=False, faults=[parse_fault("0:rover.whale:off")])


def test_the_command_prints_one_object_or_lines(healthy: dict[str, Any]) -> None:
    result = CliRunner().invoke(drive, ["--json", "--distance", "0.5"], standalone_mode=False)
    assert result.exception is None
    assert set(json.loads(result.output)) >= KEYS
    lines = describe(healthy).splitlines()
    assert lines[0].startswith("arrived after ")
    assert len(lines) == 4
