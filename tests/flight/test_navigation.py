"""Navigation: what it believes, how sure it is, and how it loses and finds its sensors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from flight.apps.navigation import DEGRADED_ALTIMETER, DEGRADED_ALTITUDE, DEGRADED_IMU, DEGRADED_STATE
from flight.lander_geometry import MOON_RATE_SITE_RAD_S
from tests.flight.app_bench import GRAVITY_M_S2, SEQUENCE, STALE, SUSPECT, Event, LanderBench


@pytest.fixture
def bench() -> LanderBench:
    return LanderBench()


def hover(bench: LanderBench, ticks: int, altitude_m: float = 500.0, every: int = 10) -> None:
    """Stand still in the air; a shot every so many ticks, none when `every` is 0."""
    for _ in range(ticks):
        bench.feel(rate_rad_s=MOON_RATE_SITE_RAD_S)
        if every and bench.tick % every == 0:
            bench.shoot(altitude_m)
        bench.step()


def names(events: list[Event]) -> list[str]:
    return [event.name for event in events]


def test_a_body_in_free_fall_falls_as_the_moons_gravity_says(bench: LanderBench) -> None:
    bench.load(altitude_m=500.0)
    for _ in range(1000):
        bench.feel(force_m_s2=(0, 0, 0))
        bench.step()
    assert bench.nav["vertical_speed_m_s"] == pytest.approx(-10 * 1.63446, abs=1e-3)  # GM / r^2 on the way from 500 m to 418 m
    assert bench.nav["altitude_m"] == pytest.approx(500 - 0.5 * 1.63446 * 100, abs=0.02)
    assert bench.nav["position_m"][2] == pytest.approx(bench.nav["altitude_m"] + 1.45, abs=1e-3)


def test_what_falls_from_rest_on_a_turning_moon_is_carried_east(bench: LanderBench) -> None:
    bench.load(altitude_m=2000.0)
    for _ in range(4000):
        bench.feel(force_m_s2=(0, 0, 0), rate_rad_s=MOON_RATE_SITE_RAD_S)
        bench.step()
    eastward = MOON_RATE_SITE_RAD_S[1] * 1.634 * 40**3 / 3  # Coriolis: w_north g t^3 / 3
    assert bench.nav["position_m"][0] == pytest.approx(eastward, rel=0.01)


def test_attitude_follows_the_gyroscopes(bench: LanderBench) -> None:
    bench.load()
    for _ in range(1000):
        bench.feel(rate_rad_s=(0.0, 0.0, math.pi / 20))
        bench.step()
    assert bench.nav["quaternion_site_from_body"] == pytest.approx([math.sqrt(0.5), 0, 0, math.sqrt(0.5)], abs=1e-4)
    assert np.linalg.norm(bench.nav["quaternion_site_from_body"]) == pytest.approx(1.0, abs=1e-12)


def test_a_tilted_beam_is_turned_upright_and_moved_to_the_footpads(bench: LanderBench) -> None:
    tilt = math.radians(20)  # about y: the altimeter at +x goes down
    turned = {"quaternion_site_from_body[0]": math.cos(tilt / 2), "quaternion_site_from_body[2]": math.sin(tilt / 2)}
    bench.load(altitude_m=100.0, **turned)
    bench.feel(force_m_s2=(-GRAVITY_M_S2 * math.sin(tilt), 0, GRAVITY_M_S2 * math.cos(tilt)))
    # Flat ground 100 m below the middle of the footpad plane; the altimeter sits 0.9 m out and 0.75 m above that plane.
    height = 100.0 - 0.9 * math.sin(tilt) + 0.75 * math.cos(tilt)
    bench.shoot(0.0)
    bench.altimeter["range_m"] = height / math.cos(tilt)
    bench.step()
    assert bench.nav["range_altitude_m"] == pytest.approx(100.0, abs=1e-3)


def test_shots_pull_a_wrong_altitude_right_and_make_it_sure(bench: LanderBench) -> None:
    bench.load(altitude_m=540.0)
    hover(bench, 3000)
    assert bench.nav["altitude_m"] == pytest.approx(500.0, abs=0.1)
    assert bench.nav["vertical_speed_m_s"] == pytest.approx(0.0, abs=0.02)
    assert bench.nav["sigma_altitude_m"] < 0.3
    assert (bench.nav["altimeter_used"], bench.nav["altimeter_rejected"], bench.nav["degraded"]) == (300, 0, 0)


def test_a_bias_of_the_vertical_accelerometer_is_found(bench: LanderBench) -> None:
    bench.load()
    for _ in range(12000):
        bench.feel(force_m_s2=(0, 0, GRAVITY_M_S2 + 0.004), rate_rad_s=MOON_RATE_SITE_RAD_S)
        if bench.tick % 10 == 0:
            bench.shoot(500.0)
        bench.step()
    found = bench.arena.view("nav.filter")["accelerometer_bias_m_s2"][2]
    assert found == pytest.approx(0.004, abs=2e-4)


def test_sigma_is_honest_under_noise(bench: LanderBench) -> None:
    rng = np.random.default_rng(4)
    bench.load(altitude_m=500.0 + 30.0)
    inside = 0
    for _ in range(6000):
        bench.feel(force_m_s2=(0, 0, GRAVITY_M_S2 + 0.003 * rng.normal()), rate_rad_s=MOON_RATE_SITE_RAD_S)
        if bench.tick % 10 == 0:
            bench.shoot(500.0 + max(0.2, 0.5) * rng.normal())
        bench.step()
        inside += abs(bench.nav["altitude_m"] - 500.0) <= 3 * bench.nav["sigma_altitude_m"]
    assert inside >= 0.997 * 6000


def test_a_silent_altimeter_makes_sigma_grow_and_navigation_say_so_and_recover(bench: LanderBench) -> None:
    bench.load()
    hover(bench, 1000)
    sure = float(bench.nav["sigma_altitude_m"])
    bench.apps["navigation"].events()
    hover(bench, 1000, every=0)
    assert bench.nav["degraded"] == 1
    assert bench.nav["causes"] == DEGRADED_ALTIMETER
    assert bench.nav["sigma_altitude_m"] > 1.5 * sure
    assert bench.nav["altitude_m"] == pytest.approx(500.0, abs=3 * bench.nav["sigma_altitude_m"])
    assert names(bench.apps["navigation"].events()) == ["navigation_degraded"]
    hover(bench, 60)
    assert bench.nav["causes"] == 0
    assert bench.nav["degraded"] == 1  # until it has been well for a second
    hover(bench, 60)
    assert bench.nav["degraded"] == 0
    assert names(bench.apps["navigation"].events()) == ["navigation_recovered"]


def test_one_wild_shot_is_rejected_and_moves_nothing(bench: LanderBench) -> None:
    bench.load()
    hover(bench, 1000)
    before = float(bench.nav["altitude_m"])
    bench.shoot(620.0)
    bench.feel(rate_rad_s=MOON_RATE_SITE_RAD_S)
    bench.step()
    assert bench.nav["altimeter_rejected"] == 1
    assert bench.nav["altitude_m"] == pytest.approx(before, abs=0.01)


@pytest.mark.parametrize("cliff_m", [-3000.0, -40.0, 60.0, 3000.0])
def test_a_cliff_below_is_believed_within_two_seconds(bench: LanderBench, cliff_m: float) -> None:
    """SCN-05: the altimeter jumped over a crater's rim, and the filter declared it bad for good."""
    bench.load(altitude_m=5000.0)
    hover(bench, 1000, altitude_m=5000.0)
    bench.apps["navigation"].events()
    hover(bench, 200, altitude_m=5000.0 + cliff_m)
    assert bench.nav["altitude_m"] == pytest.approx(5000.0 + cliff_m, abs=3 * bench.nav["sigma_altitude_m"])
    assert bench.nav["altimeter_rejected"] <= 20
    (event,) = bench.apps["navigation"].events()
    assert event.name == "altitude_restarted"
    assert event.values[0] == pytest.approx(cliff_m, abs=5.0)


