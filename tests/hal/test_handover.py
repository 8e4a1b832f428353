"""From our own integrator to MuJoCo at twenty metres and back: place, velocity, momentum, attitude and rate go on as if nothing changed."""

import math

import mujoco
import numpy as np
import pytest

from hal.core.arena import Arena
from hal.sim import lander_figures as figures
from hal.sim.lander import Lander
from hal.sim.lander_mjcf import hull_mass, leg_inertia
from hal.sim.pose import place_above, upright
from hal.sim.terrain import Terrain
from tests.hal.test_lander import matrix

INERTIA = np.array(figures.DRY_INERTIA_KG_M2) + 100.0 * np.array(figures.INERTIA_PER_PROPELLANT_M2)
TOLERANCE_M, TOLERANCE_M_S, TOLERANCE_RAD, TOLERANCE_RAD_S = 1e-4, 5e-5, 5e-6, 5e-6  # after a quarter of a minute


class Pair:
    """The same flight twice: handed over at 20 m, and flown by our own integrator alone."""

    def __init__(self, seed: int = 3, east_m: float = 300.0, north_m: float = -200.0) -> None:
        self.flights = []
        for handover_m in (20.0, 0.5):
            arena = Arena("world", 1 << 19)
            terrain = Terrain(arena)
            terrain.seed(seed)
            self.flights.append((arena, Lander(arena, terrain, handover_m=handover_m)))
        self.height_m = terrain.height(east_m, north_m)
        self.east_m, self.north_m = east_m, north_m
        self.handed, self.own = (arena.view("lander") for arena, _ in self.flights)
        self.contact = self.flights[0][0].view("lander.contact")

    def place(self, altitude_m: float, velocity: tuple[float, float, float], rate: tuple[float, float, float]) -> None:
        position, up = place_above(self.east_m, self.north_m, self.height_m + altitude_m - figures.PAD_HEIGHT_M)
        for _, lander in self.flights:
            lander.place(position, velocity, upright(up), 100.0, rate_rad_s=rate)

    def run(self, ticks: int, start: int, thrust_n: float = 0.0, thrusters: tuple[int, ...] = ()) -> None:
        for arena, lander in self.flights:
            actuation = arena.view("lander.actuation")
            actuation["engine_thrust_n"], actuation["engine_flow_kg_s"] = thrust_n, thrust_n / 3000.0
            actuation["thruster_impulse_n_s"] = 0.0
            actuation["thruster_impulse_n_s"][list(thrusters)] = 0.1
            for tick in range(start, start + ticks):
                lander.slot.call(tick)

    def agree(self, share: float = 1.0) -> None:
        a, b = self.handed, self.own
        assert a["position_m"] == pytest.approx(b["position_m"], abs=share * TOLERANCE_M)
        assert a["velocity_m_s"] == pytest.approx(b["velocity_m_s"], abs=share * TOLERANCE_M_S)
        assert a["quaternion_site_from_body"] == pytest.approx(b["quaternion_site_from_body"], abs=share * TOLERANCE_RAD)
        assert a["rate_rad_s"] == pytest.approx(b["rate_rad_s"], abs=share * TOLERANCE_RAD_S)
        assert a["mass_kg"] == b["mass_kg"]


def test_down_through_twenty_metres_and_up_again_nothing_jumps_and_little_drifts() -> None:
    pair = Pair()
    pair.place(22.5, (0.4, -0.3, -2.0), (0.015, 0.01, 0.03))
    tick, before = 0, False
    crossings = []
    for ticks, thrust, thrusters in ((200, 1900.0, (4, 17)), (50, 1900.0, ()), (500, 3000.0, ()), (850, 2300.0, ())):
        for _ in range(ticks):
            pair.run(1, tick, thrust, thrusters)
            tick += 1
            if bool(pair.contact["near"]) != before:
                before = not before
                crossings.append((before, float(pair.handed["altitude_m"])))
        pair.agree()
    assert [down for down, _ in crossings] == [True, False]
    assert crossings[0][1] == pytest.approx(20.0, abs=0.1)
    assert crossings[1][1] == pytest.approx(22.0, abs=0.1)


