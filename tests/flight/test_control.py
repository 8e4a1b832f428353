"""Control: attitude by thrusters, thrust by the engine, and when nothing opens."""

from __future__ import annotations

import math

import numpy as np
import pytest

from flight import lander_geometry
from flight.apps.thruster_allocation import allocate, non_negative_least_squares
from flight.lander_geometry import (
    ALTIMETER_POSITION_M,
    ENGINE_GREATEST_N,
    ENGINE_LEAST_N,
    INERTIA_KG_M2,
    MASS_KG,
    MOON_GM_M3_S2,
    MOON_RATE_SITE_RAD_S,
    PAD_PLANE_Z_M,
    SITE_RADIUS_M,
    THRUSTERS,
)
from hal.sim import lander_figures, site
from hal.sim.thruster_table import THRUSTER_TABLE
from tests.flight.app_bench import GRAVITY_M_S2, STALE, LanderBench

CYCLE_S = 0.01


@pytest.fixture
def bench() -> LanderBench:
    bench = LanderBench()
    bench.load()
    bench.set_mode("HOVER")
    return bench


def turned(axis: int, angle_rad: float) -> dict[str, float]:
    """An uploaded attitude: turned about one body axis."""
    q = [math.cos(angle_rad / 2), 0.0, 0.0, 0.0]
    q[1 + axis] = math.sin(angle_rad / 2)
    return {f"quaternion_site_from_body[{i}]": q[i] for i in range(4)}


def torque_of(on_time_s: np.ndarray) -> np.ndarray:
    """Mean torque over a cycle of the thrusters' on-times, from the world's own table."""
    arms = np.array([np.cross(t.position_m, t.direction) * t.thrust_n for t in THRUSTER_TABLE])
    return np.asarray(on_time_s @ arms / CYCLE_S)