def test_an_instrument_that_scatters_is_weighed_by_its_scatter(bench: LanderBench) -> None:
    """SCN-10: noise far above what the filter was told must not make it sure of something wrong."""
    rng = np.random.default_rng(7)
    bench.load()
    hover(bench, 1000)
    inside = 0
    for _ in range(300):
        bench.shoot(500.0 + 20.0 * rng.normal())
        for _ in range(10):
            bench.feel(rate_rad_s=MOON_RATE_SITE_RAD_S)
            bench.step()
        inside += abs(bench.nav["altitude_m"] - 500.0) <= 3 * bench.nav["sigma_altitude_m"]
    assert inside >= 297
    assert bench.nav["altitude_m"] == pytest.approx(500.0, abs=3.0)


def test_an_instrument_that_repeats_itself_over_moving_ground_is_not_believed(bench: LanderBench) -> None:
    rng = np.random.default_rng(8)
    bench.load(speed_m_s=-1.5)
    frozen = 0.0
    for k in range(600):
        true = 500.0 - 0.015 * (bench.tick + 1)
        frozen = frozen if k >= 100 else true + 0.2 * rng.normal()
        bench.shoot(frozen)
        for _ in range(10):
            bench.feel(rate_rad_s=MOON_RATE_SITE_RAD_S)
            bench.step()
    assert bench.nav["altitude_m"] == pytest.approx(500.0 - 1.5 * 60, abs=2.0)
    assert bench.nav["altimeter_rejected"] >= 490
    assert bench.nav["causes"] == DEGRADED_ALTIMETER


