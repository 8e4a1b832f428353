"""The rover aboard, its release, the way down the rails, the ways off them, and the scenario that starts below."""

import math

import numpy as np
import pytest

from hal.sim import rover_figures as figures
from hal.sim.rover_start import ROVER_OUTCOMES, rails_direction
from hal.sim.site import GM_M3_S2, RADIUS_M
from tests.hal.test_world import Run

WEIGHT_N = figures.MASS_KG * GM_M3_S2 / RADIUS_M**2
RATE_RAD_S = 0.35
WHEEL_FRICTION_N_M = 1.8


class Mission(Run):
    """A world whose rover is driven by hand: only the bodies' slots run."""

    def __init__(self) -> None:
        super().__init__()
        arena = self.world.arena
        self.rover, self.ramp, self.drives = arena.view("rover"), arena.view("ramp"), arena.view("rover.actuation")
        self.at = 0

    def land(self, seed: int, **options: float) -> "Mission":
        self.reset("surface", seed, **options)
        return self

    def go(self, seconds: float, rate_rad_s: float = 0.0, stuck: int | None = None, left: float = 1.0) -> "Mission":
        """Run both bodies; drive at a rate, one wheel perhaps locked, the left side perhaps slower."""
        self.drives["wheel_friction_n_m"][:] = WHEEL_FRICTION_N_M
        if stuck is not None:
            self.drives["wheel_locked"][stuck] = 1
        rates = rate_rad_s * np.array([left, left, left, 1.0, 1.0, 1.0])
        for _ in range(round(100 * seconds)):
            torque = np.clip(200.0 * (rates - self.rover["wheel_rate_rad_s"]) + WHEEL_FRICTION_N_M * np.sign(rates), -40.0, 40.0)
            self.drives["wheel_torque_n_m"][:] = torque if rate_rad_s else 0.0
            self.world.lander.slot.call(self.at)
            self.world.rover.slot.call(self.at)
            self.at += 1
        assert self.world.rover.warnings == 0
        return self

    def release(self, extension: float = 1.0) -> "Mission":
        self.ramp["extension"], self.ramp["released"] = extension, 1
        return self.go(0.01)

    def in_ramp_frame(self) -> np.ndarray:
        """The rover's origin from the lander's: along the rails' direction, left of it, up."""
        heading = rails_direction(self.body["quaternion_site_from_body"])
        east, north, up = self.rover["position_m"] - self.body["position_m"]
        c, s = math.cos(heading), math.sin(heading)
        return np.array([c * east + s * north, c * north - s * east, up])


def test_aboard_the_rover_stands_on_the_deck_and_looks_along_the_rails() -> None:
    mission = Mission().land(1).go(1.0)
    x, y, z = mission.in_ramp_frame()
    tilt = float(mission.body["tilt_rad"])
    assert (x, y) == pytest.approx((0.0, 0.0), abs=figures.ABOARD_POSITION_M[2] * math.sin(tilt) + 1e-6)
    assert z == pytest.approx(figures.ABOARD_POSITION_M[2] * math.cos(tilt), abs=1e-3)
    w, _, _, turn = mission.rover["quaternion_site_from_body"]
    assert 2.0 * math.atan2(turn, w) == pytest.approx(rails_direction(mission.body["quaternion_site_from_body"]), abs=0.02)
    assert mission.rover["motion"] == 0
    assert mission.rover["velocity_m_s"] == pytest.approx(mission.body["velocity_m_s"], abs=1e-12)


def test_in_flight_the_rover_goes_with_the_lander_even_if_its_hold_downs_were_open() -> None:
    mission = Mission()
    mission.reset("hover", 3)
    mission.release().go(5.0)
    assert mission.rover["motion"] == 0
    arm = mission.rover["position_m"] - mission.body["position_m"]
    assert np.linalg.norm(arm) == pytest.approx(figures.ABOARD_POSITION_M[2], rel=1e-9)
    assert mission.rover["free_tick"] == -1


def test_released_it_stands_on_the_deck_and_the_lander_bears_it() -> None:
    mission = Mission().land(2).release().go(5.0)
    load = mission.world.arena.view("ramp.load")
    assert (mission.rover["motion"], mission.rover["free_tick"]) == (1, 0)
    assert list(mission.rover["wheel_surface"]) == [3] * 6
    assert load["force_n"] == pytest.approx([0.0, 0.0, -WEIGHT_N], abs=1.0)
    arm = mission.rover["position_m"] - mission.body["position_m"]
    assert load["torque_n_m"] == pytest.approx(np.cross(arm, [0.0, 0.0, -WEIGHT_N]), abs=3.0)
    assert mission.world.arena.view("rover.physics")["parked"] == 1