def test_at_the_hand_over_itself_the_states_agree_to_a_millionth() -> None:
    pair = Pair()
    pair.place(20.01, (0.4, -0.3, -2.0), (0.02, -0.03, 0.05))
    pair.run(1, 0, 2000.0)
    assert not pair.contact["near"]
    pair.run(1, 1, 2000.0)
    assert pair.contact["near"]
    assert pair.handed["specific_force_m_s2"] == pytest.approx(pair.own["specific_force_m_s2"], abs=1e-4)
    pair.agree(0.2)


def test_linear_and_angular_momentum_of_all_its_bodies_are_those_of_the_one_body() -> None:
    pair = Pair()
    pair.place(19.0, (0.5, 0.2, -1.0), (0.05, -0.04, 0.08))
    pair.run(1, 0)
    lander = pair.flights[0][1]
    model, data = lander.flight.model, lander.flight.data
    mujoco.mj_forward(model, data)
    mujoco.mj_subtreeVel(model, data)
    body = pair.handed
    turn = data.qpos[3:7]
    patch_from_site = matrix(turn) @ matrix(body["quaternion_site_from_body"]).T
    assert model.body_mass.sum() == pytest.approx(1300.0, rel=1e-12)
    assert data.subtree_com[1] == pytest.approx(data.qpos[:3], abs=1e-8)  # the common centre of mass is the body's origin
    assert data.subtree_linvel[1] == pytest.approx(patch_from_site @ body["velocity_m_s"], abs=1e-6)
    momentum = matrix(turn) @ (INERTIA * body["rate_rad_s"])
    assert data.subtree_angmom[1] == pytest.approx(momentum, abs=5e-3)  # the Moon's own turn times the moments of inertia


@pytest.mark.parametrize("propellant_kg", [0.0, 50.0, 400.0])
def test_hull_and_legs_together_have_the_mass_and_the_moments_of_the_lander(propellant_kg: float) -> None:
    inertia = np.array(figures.DRY_INERTIA_KG_M2) + propellant_kg * np.array(figures.INERTIA_PER_PROPELLANT_M2)
    hull, (legs_kg, legs_m, legs) = hull_mass(1200.0 + propellant_kg, tuple(inertia)), leg_inertia()
    assert hull.mass_kg + legs_kg == pytest.approx(1200.0 + propellant_kg)
    assert hull.mass_kg * hull.centre_m + legs_kg * legs_m == pytest.approx(0.0, abs=1e-9)
    offset = hull.mass_kg * hull.centre_m**2
    assert np.array(hull.inertia_kg_m2) + np.array(legs) + [offset, offset, 0.0] == pytest.approx(inertia)


def test_a_free_fall_from_twenty_metres_keeps_to_the_closed_form() -> None:
    pair = Pair()
    pair.place(19.5, (0.0, 0.0, -1.0), (0.0, 0.0, 0.0))
    start = float(pair.handed["position_m"][2])
    pair.run(300, 0)
    g = 1.63536
    assert pair.handed["position_m"][2] - start == pytest.approx(-1.0 * 3.0 - 0.5 * g * 9.0, abs=2e-3)
    assert pair.handed["specific_force_m_s2"] == pytest.approx((0.0, 0.0, 0.0), abs=1e-11)
    pair.agree()


def test_far_from_the_site_the_patch_stands_on_the_local_vertical() -> None:
    pair = Pair(east_m=20_000.0, north_m=15_000.0)
    pair.place(19.0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    pair.run(400, 0, 1300.0 * 1.5)
    pair.agree()
    assert math.hypot(*pair.flights[0][1].flight.data.qpos[:2]) < 1.0
    up = place_above(20_000.0, 15_000.0, 0.0)[1]
    gravity = np.array(pair.flights[0][1].flight.model.opt.gravity)
    assert gravity[2] < -1.6
    assert abs(gravity[:2]).max() < 1e-3
    assert abs(np.array(up)[:2]).max() > 8e-3  # which the site's axes are not