def test_a_late_shot_is_compared_with_the_altitude_of_its_own_time(bench: LanderBench) -> None:
    bench.load(altitude_m=500.0, speed_m_s=-15.0)
    for k in range(600):
        bench.feel(rate_rad_s=MOON_RATE_SITE_RAD_S)
        if k % 10 == 5 and k > 10:
            bench.shoot(500.0 - 0.15 * (bench.tick + 1 - 20))
            bench.altimeter["tick"] = bench.tick - 20
        bench.step()
    assert bench.nav["altitude_m"] == pytest.approx(500.0 - 0.15 * 600, abs=0.25)


def test_lost_samples_are_bridged_and_told(bench: LanderBench) -> None:
    bench.load()
    hover(bench, 500)
    bench.apps["navigation"].events()
    for _ in range(50):
        bench.imu["validity"] = STALE
        bench.step()
    assert bench.nav["imu_bridged"] == 50
    assert bench.nav["causes"] & DEGRADED_IMU
    assert bench.nav["rate_rad_s"] == pytest.approx(MOON_RATE_SITE_RAD_S, abs=1e-12)  # the last one: nothing turns the body meanwhile
    assert bench.nav["altitude_m"] == pytest.approx(500.0, abs=0.5)
    hover(bench, 120)
    assert names(bench.apps["navigation"].events()) == ["navigation_degraded", "navigation_recovered"]


def test_a_sensor_that_comes_and_goes_is_told_once(bench: LanderBench) -> None:
    bench.load()
    hover(bench, 500)
    bench.apps["navigation"].events()
    for k in range(1000):
        if k % 20 < 12:
            bench.feel(rate_rad_s=MOON_RATE_SITE_RAD_S)
        if k % 10 == 0:
            bench.shoot(500.0)
        bench.step()
    assert names(bench.apps["navigation"].events()) == ["navigation_degraded"]


def test_a_gap_in_the_counter_is_nothing_against_the_sample_that_came(bench: LanderBench) -> None:
    bench.load()
    bench.feel(force_m_s2=(0, 0, 3.0))
    bench.imu["validity"], bench.imu["error"] = SUSPECT, SEQUENCE
    bench.step()
    assert bench.nav["imu_bridged"] == 0
    assert bench.nav["specific_force_m_s2"][2] == 3.0


@pytest.mark.parametrize("force", [math.nan, math.inf, 500.0, -500.0])
def test_a_saturated_or_senseless_sample_is_not_integrated(bench: LanderBench, force: float) -> None:
    """SCN-22: a second of saturation, integrated, put the altitude below the ground."""
    bench.load()
    hover(bench, 500)
    for _ in range(100):
        bench.feel(force_m_s2=(force, force, force), rate_rad_s=(force, force, force))
        bench.step()
    assert bench.nav["altitude_m"] == pytest.approx(500.0, abs=0.5)
    assert np.isfinite(bench.nav["position_m"]).all()
    assert bench.nav["causes"] & DEGRADED_IMU


def test_without_a_state_navigation_says_that_it_knows_nothing(bench: LanderBench) -> None:
    hover(bench, 10)
    assert bench.nav["degraded"] == 1
    assert bench.nav["causes"] & DEGRADED_STATE


def test_an_altitude_below_the_ground_is_called_so(bench: LanderBench) -> None:
    bench.load(altitude_m=-30.0, sigma_altitude_m=2.0)
    hover(bench, 1, every=0)
    assert bench.nav["causes"] & DEGRADED_ALTITUDE


def test_a_state_with_a_missing_or_senseless_value_is_refused_whole(bench: LanderBench) -> None:
    bench.load(altitude_m=321.0)
    with pytest.raises(ValueError, match="not finite"):
        bench.load(altitude_m=math.nan)
    with pytest.raises(KeyError):
        bench.navigation.load_state({"altitude_m": 4.0})
    assert bench.nav["altitude_m"] == 321.0