def test_the_rails_rest_on_the_ground_that_is_there() -> None:
    for seed in (1, 2, 3):
        mission = Mission().land(seed).release().go(0.1)
        rails = mission.world.arena.view("ramp.rails")
        assert rails["down"] == 1
        for east, north, up in rails["ground_m"]:
            curvature = (east**2 + north**2) / (2.0 * RADIUS_M)
            assert up + curvature == pytest.approx(mission.world.terrain.height(east, north, 0.3), abs=1e-3)
        assert (np.abs(rails["slope_rad"] - math.radians(25.0)) < math.radians(9.0)).all()


@pytest.mark.parametrize(("seed", "stuck"), [(1, None), (2, None), (3, 0), (4, 1), (5, 5)])
def test_it_rolls_down_the_rails_also_with_a_locked_wheel(seed: int, stuck: int | None) -> None:
    mission = Mission().land(seed).release().go(2.0)
    physics = mission.world.arena.view("rover.physics")
    steepest = 0.0
    for _ in range(120):
        mission.go(3.0, RATE_RAD_S, stuck)
        steepest = max(steepest, float(mission.rover["tilt_rad"]))
        if physics["left_ramp"]:
            break
    x, y, _ = mission.in_ramp_frame()
    assert physics["left_ramp"] == 1
    assert mission.rover["outcome"] == 0
    assert 5.8 < x < 8.8
    assert abs(y) < 0.7
    assert math.radians(15.0) < steepest < math.radians(35.0)
    assert not set(mission.rover["wheel_surface"].tolist()) & {3}


def test_guides_keep_it_on_the_rails_when_one_side_pulls() -> None:
    mission = Mission().land(1).release().go(2.0)
    while mission.in_ramp_frame()[0] < 3.5:
        mission.go(2.0, RATE_RAD_S, left=0.7)
        assert mission.at < 100 * 300
    assert abs(mission.in_ramp_frame()[1]) < 0.2
    assert mission.rover["outcome"] == 0


@pytest.mark.parametrize(("extension", "rate"), [(0.5, RATE_RAD_S), (1.0, -RATE_RAD_S)])
def test_off_the_edge_of_the_deck_it_falls(extension: float, rate: float) -> None:
    mission = Mission().land(1).release(extension).go(2.0)
    mission.go(60.0, rate)
    assert ROVER_OUTCOMES[mission.rover["outcome"]] == "fallen off the ramp"
    assert mission.rover["position_m"][2] < mission.body["position_m"][2]


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_on_the_ground_it_starts_at_rest_before_the_ramp_and_looks_away(seed: int) -> None:
    mission = Mission()
    mission.reset("rover-on-ground", seed)
    truth = mission.world.truth()
    x, y, _ = mission.in_ramp_frame()
    assert (x, y) == pytest.approx((7.5, 0.0), abs=0.3)
    assert (truth["rover.motion"], truth["rover.outcome"], truth["lander.outcome"]) == ("free", "upright", "landed")
    assert sum(truth["rover.wheel_load_n"]) == pytest.approx(WEIGHT_N, rel=0.1)  # some ground leans
    assert not set(truth["rover.wheel_surface"]) & {0, 3}
    before = mission.rover["position_m"].copy()
    mission.go(10.0)
    assert mission.rover["position_m"] == pytest.approx(before, abs=0.01)
    mission.go(20.0, RATE_RAD_S)
    assert mission.in_ramp_frame()[0] > x + 0.5


def test_driving_leaves_ruts_in_the_terrain() -> None:
    mission = Mission()
    mission.reset("rover-on-ground", 2)
    tracks = mission.world.arena.view("tracks")
    before = int(tracks["count"])
    mission.go(30.0, RATE_RAD_S)
    assert tracks["count"] > before + 100


def test_options_make_a_slope_a_rock_and_a_soil() -> None:
    mission = Mission()
    mission.reset("rover-on-ground", 2, made_ground=1, slope_rad=0.2, rock_m=0.15, rock_distance_m=1.5, soil_share=0.0)
    soil = mission.world.arena.view("soil")
    assert (soil["cohesion_pa"], soil["friction_rad"]) == pytest.approx((520.0, math.radians(21.5)))
    assert mission.rover["tilt_rad"] == pytest.approx(0.2, abs=0.01)
    met = set()
    for _ in range(60):
        mission.go(1.0, RATE_RAD_S)
        met |= set(mission.rover["wheel_surface"].tolist())
    assert met == {1, 2}
    with pytest.raises(ValueError, match="soil_share"):
        mission.reset("rover-on-ground", 2, soil_share=2.0)


def test_each_seed_has_its_soil_within_what_is_published() -> None:
    mission, found = Mission(), set()
    for seed in range(1, 9):
        mission.reset("bench", seed)
        soil = mission.world.arena.view("soil")
        assert 520.0 <= soil["cohesion_pa"] <= 3154.0
        assert math.radians(21.5) <= soil["friction_rad"] <= math.radians(42.0)
        found.add(float(soil["cohesion_pa"]))
    assert len(found) == 8
