"""The rover's body on made ground: weight, slopes, slip, dead wheels, rocks, rest, and what a restored state does."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from hal.core.arena import Arena
from hal.sim import rover_figures as figures
from hal.sim.lander import Lander
from hal.sim.rover import Rover
from hal.sim.site import GM_M3_S2, RADIUS_M
from hal.sim.terrain import Terrain

WEAK = (520.0, math.radians(21.5))  # the ends of what is published for the site (facts: change4, section 8)
MIDDLE = (1800.0, math.radians(32.0))
GRAVITY_M_S2 = GM_M3_S2 / RADIUS_M**2
RATE_RAD_S = 0.3  # 4.5 cm/s without slip
FRICTION_N_M = 1.8


class Drive:
    """A rover on a plane, its wheels held to a rate by six drives of our own."""

    def __init__(
        self,
        slope_rad: float = 0.0,
        soil: tuple[float, float] = WEAK,
        rock_m: float = 0.0,
        across_rad: float = 0.0,
        left_of_middle_m: float = 0.5,
    ) -> None:
        self.arena = Arena("world", 1 << 19)
        terrain = Terrain(self.arena)
        self.lander = Lander(self.arena, terrain)
        self.rover = Rover(self.arena, terrain)
        terrain.seed(1)
        self.rover.seed(1)
        self.rover.set_soil(*soil)
        self.rover.set_ground(math.tan(slope_rad), math.tan(across_rad), (1.2, left_of_middle_m, 0.0), rock_m)
        self.rover.place(0.0, 0.0, 0.0)
        self.body = self.arena.view("rover")
        self.actuation = self.arena.view("rover.actuation")
        self.actuation["wheel_friction_n_m"][:] = FRICTION_N_M
        self.tick = 0

    def run(self, seconds: float, rate_rad_s: float = RATE_RAD_S, off: Sequence[int] = (), stuck: Sequence[int] = ()) -> "Drive":
        self.actuation["wheel_locked"][list(stuck)] = 1
        for _ in range(round(seconds * 100.0)):
            torque = np.clip(200.0 * (rate_rad_s - self.body["wheel_rate_rad_s"]) + math.copysign(FRICTION_N_M, rate_rad_s), -40.0, 40.0)
            torque[[*off, *stuck]] = 0.0
            self.actuation["wheel_torque_n_m"][:] = torque
            self.rover.slot.call(self.tick)
            self.tick += 1
        assert self.rover.warnings == 0
        return self

    def wait(self, seconds: float) -> "Drive":
        self.actuation["wheel_torque_n_m"][:] = 0.0
        for _ in range(round(seconds * 100.0)):
            self.rover.slot.call(self.tick)
            self.tick += 1
        return self

    @property
    def slip(self) -> float:
        return float(np.mean(self.body["wheel_slip"]))


def test_six_wheels_bear_the_weight_alike_and_sink_in_as_the_facts_compute() -> None:
    body = Drive().wait(1.9).body
    assert body["wheel_load_n"].sum() == pytest.approx(figures.MASS_KG * GRAVITY_M_S2, rel=1e-3)
    assert body["wheel_load_n"] == pytest.approx([36.8] * 6, abs=0.1)
    assert body["wheel_sinkage_m"] == pytest.approx([0.0086] * 6, abs=2e-4)
    assert body["specific_force_m_s2"] == pytest.approx([0.0, 0.0, GRAVITY_M_S2], abs=2e-4)
    assert list(body["wheel_surface"]) == [1] * 6


def test_a_rover_in_free_fall_feels_nothing_and_gains_speed_as_a_stone_does() -> None:
    drive = Drive()
    drive.rover.place(0.0, 0.0, 0.0, height_m=3.0)
    drive.wait(1.0)
    assert drive.body["velocity_m_s"] == pytest.approx([0.0, 0.0, -GRAVITY_M_S2], abs=2e-4)
    assert drive.body["specific_force_m_s2"] == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)


def test_the_body_moves_by_what_the_wheels_turn_less_their_slip() -> None:
    drive = Drive().run(4.0)
    before, angle = float(drive.body["distance_m"]), drive.body["wheel_angle_rad"].copy()
    drive.run(4.0)
    rolled = figures.WHEEL_RADIUS_M * float(np.mean(drive.body["wheel_angle_rad"] - angle))
    travelled = float(drive.body["distance_m"]) - before
    assert travelled == pytest.approx(rolled * (1.0 - drive.slip), rel=0.01)
    assert 0.05 < drive.slip < 0.2
    assert drive.body["position_m"][0] > 0.25
    assert abs(drive.body["position_m"][1]) < 0.005


def test_slip_grows_with_slope_and_twenty_degrees_of_the_weakest_soil_are_climbed() -> None:
    slips, speeds = [], []
    for degrees in (0.0, 5.0, 10.0, 15.0, 20.0):
        drive = Drive(math.radians(degrees)).run(6.0)
        start = float(drive.body["position_m"][0])
        drive.run(4.0)
        slips.append(drive.slip)
        speeds.append((float(drive.body["position_m"][0]) - start) / 4.0)
    assert slips == sorted(slips)
    assert slips[0] < 0.2 < slips[2] < 0.6
    assert speeds == sorted(speeds, reverse=True)
    assert speeds[-1] > 0.0  # at the limit of the soil: facts, change4, section 8, compute 20.5 degrees


def test_steeper_than_the_weakest_soil_bears_is_not_climbed_but_in_stronger_soil_it_is() -> None:
    weak, strong = Drive(math.radians(24.0)).run(60.0), Drive(math.radians(24.0), MIDDLE).run(8.0)
    here, there = float(weak.body["position_m"][0]), float(strong.body["position_m"][0])
    weak.run(4.0)
    strong.run(4.0)
    assert weak.body["position_m"][0] <= here + 1e-3
    assert strong.body["position_m"][0] > there + 0.05


@pytest.mark.parametrize("soil", [WEAK, MIDDLE])
def test_a_rover_with_its_drives_off_holds_twenty_degrees(soil: tuple[float, float]) -> None:
    drive = Drive(math.radians(20.0), soil).wait(8.0)
    here = drive.body["position_m"].copy()
    drive.wait(20.0)
    assert drive.body["position_m"] == pytest.approx(here, abs=1e-3)


def test_wheels_without_any_friction_roll_away() -> None:
    drive = Drive(math.radians(15.0))
    drive.actuation["wheel_friction_n_m"][:] = 0.0
    drive.wait(6.0)
    assert drive.body["velocity_m_s"][0] < -0.1
    assert (drive.body["wheel_rate_rad_s"] < -0.1).all()


@pytest.mark.parametrize("fault", ["off", "stuck"])
def test_a_dead_wheel_raises_the_slip_and_the_torque_of_the_others(fault: str) -> None:
    well, others = Drive(math.radians(5.0)).run(8.0), [0, 2, 3, 4, 5]
    dead = Drive(math.radians(5.0)).run(8.0, off=(1,) if fault == "off" else (), stuck=(1,) if fault == "stuck" else ())
    assert dead.body["wheel_slip"][others].mean() > well.body["wheel_slip"][others].mean() + 0.05
    assert dead.actuation["wheel_torque_n_m"][others].sum() > 1.05 * well.actuation["wheel_torque_n_m"][others].sum()
    assert 0.0 < dead.body["distance_m"] < well.body["distance_m"]
    if fault == "stuck":
        assert dead.body["wheel_rate_rad_s"][1] == 0.0
        assert dead.body["wheel_slip"][1] == pytest.approx(-1.0, abs=1e-3)  # dragged


def test_an_unpowered_wheel_without_friction_is_dragged_round() -> None:
    drive = Drive(soil=MIDDLE)
    drive.actuation["wheel_friction_n_m"][1] = 0.0
    drive.run(12.0, off=(1,))
    assert drive.body["wheel_rate_rad_s"][1] == pytest.approx(drive.body["velocity_m_s"][0] / figures.WHEEL_RADIUS_M, rel=0.1)


def test_steered_wheels_turn_the_rover_to_their_side() -> None:
    for sign in (1.0, -1.0):
        drive = Drive(soil=MIDDLE)
        drive.actuation["steering_angle_rad"][:] = sign * np.array([0.3, -0.3, 0.3, -0.3])
        drive.run(10.0)
        w, _, _, z = drive.body["quaternion_site_from_body"]
        assert 0.1 < sign * 2.0 * math.atan2(z, w) < 0.4
        assert sign * drive.body["rate_rad_s"][2] > 0.01


def test_on_a_cross_slope_the_lower_wheels_bear_more_and_the_rover_drifts_down() -> None:
    drive = Drive(across_rad=math.radians(15.0)).run(10.0)
    assert drive.body["wheel_load_n"][3:].sum() > 1.5 * drive.body["wheel_load_n"][:3].sum()
    assert -0.5 < drive.body["position_m"][1] < -0.2


@pytest.mark.parametrize("soil", [WEAK, MIDDLE])
def test_a_rock_of_twenty_centimetres_is_climbed_by_one_side(soil: tuple[float, float]) -> None:
    drive, rock = Drive(soil=soil, rock_m=0.2), np.array([1.2, 0.5, 0.0])
    tilt, climbed = 0.0, set()
    for _ in range(140):
        drive.run(0.5)
        tilt = max(tilt, float(drive.body["tilt_rad"]))
        climbed |= {wheel for wheel in range(6) if drive.body["wheel_surface"][wheel] == 2}
        assert np.linalg.norm(hub(drive, 0) - rock) > 0.2 + figures.WHEEL_RADIUS_M - 0.02  # never deep in the rock
        assert abs(drive.body["suspension_rad"][0] + drive.body["suspension_rad"][1]) < 2e-3  # the differential
    assert climbed == {0, 1, 2}
    assert drive.body["position_m"][0] > 2.0
    assert 0.08 < tilt < 0.25
    assert drive.body["tilt_rad"] < 0.01


def hub(drive: Drive, wheel: int) -> np.ndarray:
    """Where the hub of a left wheel is, from the pose and the suspension's angles."""
    b = drive.body
    rocker, bogie = b["suspension_rad"][0], b["suspension_rad"][2]

    def turned(v: np.ndarray, angle: float) -> np.ndarray:
        c, s = math.cos(angle), math.sin(angle)
        return np.array([c * v[0] + s * v[2], v[1], -s * v[0] + c * v[2]])

    at, pivot, second = (np.array(p) for p in (figures.WHEEL_POSITION_M[wheel], figures.ROCKER_PIVOT_M, figures.BOGIE_PIVOT_M))
    arm = at - pivot if wheel == 0 else second - pivot + turned(at - second, bogie)
    own = pivot + turned(arm, rocker)
    w, v = b["quaternion_site_from_body"][0], b["quaternion_site_from_body"][1:]
    return np.asarray(b["position_m"] + own + 2.0 * np.cross(v, np.cross(v, own) + w * own))


