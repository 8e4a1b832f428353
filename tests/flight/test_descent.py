"""The descent from orbit: navigation's aids, the plan of the main deceleration, and the phases that only a descent has."""

from __future__ import annotations

import math

import numpy as np
import pytest

from flight.apps.guidance import GuidancePhase
from flight.apps.navigation import DEGRADED_GAMMA, DEGRADED_RADAR, DEGRADED_STAR_TRACKER
from flight.lander_geometry import MOON_RATE_SITE_RAD_S, RADAR_BEAMS, SITE_RADIUS_M
from flight.ports import STAGE_COMPLETED, STAGE_START_FAILED, STAGE_STARTED
from tests.flight.app_bench import GRAVITY_M_S2, LanderBench
from wire.dictionary import FAILURE_CODE

ORBIT_RADIUS_M = 1_752_400.0
BEFORE_M = 440_000.0


@pytest.fixture
def bench() -> LanderBench:
    return LanderBench(aids=True)


def in_orbit(bench: LanderBench, before_m: float = BEFORE_M) -> None:
    """Perilune, 15 km above the mean sphere, flying north towards the site, engine ahead."""
    angle = before_m / SITE_RADIUS_M
    turn = -(math.pi / 2 + angle) / 2  # about x: body z from up to against the flight
    state = {
        "position_m[1]": -ORBIT_RADIUS_M * math.sin(angle), "position_m[2]": ORBIT_RADIUS_M * math.cos(angle) - SITE_RADIUS_M,
        "velocity_m_s[1]": 1692.0 * math.cos(angle), "velocity_m_s[2]": 1692.0 * math.sin(angle),
        "quaternion_site_from_body[0]": math.cos(turn), "quaternion_site_from_body[1]": -math.sin(turn),
        "mass_kg": 2600.0, "sigma_position_m": 100.0, "sigma_altitude_m": 100.0, "sigma_velocity_m_s": 0.1,
    }  # fmt: skip
    bench.load(altitude_m=20_935.0, **state)


def coast(bench: LanderBench, seconds: float) -> None:
    for _ in range(round(100 * seconds)):
        bench.feel(force_m_s2=(0, 0, 0))
        bench.step()


def hang(bench: LanderBench, ticks: int) -> None:
    """Still in the air, upright."""
    for _ in range(ticks):
        bench.feel(rate_rad_s=MOON_RATE_SITE_RAD_S)
        if bench.tick % 10 == 0:
            bench.shoot(500.0)
        bench.step()


def stars(bench: LanderBench, angle_rad: float = 0.0, sigma_rad: float = 1e-4) -> None:
    """An attitude by the stars, of an upright body turned about x."""
    turned = MOON_RATE_SITE_RAD_S[1] * bench.tick * 0.01, MOON_RATE_SITE_RAD_S[2] * bench.tick * 0.01
    q = np.array([1.0, 0.5 * angle_rad, 0.5 * turned[0], 0.5 * turned[1]])
    bench.tell(bench.star_tracker, quaternion_inertial_from_body=q / np.linalg.norm(q), sigma_rad=sigma_rad, stars=9)


def echo(bench: LanderBench, velocity_m_s: tuple[float, float, float], noise: np.random.Generator) -> None:
    """Speeds of all four beams of an upright radar that moves so."""
    speeds = [-float(np.dot(beam, velocity_m_s)) + 0.1 * noise.normal() for beam in RADAR_BEAMS]
    bench.tell(bench.radar, speed_m_s=speeds, speed_locked=15, range_m=[500.0] * 4, range_locked=0)


# Navigation ---------------------------------------------------------------------------------------------------------------------------


def test_the_stars_take_away_an_error_of_attitude(bench: LanderBench) -> None:
    bench.load()
    rng = np.random.default_rng(1)
    for _ in range(300):
        hang(bench, 20)
        stars(bench, 1e-3 + 1e-4 * rng.normal())
    assert 2.0 * bench.nav["quaternion_site_from_body"][1] == pytest.approx(1e-3, abs=1.5e-4)
    assert bench.nav["sigma_attitude_rad"] < 4e-4
    assert bench.nav["star_tracker_rejected"] == 0