def tick(bench: LanderBench, rate_rad_s: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> None:
    bench.feel(force_m_s2=(0, 0, GRAVITY_M_S2), rate_rad_s=rate_rad_s)
    bench.step()


def test_flight_and_world_have_the_same_geometry() -> None:
    assert [tuple(t) for t in THRUSTERS] == [(t.position_m, t.direction, t.thrust_n) for t in THRUSTER_TABLE]
    assert PAD_PLANE_Z_M == lander_figures.PAD_HEIGHT_M
    assert ALTIMETER_POSITION_M == lander_figures.ALTIMETER_POSITION_M
    assert lander_geometry.RADAR_POSITION_M == lander_figures.RADAR_POSITION_M
    assert lander_geometry.IMAGING_LASER_POSITION_M == lander_figures.IMAGING_LASER_POSITION_M
    assert lander_geometry.DRY_MASS_KG == lander_figures.DRY_MASS_KG
    assert lander_geometry.INERTIA_PER_KG_M2 == lander_figures.INERTIA_PER_PROPELLANT_M2
    propellant = MASS_KG - lander_figures.DRY_MASS_KG
    pairs = zip(lander_figures.DRY_INERTIA_KG_M2, lander_figures.INERTIA_PER_PROPELLANT_M2, strict=True)
    assert [dry + per_kg * propellant for dry, per_kg in pairs] == pytest.approx(INERTIA_KG_M2)
    assert (MOON_GM_M3_S2, SITE_RADIUS_M) == (site.GM_M3_S2, site.RADIUS_M)
    assert pytest.approx(site.MOON_RATE_RAD_S, rel=1e-6) == MOON_RATE_SITE_RAD_S


def test_least_squares_keep_to_what_can_push() -> None:
    a = np.array([[1.0, -1.0], [0.0, 1.0]])
    assert non_negative_least_squares(a, np.array([2.0, 1.0])) == pytest.approx([3.0, 1.0])
    assert non_negative_least_squares(a, np.array([-2.0, -1.0])) == pytest.approx([0.0, 0.5])  # least of (2 - x2)^2 + (1 + x2)^2
    assert non_negative_least_squares(a, np.array([-1.0, -2.0])) == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("axis", range(6))
def test_each_axis_is_turned_alone_and_nothing_is_pushed(bench: LanderBench, which: int, axis: int) -> None:
    allocation = bench.control.allocation(which, axis)
    assert all(THRUSTERS[t].thrust_n == (150.0, 10.0)[which] for t in allocation)
    force, torque = np.zeros(3), np.zeros(3)
    for t, seconds in allocation.items():
        push = np.array(THRUSTERS[t].direction) * THRUSTERS[t].thrust_n * seconds
        force += push
        torque += np.cross(THRUSTERS[t].position_m, push)
    wanted = np.zeros(3)
    wanted[axis // 2] = -1.0 if axis % 2 else 1.0
    assert torque == pytest.approx(wanted, abs=1e-3)
    assert force == pytest.approx([0, 0, 0], abs=1e-3)


def test_thrusters_that_cannot_turn_an_axis_alone_are_refused() -> None:
    with pytest.raises(ValueError, match="axis 2"):
        allocate(THRUSTERS[16:24], 2, 1.0)  # all along z
    with pytest.raises(ValueError, match="alone"):
        allocate(THRUSTERS[0:2], 1, 1.0)


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("angle", [-0.3, -0.02, 0.02, 0.3])
def test_the_torque_is_against_the_error(bench: LanderBench, axis: int, angle: float) -> None:
    tick(bench)  # armed upright, and so with that heading
    bench.load(**turned(axis, angle))
    total = np.zeros(3)
    for _ in range(20):
        tick(bench)
        total += torque_of(bench.thrusters["on_time_s"])
    assert total[axis] * angle < 0
    assert abs(total[axis]) == pytest.approx(np.abs(total).max())
    assert bench.record["attitude_error_rad"][axis] == pytest.approx(-2 * math.sin(angle / 2), rel=0.2)


def test_a_rate_is_braked(bench: LanderBench) -> None:
    tick(bench)
    tick(bench, rate_rad_s=(0.08, 0.0, 0.0))
    assert torque_of(bench.thrusters["on_time_s"])[0] < -100.0


def test_small_torques_come_from_the_small_thrusters_and_large_ones_from_the_large(bench: LanderBench) -> None:
    tick(bench)
    for _ in range(3):
        tick(bench, rate_rad_s=(0.003, 0.0, 0.0))
        assert not bench.thrusters["on_time_s"][:16].any()
    tick(bench, rate_rad_s=(0.08, 0.0, 0.0))
    assert bench.thrusters["on_time_s"][:16].any()


@pytest.mark.parametrize("rate", [0.2, 1.5])
def test_no_valve_is_asked_to_be_open_longer_than_the_cycle_or_shorter_than_it_can(bench: LanderBench, rate: float) -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        tick(bench, rate_rad_s=tuple(rate * rng.normal(size=3)))  # type: ignore[arg-type]
        on = bench.thrusters["on_time_s"]
        assert (on >= 0).all()
        assert (on <= CYCLE_S * (1 + 1e-12)).all()
        assert (on[on > 0] >= 0.0002).all()


def test_an_impulse_too_short_for_a_valve_is_owed_not_lost(bench: LanderBench) -> None:
    tick(bench)
    given, asked = 0.0, 0.0
    for _ in range(400):
        tick(bench, rate_rad_s=(0.0005, 0.0, 0.0))
        given += torque_of(bench.thrusters["on_time_s"])[0] * CYCLE_S
        asked += float(bench.record["torque_n_m"][0]) * CYCLE_S
    assert given == pytest.approx(asked, abs=0.2)
    assert given < -5.0


def test_saturation_for_seconds_is_told_once(bench: LanderBench) -> None:
    for _ in range(1500):
        tick(bench, rate_rad_s=(1.5, 1.5, 0.0))
    assert [event.name for event in bench.apps["control"].events()] == ["control_saturated"]


def test_engine_thrust_follows_the_demand_along_the_body_axis(bench: LanderBench) -> None:
    tick(bench)
    assert bench.engine["armed"] == 1
    assert bench.engine["thrust_n"] == pytest.approx(bench.demand["thrust_command_n"], rel=1e-3)
    bench.load(**turned(0, 0.8))
    tick(bench)
    upright = float(bench.demand["thrust_command_n"])
    assert bench.engine["thrust_n"] == pytest.approx(max(ENGINE_LEAST_N, upright * math.cos(0.8)), rel=0.02)
    assert ENGINE_LEAST_N <= bench.engine["thrust_n"] <= ENGINE_GREATEST_N


def test_heading_is_that_at_which_control_was_armed() -> None:
    bench = LanderBench()
    bench.load(**turned(2, 0.7))
    bench.set_mode("HOVER")
    tick(bench)
    assert bench.record["heading_rad"] == pytest.approx(0.7)
    assert bench.record["attitude_error_rad"][2] == pytest.approx(0.0, abs=1e-6)


def test_blind_control_opens_nothing_and_keeps_the_engine(bench: LanderBench) -> None:
    tick(bench)
    bench.load(**turned(0, 0.3))
    tick(bench)
    assert bench.thrusters["on_time_s"].any()
    thrust = float(bench.engine["thrust_n"])
    for _ in range(100):
        bench.imu["validity"] = STALE
        bench.step()
    assert not bench.thrusters["on_time_s"].any()
    assert bench.engine["armed"] == 1
    assert bench.engine["thrust_n"] == pytest.approx(thrust, rel=0.01)


def test_when_guidance_falls_silent_everything_closes_within_a_second(bench: LanderBench) -> None:
    tick(bench)
    bench.load(**turned(0, 0.3))
    for _ in range(110):
        bench.feel()
        bench.navigation.slot.call(bench.tick)
        bench.control.slot.call(bench.tick)
        bench.tick += 1
    assert (bench.engine["armed"], bench.thrusters["armed"]) == (0, 0)
    assert not bench.thrusters["on_time_s"].any()


def test_disarming_forgets_what_was_owed(bench: LanderBench) -> None:
    tick(bench)
    for _ in range(50):
        tick(bench, rate_rad_s=(0.02, 0.01, 0.0))
    assert np.any(bench.record["disturbance_n_m"])
    bench.set_mode("SAFE")
    for _ in range(20):
        tick(bench)
    for field in ("disturbance_n_m", "impulse_n_m_s", "torque_n_m", "attitude_error_rad"):
        assert not np.any(bench.record[field]), field
    assert bench.record["thruster_duty"] == 0
