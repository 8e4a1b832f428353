"""Mobility over ten drives, with the rover on the ground: what it drives, how it stops, what it does with dead wheels."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from flight import rover_geometry as geometry
from hal.sim import rover_figures as figures
from tests.flight.rover_flight import COMPLETED, FAILED, NOT_STARTED, STARTED, RoverFlight, driven
from wire.dictionary import FAILURE_CODE


@pytest.fixture
def flight() -> Iterator[RoverFlight]:
    flown = RoverFlight(made_ground=1.0)
    yield flown
    flown.close()


def heading(flight: RoverFlight) -> float:
    w, x, y, z = (float(value) for value in flight.truth["quaternion_site_from_body"])
    return math.atan2(2.0 * (x * y + w * z), 1.0 - 2.0 * (y * y + z * z))


def test_flight_and_the_world_agree_on_what_the_rover_is_like() -> None:
    assert (geometry.MASS_KG, geometry.WHEEL_RADIUS_M) == (figures.MASS_KG, figures.WHEEL_RADIUS_M)
    assert [pytest.approx(place) for place in geometry.WHEEL_POSITION_M] == [place[:2] for place in figures.WHEEL_POSITION_M]
    assert geometry.STEERED_WHEEL == figures.STEERED_WHEEL


@pytest.mark.parametrize("distance", [3.0, -2.0])
def test_a_drive_ends_where_it_should_and_gives_the_mode_back(flight: RoverFlight, distance: float) -> None:
    start, facing = flight.truth["position_m"].copy(), heading(flight)
    request = flight.send("drive", distance_m=distance)
    assert flight.until_stopped(200.0) == "ARRIVED"
    assert flight.stages(request) == [1, STARTED, COMPLETED]
    assert [name for name in flight.events() if name in ("moving", "arrived", "drive_stopped")] == ["moving", "arrived"]
    way = flight.truth["position_m"] - start
    assert way[0] * math.cos(facing) + way[1] * math.sin(facing) == pytest.approx(distance, rel=0.05)
    assert abs(way[1] * math.cos(facing) - way[0] * math.sin(facing)) < 0.05
    assert flight.mode_name == "STANDBY"
    assert flight.enabled() == [0] * 6
    assert np.allclose(flight.truth["wheel_rate_rad_s"], 0.0, atol=0.01)


@pytest.mark.parametrize("angle", [1.0, -2.5])
def test_a_turn_on_the_spot_turns_and_goes_nowhere(flight: RoverFlight, angle: float) -> None:
    start, facing = flight.truth["position_m"].copy(), heading(flight)
    flight.send("turn", angle_rad=angle)
    assert flight.until_stopped(300.0) == "ARRIVED"
    assert math.remainder(heading(flight) - facing - angle, 2 * math.pi) == pytest.approx(0.0, abs=0.04)
    assert float(np.linalg.norm(flight.truth["position_m"] - start)) < 0.15


def test_an_arc_bends_as_told(flight: RoverFlight) -> None:
    facing = heading(flight)
    flight.send("arc", distance_m=2.0, curvature_1_m=0.4)
    assert flight.until_stopped(200.0) == "ARRIVED"
    assert math.remainder(heading(flight) - facing, 2 * math.pi) == pytest.approx(0.8, rel=0.1)


def test_a_turn_before_a_drive_and_a_pose_from_the_ground(flight: RoverFlight) -> None:
    flight.send("set_pose", x_m=10.0, y_m=20.0, heading_rad=0.5)
    assert flight.drive(1.0, 1.0) == "ARRIVED"
    x, y, _ = flight.odometry["position_m"]
    assert (x, y) == pytest.approx((10.0 + math.cos(1.5), 20.0 + math.sin(1.5)), abs=0.05)
    assert flight.odometry["heading_rad"] == pytest.approx(1.5, abs=0.03)


def test_a_stop_by_command_ends_the_drive_and_resume_goes_on(flight: RoverFlight) -> None:
    before = flight.truth["distance_m"].item()
    drive = flight.send("drive", distance_m=2.0)
    flight.run(20.0)
    stop = flight.send("stop")
    assert flight.until_stopped(20.0) == "COMMANDED"
    assert flight.stages(drive) == [1, STARTED, FAILED]
    assert flight.failure(drive) == FAILURE_CODE["ABORTED"]
    assert flight.stages(stop) == [1, STARTED, COMPLETED]
    assert "drive_stopped" not in flight.events()
    flight.send("resume")
    assert flight.until_stopped(200.0) == "ARRIVED"
    assert flight.truth["distance_m"].item() - before == pytest.approx(2.0, rel=0.06)


def test_nothing_is_left_to_resume_after_an_arrival(flight: RoverFlight) -> None:
    assert flight.drive(0.3) == "ARRIVED"
    request = flight.send("resume")
    flight.run(0.5)
    assert flight.stages(request) == [1, NOT_STARTED]


def test_when_the_mode_is_taken_away_the_wheels_stop(flight: RoverFlight) -> None:
    flight.send("drive", distance_m=5.0)
    flight.run(15.0)
    flight.send("safe")
    assert flight.until_stopped(30.0) == "MODE"
    assert flight.mode_name == "SAFE"
    assert flight.enabled() == [0] * 6
    assert "drive_stopped" in flight.events()


@pytest.mark.parametrize(
    ("device", "kind", "reason"),
    [
        ("rover.imu", "off", "INERTIAL"), ("rover.bus.can", "off", "STEERING"), ("rover.steering.1", "bytes.off", "STEERING"),
    ],
)  # fmt: skip
def test_what_it_cannot_drive_without_stops_it_with_its_name(flight: RoverFlight, device: str, kind: str, reason: str) -> None:
    request = flight.send("drive", distance_m=5.0)
    flight.run(20.0)
    flight.inject(device, kind)
    assert flight.until_stopped(60.0) == reason
    assert flight.stages(request) == [1, STARTED, FAILED]
    assert "drive_stopped" in flight.events()
    assert flight.mobility["faults"] == 1


@pytest.mark.parametrize(("kind", "state"), [("stuck", "STUCK"), ("off", "POWERLESS"), ("bytes.off", "SILENT"), ("reset", "DRIVING")])
def test_a_dead_wheel_is_named_and_the_others_go_on(flight: RoverFlight, kind: str, state: str) -> None:
    flight.send("drive", distance_m=2.0)
    flight.run(12.0)
    flight.inject("rover.wheel.2", kind)
    flight.run(8.0)
    assert flight.wheel_states == ["DRIVING", "DRIVING", state, "DRIVING", "DRIVING", "DRIVING"]
    assert flight.mobility["wheels_driving"] == (6 if state == "DRIVING" else 5)
    assert ("wheel_lost" in flight.events()) == (state != "DRIVING")
    assert flight.until_stopped(200.0) == "ARRIVED"


def test_a_masked_wheel_is_left_out_and_has_its_chance_again(flight: RoverFlight) -> None:
    flight.send("wheel_mask", mask=0b000100)
    flight.send("drive", distance_m=0.5)
    flight.run(15.0)
    assert flight.enabled() == [1, 1, 0, 1, 1, 1]
    assert flight.until_stopped(100.0) == "ARRIVED"
    flight.send("wheel_mask", mask=0)
    flight.send("drive", distance_m=0.5)
    flight.run(15.0)
    assert flight.enabled() == [1] * 6


def test_with_too_few_wheels_it_stops(flight: RoverFlight) -> None:
    flight.send("drive", distance_m=3.0)
    flight.run(15.0)
    for wheel in (0, 1, 4):
        flight.inject(f"rover.wheel.{wheel}", "bytes.off")
    assert flight.until_stopped(60.0) == "WHEELS"


def test_on_too_steep_a_slope_it_stops_and_holds() -> None:
    flight = RoverFlight(made_ground=1.0, slope_rad=0.25)
    flight.send("set", parameter="mobility.tilt_limit_rad", value=0.2)
    flight.run(0.5)
    request = flight.send("drive", distance_m=3.0)
    assert flight.until_stopped(60.0) == "TILT"
    assert flight.failure(request) == FAILURE_CODE["LIMIT"]
    place = flight.truth["position_m"].copy()
    flight.run(60.0)
    assert (flight.mode_name, flight.mobility["holding"], flight.enabled()) == ("DRIVE", 1, [1] * 6)
    assert float(np.linalg.norm(flight.truth["position_m"] - place)) < 0.02
    assert "holding" in flight.events()
    flight.close()


def test_before_a_wall_it_ends_in_a_named_stop() -> None:
    flight = RoverFlight(made_ground=1.0, rock_m=0.6, rock_distance_m=1.2)
    assert flight.drive(4.0, limit_s=600.0) in ("CURRENT", "SLIP", "TILT", "WHEELS", "TIME", "STEERING")
    flight.close()


def test_a_rock_of_twenty_centimetres_is_climbed() -> None:
    flight = RoverFlight(made_ground=1.0, rock_m=0.2)
    assert flight.drive(4.0) == "ARRIVED"
    assert flight.truth["outcome"] == 0
    flight.close()


@pytest.fixture(scope="module")
def healthy() -> dict[str, float]:
    return driven(3.0)


@pytest.mark.parametrize("kind", ["stuck", "off"])
def test_a_dead_wheel_raises_slip_and_the_others_current_and_energy(healthy: dict[str, float], kind: str) -> None:
    dead = driven(3.0, {"rover.wheel.2": kind})
    assert (healthy["wheels"], dead["wheels"]) == (6.0, 5.0)
    assert (healthy["arrived"], dead["arrived"]) == (1.0, 1.0)
    for figure in ("slip", "believed_slip", "current_a", "energy_j_m"):
        assert dead[figure] > 1.02 * healthy[figure], figure
    assert dead["distance_m"] == pytest.approx(3.0, rel=0.08)


def test_slip_current_and_energy_grow_with_slope(healthy: dict[str, float]) -> None:
    runs = [healthy, driven(3.0, slope_rad=0.1), driven(3.0, slope_rad=0.2), driven(3.0, slope_rad=0.3)]
    for figure in ("slip", "believed_slip", "current_a", "energy_j_m"):
        values = [run[figure] for run in runs]
        assert values == sorted(values), figure
        assert values[-1] > 1.5 * values[0], figure
    for run in runs:
        assert run["distance_m"] == pytest.approx(3.0, rel=0.1)


def test_wheels_turn_at_a_rate_for_a_bench(flight: RoverFlight) -> None:
    request = flight.send("wheel_rate", rate_rad_s=0.2)
    flight.run(6.0)
    assert flight.stages(request) == [1, STARTED, COMPLETED]
    assert flight.wheels("rate_rad_s") == pytest.approx([0.2] * 6, abs=0.02)
    flight.send("stop")
    assert flight.until_stopped(20.0) == "COMMANDED"


def test_its_energy_is_what_the_drives_really_took(flight: RoverFlight) -> None:
    taken, before = 0.0, flight.odometry["energy_j"].item()
    actuation = flight.world.arena.view("rover.actuation")
    flight.send("drive", distance_m=1.0)
    for _ in range(300):
        flight.run(0.1)
        taken += 0.1 * float(actuation["drive_power_w"].sum())
    assert flight.odometry["energy_j"].item() - before == pytest.approx(taken, rel=0.03)


def test_aboard_only_drive_off_may_move_the_wheels() -> None:
    flight = RoverFlight("surface")
    assert flight.mode_name == "ABOARD"
    for name, arguments in (("drive", {"distance_m": 1.0}), ("turn", {"angle_rad": 1.0}), ("wheel_rate", {"rate_rad_s": 0.1})):
        request = flight.send(name, **arguments)
        flight.run(0.5)
        assert flight.failure(request) == FAILURE_CODE["ILLEGAL_IN_MODE"]
    assert flight.enabled() == [0] * 6
    flight.close()


def test_a_drive_goes_on_to_the_same_bytes_from_a_snapshot(flight: RoverFlight) -> None:
    flight.send("drive", distance_m=1.5, turn_rad=0.3)
    flight.run(17.33)
    snapshot = flight.mission.snapshot()
    flight.run(30.0)
    digest, place = flight.mission.digest(), flight.truth["position_m"].tolist()
    flight.mission.restore(snapshot)
    flight.run(30.0)
    assert (flight.mission.digest(), flight.truth["position_m"].tolist()) == (digest, place)
