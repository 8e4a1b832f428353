"""Landings from orbit, through the bench door alone: that they end well, what moves them, and what a lost sensor does."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from ground import landing
from ground.__main__ import cli
from ground.errors import BadArgumentError
from ground.headless import Headless
from ground.landing import Landing, land, parse_landing_fault
from wire.dictionary import DICTIONARIES
from wire.dictionary.lander_gnc import PHASE, PLACE

MODES = DICTIONARIES["lander"].vehicle.modes
PHASES = [
    "ignition preparation", "main deceleration", "quick adjustment", "approach", "hover and detection", "hazard avoidance",
    "slow descent", "free fall", "standing",
]  # fmt: skip
ALTIMETER, IMU, STAR_TRACKER, RADAR, GAMMA = 1, 2, 16, 32, 64


@pytest.fixture(scope="module")
def flight() -> Iterator[Headless]:
    with Headless() as flight:
        yield flight


def faulty(flight: Headless, *faults: str, seed: int = 1, **options: float) -> dict[str, Any]:
    return land(flight, seed, options, [parse_landing_fault(text) for text in faults])


def place(flight: Headless) -> tuple[float, float]:
    """Where it stands, east and north of the target."""
    east, north, _ = flight.bench.truth()["lander.position_m"]
    return east, north


def fly_to(flight: Headless, phase: str, *faults: str, seed: int = 1) -> None:
    """From the start to the beginning of a phase."""
    Landing(flight, seed, {}, [parse_landing_fault(text) for text in faults])
    flight.pass_seconds(2.0)
    flight.send("lander", "go")
    assert flight.pass_until([("lander.guidance.phase", "==", float(PHASE[phase]))], 800.0)


def assert_well(report: dict[str, Any]) -> None:
    """The windows of the issue."""
    touchdown = report["touchdown"]
    assert report["outcome"] == "landed", report
    assert 600.0 <= report["duration_s"] <= 800.0, report
    assert 1250.0 <= report["propellant_used_kg"] <= 1390.0, report
    assert touchdown["vertical_speed_m_s"] <= 3.5, report
    assert touchdown["horizontal_speed_m_s"] <= 0.5, report
    assert touchdown["rest_tilt_deg"] <= 5.0, report
    assert touchdown["distance_to_target_m"] <= 500.0, report


@pytest.mark.parametrize("seed", range(1, 11))
def test_it_lands_from_orbit_within_every_window(flight: Headless, seed: int) -> None:
    report = land(flight, seed)
    assert_well(report)
    assert [phase["name"] for phase in report["phases"]] == PHASES
    assert flight.peek("lander.mode.mode") == [MODES["LANDED"]]


@pytest.mark.long(100)
def test_it_does_so_for_every_seed_and_no_two_are_alike(flight: Headless, repetitions: int) -> None:
    reports = [land(flight, seed) for seed in range(1, repetitions + 1)]
    for report in reports:
        assert_well(report)
    assert len({report["digest"] for report in reports}) == repetitions


@pytest.mark.parametrize(("go_s", "outcome"), [(30.0, "landed"), (45.0, "refused"), (400.0, "refused")])
def test_go_may_come_late_and_is_refused_when_it_comes_too_late(
    flight: Headless, monkeypatch: pytest.MonkeyPatch, go_s: float, outcome: str
) -> None:
    monkeypatch.setattr(landing, "GO_S", go_s)
    report = land(flight, 1)
    assert report["outcome"] == outcome
    assert outcome == "refused" or report["touchdown"]["distance_to_target_m"] <= 500.0


def test_the_phases_follow_the_published_shape(flight: Headless) -> None:
    """Inclined from 15 km above the mean sphere down to 8 km, near-vertical from there, hover at 100 m, slow below 30 m."""
    at = {phase["name"]: phase for phase in land(flight, 2)["phases"]}
    assert at["main deceleration"]["speed_m_s"] == pytest.approx(1692.0, abs=5.0)
    assert 400.0 < at["quick adjustment"]["start_s"] - at["main deceleration"]["start_s"] < 520.0
    assert at["approach"]["altitude_m"] == pytest.approx(8000.0, abs=800.0)  # the target's height; here above what lies below
    assert at["hover and detection"]["altitude_m"] == pytest.approx(105.0, abs=5.0)
    assert at["slow descent"]["altitude_m"] == pytest.approx(30.0, abs=2.0)
    assert at["free fall"]["altitude_m"] == pytest.approx(2.0, abs=0.5)


def test_the_path_does_not_loft(flight: Headless) -> None:
    """The reference profile rises by 160 m after ignition; a plain linear tangent by 900 m (tools/reference_profile.py)."""
    fly_to(flight, "BRAKING", seed=3)
    start = flight.bench.truth()
    radius = 1731465.0
    begin = math.dist(start["lander.position_m"], (0, 0, -radius))
    top = begin
    for _ in range(45):
        flight.pass_seconds(5.0)
        top = max(top, math.dist(flight.bench.truth()["lander.position_m"], (0, 0, -radius)))
    assert top - begin < 600.0


def test_the_same_seed_gives_the_same_landing_and_the_command_prints_its_object() -> None:
    runner = CliRunner()
    first, again = (runner.invoke(cli, ["land", "--seed", "4", "--json"], standalone_mode=False) for _ in range(2))
    report, other = json.loads(first.stdout), json.loads(again.stdout)
    assert set(report) == {
        "seed", "outcome", "duration_s", "phases", "touchdown", "propellant_used_kg", "dispersions", "wall_s", "digest"
    }  # fmt: skip
    assert {"name", "start_s", "altitude_m", "speed_m_s"} == set(report["phases"][0])
    assert report["digest"] == other["digest"]
    assert report["dispersions"] == other["dispersions"]
    assert first.return_value == 0


def test_a_landing_that_fails_says_so_by_its_exit_code_and_in_words() -> None:
    result = CliRunner().invoke(cli, ["land", "--fault", "phase:approach:lander.engine:off"], standalone_mode=False)
    assert result.return_value == 1
    assert result.stdout.startswith("crashed after")


@pytest.mark.parametrize(
    "text", ["x:lander.imu:off", "phase:nowhere:lander.imu:off", "5:lander.imu", "phase:approach:lander.imu:off:for_s=-1"]
)
def test_a_fault_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BadArgumentError):
        parse_landing_fault(text)


def test_a_device_that_does_not_exist_is_refused(flight: Headless) -> None:
    with pytest.raises(BadArgumentError, match="no device"):
        faulty(flight, "0:lander.gyroscope:off")


def test_dispersions_have_the_sigmas_of_the_issue_and_are_cut_at_three(flight: Headless) -> None:
    drawn: dict[str, list[float]] = {"mass_kg": [], "thrust_factor": [], "isp_factor": [], "position_m": [], "velocity_m_s": []}
    sigmas = {"mass_kg": 10.0, "thrust_factor": 0.005, "isp_factor": 0.003, "position_m": 500.0, "velocity_m_s": 1.0}
    for seed in range(200):
        flight.begin("descent", seed)
        truth = flight.bench.truth()
        for name, values in drawn.items():
            value = truth[f"lander.dispersion.{name}"]
            values += value if isinstance(value, list) else [value - (1.0 if "factor" in name else 0.0)]
    for name, values in drawn.items():
        assert statistics.pstdev(values) == pytest.approx(sigmas[name], rel=0.15), name
        assert max(map(abs, values)) <= 3.0 * sigmas[name] * (1.0 + 1e-9), name


# What moves it ------------------------------------------------------------------------------------------------------------------------


def test_a_filter_started_a_kilometre_off_along_the_track_moves_the_touchdown_by_about_that(flight: Headless) -> None:
    land(flight, 1)
    before = place(flight)
    report = faulty(flight, upload_along_track_m=1000.0)
    after = place(flight)
    assert report["outcome"] == "landed"
    assert after[1] - before[1] == pytest.approx(-1000.0, abs=120.0)  # it believes itself too far north
    assert after[0] - before[0] == pytest.approx(0.0, abs=60.0)


def test_a_bias_of_the_accelerometers_moves_the_touchdown(flight: Headless) -> None:
    """Twenty times the unit's class. The radar's velocity at the end tells of it, and the filter of the way, but then it is late."""
    land(flight, 1)
    before = place(flight)
    report = faulty(flight, "5:lander.imu:value.bias:specific_force_m_s2=0.01,rate_rad_s=0,axis=1")
    after = place(flight)
    assert report["outcome"] == "landed"
    assert 60.0 < math.dist(before, after) < 1500.0


def test_divert_moves_the_place_and_overrides_the_image(flight: Headless) -> None:
    fly_to(flight, "DETECTION")
    before = flight.peek("lander.guidance.held_position_m[0]", "lander.guidance.held_position_m[1]")
    flight.send("lander", "divert", east=20.0, north=-10.0)
    flight.pass_seconds(1.0)
    after = flight.peek("lander.guidance.held_position_m[0]", "lander.guidance.held_position_m[1]")
    assert after == pytest.approx([before[0] + 20.0, before[1] - 10.0])
    assert flight.peek("lander.guidance.state.place_known") == [PLACE["COMMANDED"]]
    assert flight.pass_until([("lander.outcome", "!=", 0.0)], 150.0)
    assert flight.bench.truth()["lander.outcome"] == "landed"
    here = flight.peek("lander.nav.position_m[0]", "lander.nav.position_m[1]")
    assert math.dist(here, after) < 4.0


def test_without_an_image_it_goes_down_where_it_hovers_and_says_so(flight: Headless) -> None:
    report = faulty(flight, "phase:approach:lander.imaging_laser:off")
    assert report["outcome"] == "landed"
    assert flight.peek("lander.guidance.state.place_known", "lander.hazard.images") == [PLACE["NO_IMAGE"], 0.0]


# What a sensor's silence does ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", ["approach", "avoidance", "slow_descent"])
def test_an_altimeter_silent_for_ten_seconds_still_lands(flight: Headless, phase: str) -> None:
    assert_well(faulty(flight, f"phase:{phase}:lander.altimeter:off:for_s=10"))


def test_an_engine_that_is_off_does_not_land_and_the_computer_leaves_the_descent(flight: Headless) -> None:
    report = faulty(flight, "phase:approach:lander.engine:off")
    assert report["outcome"] == "crashed"
    assert flight.peek("lander.mode.mode") == [MODES["SAFE"]]
    assert flight.peek("lander.engine.command.armed", "lander.engine.command.thrust_n") == [0.0, 0.0]


@pytest.mark.parametrize(
    ("phase", "device", "cause", "sigma", "wait_s"),
    [
        ("BRAKING", "star_tracker", STAR_TRACKER, "sigma_attitude_rad", 60.0),
        ("BRAKING", "imu", IMU, "sigma_velocity_m_s", 2.0),
        ("APPROACH", "altimeter", ALTIMETER, "sigma_altitude_m", 10.0),
        ("AVOIDANCE", "radar", RADAR, "sigma_velocity_m_s", 10.0),
    ],
)
def test_a_sensor_whose_bytes_are_cut_degrades_the_estimate_and_it_says_so(
    flight: Headless, phase: str, device: str, cause: int, sigma: str, wait_s: float
) -> None:
    def after(cut: bool) -> tuple[float, int, int]:
        fly_to(flight, phase)
        flight.pass_seconds(15.0)
        if cut:
            flight.bench.inject(f"lander.{device}", "bytes.off")
        flight.pass_seconds(wait_s)
        sigma_now, causes, degraded = flight.peek(f"lander.nav.{sigma}", "lander.nav.causes", "lander.nav.degraded")
        return sigma_now, int(causes), int(degraded)

    sure, causes, degraded = after(cut=False)
    assert (causes & cause, degraded) == (0, 0)
    unsure, causes, degraded = after(cut=True)
    assert (causes & cause, degraded) == (cause, 1)
    assert unsure > 1.05 * sure


def test_a_silent_gamma_altimeter_is_told_in_the_last_metres_and_the_last_shot_confirms_the_cut_off(flight: Headless) -> None:
    fly_to(flight, "SLOW_DESCENT", "phase:slow_descent:lander.gamma_altimeter:bytes.off")
    flight.bench.inject("lander.gamma_altimeter", "bytes.off")
    assert flight.pass_until([("lander.nav.altitude_m", "<", 10.0)], 60.0)
    assert int(flight.peek("lander.nav.causes")[0]) & GAMMA
    assert flight.pass_until([("lander.outcome", "!=", 0.0)], 60.0)
    truth = flight.bench.truth()
    assert truth["lander.outcome"] == "landed"
    assert truth["lander.touchdown_vertical_m_s"] <= 3.5


@pytest.mark.parametrize(
    "fault", ["star_tracker:frozen", "radar:frozen", "altimeter:frozen", "gamma_altimeter:frozen", "star_tracker:bias", "radar:noise"]
)
def test_what_a_sensor_says_wrongly_is_survived(flight: Headless, fault: str) -> None:
    report = faulty(flight, f"phase:approach:lander.{fault}")
    assert report["outcome"] == "landed", report
    assert report["touchdown"]["vertical_speed_m_s"] <= 3.5
