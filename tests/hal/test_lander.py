"""The lander in flight, against closed forms: fall, rocket equation, torques, free rotation, propellant, the hold before release."""

import math

import numpy as np
import pytest

from hal.core.arena import Arena
from hal.sim.lander import Lander
from hal.sim.lander_figures import DRY_INERTIA_KG_M2, DRY_MASS_KG, INERTIA_PER_PROPELLANT_M2
from hal.sim.site import GM_M3_S2, MOON_RATE_RAD_S, RADIUS_M
from hal.sim.terrain import Terrain
from hal.sim.thruster_table import THRUSTER_TABLE

UPRIGHT = (1.0, 0.0, 0.0, 0.0)


class Flight:
    """A lander over its ground, with the views that its neighbours have."""

    def __init__(self, seed: int = 1, tick_s: float = 0.01) -> None:
        self.arena = Arena("world")
        ground = Terrain(self.arena)
        ground.seed(seed)
        self.lander = Lander(self.arena, ground, tick_s)
        self.body = self.arena.view("lander")
        self.actuation = self.arena.view("lander.actuation")

    def run(self, ticks: int, start: int = 0) -> None:
        for tick in range(start, start + ticks):
            self.lander.slot.call(tick)


def matrix(q: np.ndarray) -> np.ndarray:
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def energy(body: np.ndarray) -> float:
    """Jacobi's constant: conserved in free fall in the rotating frame."""
    arm = body["position_m"] + np.array([0.0, 0.0, RADIUS_M])
    spin = np.cross(MOON_RATE_RAD_S, arm)
    return 0.5 * body["velocity_m_s"] @ body["velocity_m_s"] - GM_M3_S2 / np.linalg.norm(arm) - 0.5 * spin @ spin


def test_free_fall_keeps_its_energy_and_feels_nothing() -> None:
    flight = Flight()
    flight.lander.place((10.0, -5.0, 500.0), (30.0, -12.0, 4.0), UPRIGHT, 100.0)
    before = energy(flight.body)
    flight.run(1500)
    assert energy(flight.body) == pytest.approx(before, rel=1e-14)  # 1 part in 10^14 of 2.8 MJ/kg: rounding
    assert (flight.body["specific_force_m_s2"] == 0.0).all()
    # Gravity at 480 m, about the mean height of the arc, less the Coriolis acceleration of 30 m/s eastwards.
    seconds, g = 15.0, 1.63536 * (1 - 2 * 480.0 / RADIUS_M) - 2 * MOON_RATE_RAD_S[1] * 30.0
    assert flight.body["position_m"][2] == pytest.approx(500.0 + 4.0 * seconds - 0.5 * g * seconds**2, abs=0.01)


def test_thrust_follows_the_rocket_equation() -> None:
    flight = Flight()
    flight.lander.place((0.0, 0.0, 500.0), (0.0, 0.0, 0.0), UPRIGHT, 400.0, rate_rad_s=(0.0, 0.0, 0.0))
    thrust, flow, seconds = 7000.0, 2.3, 100.0
    flight.actuation["engine_thrust_n"], flight.actuation["engine_flow_kg_s"] = thrust, flow
    gained = 0.0
    for tick in range(10000):
        flight.lander.slot.call(tick)
        gained += 0.01 * flight.body["specific_force_m_s2"][2]
    first = DRY_MASS_KG + 400.0
    assert flight.body["mass_kg"] == pytest.approx(first - flow * seconds, rel=1e-12)
    assert gained == pytest.approx(thrust / flow * math.log(first / (first - flow * seconds)), rel=1e-9)


def test_without_propellant_nothing_pushes() -> None:
    flight = Flight()
    flight.lander.place((0.0, 0.0, 500.0), (0.0, 0.0, 0.0), UPRIGHT, 0.05)
    flight.actuation["engine_thrust_n"], flight.actuation["engine_flow_kg_s"] = 7000.0, 2.3
    flight.run(3)
    assert flight.body["specific_force_m_s2"][2] > 5.0
    flight.run(3)
    assert flight.body["propellant_kg"] == 0.0
    assert flight.body["specific_force_m_s2"][2] == 0.0
    assert flight.body["mass_kg"] == DRY_MASS_KG