def test_a_boulder_higher_than_the_floor_lifts_the_hull_and_holds_the_rover() -> None:
    drive = Drive(soil=MIDDLE)
    drive.rover.set_ground(0.0, 0.0, (1.6, 0.0, 0.0), 0.40)  # between the wheels, 8 cm higher than the hull's floor
    drive.run(60.0)
    assert 1.2 < drive.body["position_m"][0] < 1.7
    assert drive.body["tilt_rad"] > 0.1
    assert drive.body["outcome"] == 0


def test_a_rover_laid_on_its_back_lies_on_its_hull_and_is_said_to_have_tipped() -> None:
    drive, physics = Drive(), None
    drive.wait(0.5)
    physics = drive.arena.view("rover.physics")
    physics["state"][1:8] = 0.0, 0.0, 1.2, 0.0, 1.0, 0.0, 0.0  # MuJoCo's state: time, position, quaternion
    drive.wait(8.0)
    assert drive.body["outcome"] == 1
    assert drive.body["position_m"][2] > 0.15
    assert physics["parked"] == 1


def test_a_rover_at_rest_is_parked_and_wakes_when_a_wheel_is_driven() -> None:
    drive = Drive().wait(6.0)
    physics = drive.arena.view("rover.physics")
    assert physics["parked"] == 1
    still = drive.arena.save()
    drive.wait(5.0)
    assert drive.arena.save() == still
    drive.run(4.0)
    assert physics["parked"] == 0
    assert drive.body["distance_m"] > 0.1


def test_a_restored_state_goes_on_with_the_same_bytes() -> None:
    one = Drive(rock_m=0.2).run(18.0)  # on the rock
    saved = one.arena.save()
    assert 2 in one.body["wheel_surface"]
    after = one.run(3.0).arena.save()
    one.arena.load(saved)
    assert one.run(3.0).arena.save() == after
    other = Drive().run(1.0)
    other.arena.load(saved)
    assert other.run(3.0).arena.save() == after


def test_a_state_that_is_no_number_ends_the_motion_with_a_name() -> None:
    drive = Drive().wait(0.5)
    drive.arena.view("rover.physics")["state"][20] = math.nan
    drive.wait(0.1)
    assert drive.rover.warnings != 0
    assert drive.body["outcome"] == 3