def test_an_attitude_far_off_is_rejected_until_many_agree(bench: LanderBench) -> None:
    bench.load()
    for k in range(40):
        hang(bench, 20)
        stars(bench, 1e-5 * (k % 3))
    for k in range(10):
        hang(bench, 20)
        stars(bench, 0.05 + 1e-5 * (k % 3))
    assert abs(bench.nav["quaternion_site_from_body"][1]) < 1e-3
    assert bench.nav["star_tracker_rejected"] >= 9
    for k in range(20):
        hang(bench, 20)
        stars(bench, 0.05 + 1e-5 * (k % 3))
    assert 2.0 * bench.nav["quaternion_site_from_body"][1] == pytest.approx(0.05, abs=5e-3)
    assert "attitude_restarted" in [event.name for event in bench.apps["navigation"].events()]


def test_silent_stars_are_told_after_five_seconds(bench: LanderBench) -> None:
    bench.load()
    hang(bench, 10)
    stars(bench)
    hang(bench, 450)
    assert not bench.nav["causes"] & DEGRADED_STAR_TRACKER
    hang(bench, 100)
    assert bench.nav["causes"] & DEGRADED_STAR_TRACKER


def test_the_radar_finds_the_horizontal_velocity(bench: LanderBench) -> None:
    rng = np.random.default_rng(2)
    bench.load(**{"velocity_m_s[0]": 0.8, "velocity_m_s[1]": -0.5, "sigma_velocity_m_s": 0.5})
    for _ in range(400):
        hang(bench, 10)
        echo(bench, (0.0, 0.0, 0.0), rng)
    assert bench.nav["velocity_m_s"] == pytest.approx([0, 0, 0], abs=0.08)
    assert bench.nav["sigma_velocity_m_s"] < 0.1


def test_what_the_radar_tells_of_velocity_mends_the_position_it_has_led_to() -> None:
    """Through the covariance: 100 s at a metre a second too much are a hundred metres, and the filter knows it."""
    bench = LanderBench(aids=True)
    rng = np.random.default_rng(3)
    bench.load(altitude_m=2000.0, **{"velocity_m_s[0]": 1.0, "sigma_velocity_m_s": 1.0, "sigma_accelerometer_bias_m_s2": 1e-4})
    for tick in range(10_000):
        bench.feel(rate_rad_s=MOON_RATE_SITE_RAD_S, force_m_s2=(0, 0, 1.6316))
        if tick % 10 == 0:
            bench.shoot(2000.0)
        bench.step()
    assert bench.nav["position_m"][0] == pytest.approx(100.0, abs=3.0)
    for _ in range(100):
        hang_at(bench, 2000.0)
        echo(bench, (0.0, 0.0, 0.0), rng)
    assert bench.nav["position_m"][0] == pytest.approx(0.0, abs=25.0)


def hang_at(bench: LanderBench, altitude_m: float) -> None:
    for _ in range(10):
        bench.feel(rate_rad_s=MOON_RATE_SITE_RAD_S, force_m_s2=(0, 0, 1.6316))
        bench.step()
    bench.shoot(altitude_m)


def test_a_radar_that_scatters_is_weighed_by_its_scatter(bench: LanderBench) -> None:
    rng = np.random.default_rng(4)
    bench.load(sigma_velocity_m_s=0.5)
    for _ in range(400):
        hang(bench, 10)
        wild = rng.normal(size=4) * 4.0
        bench.tell(bench.radar, speed_m_s=wild, speed_locked=15)
    assert np.hypot(*bench.nav["velocity_m_s"][:2]) < 4.0 * bench.nav["sigma_velocity_m_s"]
    assert bench.nav["sigma_velocity_m_s"] > 0.15