@pytest.mark.parametrize("index", range(28))
def test_each_thruster_pushes_and_turns_as_its_row_says(index: int) -> None:
    flight, row = Flight(), THRUSTER_TABLE[index]
    flight.lander.place((0.0, 0.0, 500.0), (0.0, 0.0, 0.0), UPRIGHT, 100.0, rate_rad_s=(0.0, 0.0, 0.0))
    impulse = row.thrust_n * 0.01
    flight.actuation["thruster_impulse_n_s"][index] = impulse
    flight.actuation["thruster_flow_kg"] = 0.004
    flight.run(1)
    inertia = np.array(DRY_INERTIA_KG_M2) + 99.998 * np.array(INERTIA_PER_PROPELLANT_M2)
    torque = np.cross(row.position_m, row.direction)
    assert flight.body["rate_rad_s"] == pytest.approx(impulse * torque / inertia, rel=1e-5, abs=1e-8)
    assert flight.body["specific_force_m_s2"] == pytest.approx(np.array(row.direction) * row.thrust_n / 1299.998, rel=1e-9)
    assert flight.body["propellant_kg"] == pytest.approx(99.996, rel=1e-12)


def combines(columns: np.ndarray, target: np.ndarray) -> bool:
    """Whether a non-negative combination of at most three columns gives the target (Caratheodory)."""
    count = columns.shape[1]
    for i in range(count):
        for j in range(i):
            for k in range(j):
                part = columns[:, [i, j, k]]
                if abs(np.linalg.det(part)) > 1e-9 and (np.linalg.solve(part, target) > -1e-9).all():
                    return True
    return False


@pytest.mark.parametrize("lost_unit", [None, 0, 1, 2, 3])
@pytest.mark.parametrize("rows", [range(16), range(16, 28)], ids=["150 N", "10 N"])
def test_each_set_turns_about_every_axis_both_ways_even_without_one_valve_unit(rows: range, lost_unit: int | None) -> None:
    left = [THRUSTER_TABLE[t] for t in rows if t % 4 != lost_unit]
    torques = np.array([np.cross(row.position_m, row.direction) for row in left]).T
    for axis in range(3):
        for sense in (1.0, -1.0):
            assert combines(torques, sense * np.eye(3)[axis])


def test_the_table_has_28_thrusters_at_eight_places_of_which_the_150_n_set_pushes_sideways() -> None:
    assert [row.thrust_n for row in THRUSTER_TABLE] == [150.0] * 16 + [10.0] * 12
    assert len({row.position_m for row in THRUSTER_TABLE}) == 8
    assert len({row.name for row in THRUSTER_TABLE}) == 28
    for sense in ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0)):
        along = [row for row in THRUSTER_TABLE[:16] if row.direction == sense]
        assert len(along) == 4
        assert np.sum([np.cross(row.position_m, row.direction) for row in along], axis=0) == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)


def test_free_rotation_of_the_symmetric_body_precesses_at_the_closed_form_rate() -> None:
    flight = Flight()
    flight.lander.place((0.0, 0.0, 5000.0), (0.0, 0.0, 0.0), UPRIGHT, 100.0, rate_rad_s=(0.10, 0.0, 0.25))
    ix, iz = 1000.0 + 45.0, 1250.0 + 50.0
    flight.run(3000)
    angle = (iz - ix) / ix * 0.25 * 30.0
    assert flight.body["rate_rad_s"] == pytest.approx((0.10 * math.cos(angle), 0.10 * math.sin(angle), 0.25), abs=1e-10)


def test_free_rotation_keeps_its_momentum_in_inertial_space() -> None:
    flight = Flight()
    rate = np.array([0.2, -0.1, 0.3])
    flight.lander.place((0.0, 0.0, 5000.0), (0.0, 0.0, 0.0), (0.5, 0.5, -0.5, 0.5), 100.0, rate_rad_s=tuple(rate))
    inertia = np.array([1045.0, 1045.0, 1300.0])
    before = matrix(flight.body["quaternion_site_from_body"]) @ (inertia * rate)
    flight.run(3000)
    after = matrix(flight.body["quaternion_site_from_body"]) @ (inertia * flight.body["rate_rad_s"])
    # The site frame has turned by the Moon's rate for 30 s: seen from it, the momentum turns backwards.
    before = before - 30.0 * np.cross(MOON_RATE_RAD_S, before)
    assert after == pytest.approx(before, abs=1e-4)
    assert np.linalg.norm(flight.body["quaternion_site_from_body"]) == pytest.approx(1.0, abs=1e-15)