def test_a_radar_that_repeats_itself_is_not_believed(bench: LanderBench) -> None:
    bench.load()
    for _ in range(30):
        hang(bench, 10)
        bench.tell(bench.radar, speed_m_s=[0.31, 0.28, 0.33, 0.29], speed_locked=15)
    assert bench.nav["radar_rejected"] > 100
    assert bench.nav["causes"] & DEGRADED_RADAR


def test_in_the_last_metres_the_gamma_altimeter_is_missed(bench: LanderBench) -> None:
    bench.load(altitude_m=10.0)
    for _ in range(150):
        bench.feel(rate_rad_s=MOON_RATE_SITE_RAD_S)
        if bench.tick % 10 == 0:
            bench.shoot(10.0)
        bench.step()
    assert bench.nav["causes"] & DEGRADED_GAMMA
    for k in range(40):
        bench.tell(bench.gamma, altitude_m=10.0 + 0.01 * (k % 5))
        bench.feel(rate_rad_s=MOON_RATE_SITE_RAD_S)
        bench.step()
    assert not bench.nav["causes"] & DEGRADED_GAMMA
    assert bench.nav["gamma_used"] == 40


def test_in_orbit_altitude_is_above_the_targets_sphere_and_no_shot_is_missed(bench: LanderBench) -> None:
    in_orbit(bench)
    coast(bench, 30.0)
    x, y, z = bench.nav["position_m"]
    height = math.sqrt(x * x + y * y + (z + SITE_RADIUS_M) ** 2) - SITE_RADIUS_M
    assert bench.nav["altitude_m"] == pytest.approx(height, abs=2.0)
    assert (bench.nav["terrain"], bench.nav["causes"] & 1) == (0, 0)


def test_the_state_vector_is_carried_on_to_the_first_cycle() -> None:
    early, late = LanderBench(aids=True), LanderBench(aids=True)
    in_orbit(early)
    in_orbit(late)
    coast(early, 2.0)
    late.tick = 199
    late.feel(force_m_s2=(0, 0, 0))
    late.step()
    assert late.nav["position_m"] == pytest.approx(early.nav["position_m"], abs=0.01)


# Guidance -----------------------------------------------------------------------------------------------------------------------------


def begun(bench: LanderBench, before_m: float = BEFORE_M) -> None:
    """In orbit, and `go` given."""
    in_orbit(bench, before_m)
    bench.mode["mode"] = bench.mode["previous"] = bench.modes["ORBIT"]
    coast(bench, 0.5)
    bench.apps["guidance"].command("go", 5)
    coast(bench, 0.5)


def test_go_leads_into_the_preparation_with_thrusters_and_without_the_engine(bench: LanderBench) -> None:
    begun(bench, 470_000.0)
    assert bench.apps["guidance"].replies() == [(5, STAGE_STARTED, 0)]
    assert bench.demand["phase"] == GuidancePhase.PHASE_PREPARATION
    assert (bench.thrusters["armed"], bench.engine["armed"]) == (1, 0)


def test_the_plan_meets_the_gate_near_full_thrust_in_the_time_of_the_reference_profile(bench: LanderBench) -> None:
    begun(bench, 441_000.0)
    coast(bench, 1.0)
    plan = bench.arena.view("guidance.braking")
    assert bench.demand["phase"] == GuidancePhase.PHASE_PREPARATION
    assert plan["valid"] == 1
    assert plan["miss_m"] < 5.0
    assert plan["throttle"] == pytest.approx(0.96, abs=0.015)
    assert plan["time_to_go_s"] == pytest.approx(476.0, abs=8.0)
    assert plan["along"] == pytest.approx([0.0, 1.0, 0.0], abs=1e-3)


def test_it_ignites_when_the_throttle_that_leaves_a_margin_is_due(bench: LanderBench) -> None:
    begun(bench, 437_500.0)
    coast(bench, 3.0)
    assert bench.demand["phase"] == GuidancePhase.PHASE_BRAKING
    assert bench.engine["armed"] == 1
    assert bench.demand["thrust_command_n"] == pytest.approx(7200.0, abs=60.0)
    up = bench.demand["acceleration_m_s2"][2] / np.linalg.norm(bench.demand["acceleration_m_s2"])
    assert -0.35 < up < -0.05  # against the flight, which still rises as seen from the target


def test_an_engine_too_weak_for_the_distance_gives_the_target_up_and_not_the_height(bench: LanderBench) -> None:
    begun(bench, 437_500.0)
    coast(bench, 23.0)  # commanded, and gives nothing
    assert bench.demand["phase"] == GuidancePhase.PHASE_BRAKING
    plan = bench.arena.view("guidance.braking")
    assert (plan["short"], plan["valid"]) == (1, 1)
    assert plan["throttle"] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("before_m", [405_000.0, 300_000.0, 20_000.0, -50_000.0])
def test_go_is_refused_where_full_thrust_would_overshoot_the_target(bench: LanderBench, before_m: float) -> None:
    begun(bench, before_m)
    assert bench.apps["guidance"].replies() == [(5, STAGE_START_FAILED, FAILURE_CODE["OUT_OF_REACH"])]
    assert bench.demand["phase"] == GuidancePhase.PHASE_IDLE
    assert (bench.thrusters["armed"], bench.engine["armed"]) == (0, 0)


def test_go_is_taken_as_late_as_the_engine_can_still_stop_at_the_target(bench: LanderBench) -> None:
    begun(bench, 427_000.0)
    assert bench.apps["guidance"].replies() == [(5, STAGE_STARTED, 0)]


def test_divert_is_taken_in_a_descent_and_refused_out_of_it(bench: LanderBench) -> None:
    guidance = bench.apps["guidance"]
    begun(bench, 470_000.0)
    guidance.replies()
    guidance.command("divert", 8, 120.0, -40.0)
    coast(bench, 0.3)
    assert guidance.replies() == [(8, STAGE_STARTED, 0), (8, STAGE_COMPLETED, 0)]
    assert bench.demand["held_position_m"][:2] == pytest.approx([120.0, -40.0])
    assert bench.arena.view("guidance.braking")["target_m"] == pytest.approx([120.0, -40.0])
    other = LanderBench()
    other.load()
    other.set_mode("HOVER")
    hang(other, 20)
    other.apps["guidance"].command("divert", 9, 1.0, 1.0)
    hang(other, 20)
    assert other.apps["guidance"].replies() == [(9, STAGE_START_FAILED, FAILURE_CODE["BUSY"])]


def test_a_hover_that_runs_dry_goes_down_by_itself_and_says_so() -> None:
    bench = LanderBench()
    bench.load(mass_kg=1270.0)
    bench.set_mode("HOVER")
    for _ in range(600):
        thrust = float(bench.engine["thrust_n"])
        bench.feel(force_m_s2=(0, 0, max(thrust, 1.0) / 1270.0), rate_rad_s=MOON_RATE_SITE_RAD_S)
        if bench.tick % 10 == 0:
            bench.shoot(500.0)
        bench.step()
        if bench.mode["mode"] == bench.modes["DESCENT"]:
            break
    assert bench.mode["mode"] == bench.modes["DESCENT"]
    assert "propellant_low" in [event.name for event in bench.apps["guidance"].events()]


def test_a_lander_that_lies_still_under_a_pushing_engine_is_told_and_cut_off() -> None:
    bench = LanderBench()
    bench.load(altitude_m=6.0, speed_m_s=-9.0)
    bench.set_mode("DESCENT")
    for _ in range(60):
        bench.load(altitude_m=6.0, speed_m_s=-9.0)
        for _ in range(10):
            bench.feel(force_m_s2=(0, 0, GRAVITY_M_S2))
            bench.step()
    assert "crash_felt" in [event.name for event in bench.apps["guidance"].events()]
    assert bench.mode["mode"] == bench.modes["SAFE"]
    assert (bench.engine["armed"], bench.engine["thrust_n"]) == (0, 0)