def test_a_body_at_rest_in_inertial_space_turns_backwards_over_the_moon() -> None:
    flight = Flight()
    flight.lander.place((0.0, 0.0, 9000.0), (0.0, 0.0, 0.0), UPRIGHT, 100.0, rate_rad_s=(0.0, 0.0, 0.0))
    flight.run(2000)
    assert flight.body["quaternion_site_from_body"][1:] == pytest.approx(-0.5 * 20.0 * np.array(MOON_RATE_RAD_S), rel=1e-6)


def test_until_its_release_the_body_is_carried_at_constant_velocity_and_feels_its_weight() -> None:
    flight = Flight()
    flight.lander.place((0.0, 0.0, 500.0), (0.1, 0.0, 0.05), UPRIGHT, 100.0, hold_until=200)
    flight.run(200)
    assert flight.body["position_m"] == pytest.approx((0.2, 0.0, 500.1), abs=1e-9)
    assert flight.body["velocity_m_s"] == pytest.approx((0.1, 0.0, 0.05), abs=0.0)
    assert flight.body["specific_force_m_s2"][2] == pytest.approx(1.6344, abs=1e-4)
    flight.run(100, 200)
    assert flight.body["velocity_m_s"][2] == pytest.approx(0.05 - 1.6344, abs=1e-3)


def test_altitude_range_speed_and_tilt_follow_from_the_state() -> None:
    flight = Flight()
    tilt = math.radians(10.0)
    flight.lander.place((0.0, 0.0, 500.0), (3.0, 4.0, 0.0), (math.cos(tilt / 2), 0.0, math.sin(tilt / 2), 0.0), 100.0, hold_until=9)
    assert flight.body["tilt_rad"] == pytest.approx(tilt, rel=1e-9)
    flight.run(1)
    assert flight.body["speed_m_s"] == pytest.approx(5.0)
    # The footpad plane's middle is 1.45 m below the centre of mass, along the body's axis; the ground rises and falls a few metres.
    ground = flight.lander.terrain
    foot = -1.45 * math.sin(tilt)
    assert flight.body["altitude_m"] == pytest.approx(500.0 - 1.45 * math.cos(tilt) - ground.height(foot, 0.0, 2.5), abs=0.05)
    start = flight.body["position_m"] + matrix(flight.body["quaternion_site_from_body"]) @ np.array([0.9, 0.0, -0.7])
    down = -matrix(flight.body["quaternion_site_from_body"])[:, 2]
    assert flight.body["range_m"] == pytest.approx(ground.range(tuple(start), tuple(down)), abs=0.01)


@pytest.mark.parametrize(("height_m", "heard"), [(30_500.0, True), (31_500.0, False)])
def test_a_range_is_sought_a_little_farther_than_the_altimeter_hears_and_no_more(height_m: float, heard: bool) -> None:
    flight = Flight()
    flight.lander.place((0.0, 0.0, height_m), (0.0, 0.0, 0.0), UPRIGHT, 100.0)
    assert flight.body["range_m"] == pytest.approx(height_m if heard else -1.0, abs=100.0 if heard else 0.0)


def test_a_body_upside_down_gets_no_range() -> None:
    flight = Flight()
    flight.lander.place((0.0, 0.0, 500.0), (0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), 100.0)
    assert flight.body["range_m"] < 0.0
    assert flight.body["tilt_rad"] == pytest.approx(math.pi)


def test_a_tick_of_one_millisecond_flies_the_same_arc() -> None:
    coarse, fine = Flight(), Flight(tick_s=0.001)
    for flight, ticks in ((coarse, 500), (fine, 5000)):
        flight.lander.place((0.0, 0.0, 500.0), (20.0, 0.0, 0.0), UPRIGHT, 100.0, rate_rad_s=(0.0, 0.02, 0.0))
        flight.actuation["engine_thrust_n"], flight.actuation["engine_flow_kg_s"] = 2500.0, 0.8
        flight.run(ticks)
    assert coarse.body["position_m"] == pytest.approx(fine.body["position_m"], abs=1e-7)
    assert coarse.body["quaternion_site_from_body"] == pytest.approx(fine.body["quaternion_site_from_body"], abs=1e-11)
