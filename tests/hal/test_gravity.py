"""The rotating Moon seen from the site frame, against closed forms and against an integration in inertial space."""

import math

import numpy as np
import pytest

from hal.core.arena import Arena
from hal.sim.lander import Lander
from hal.sim.site import GM_M3_S2, MOON_RATE_RAD_S, RADIUS_M, gravity, map_coordinates
from hal.sim.terrain import Terrain

MOON = np.array(MOON_RATE_RAD_S)
CENTRE = np.array([0.0, 0.0, -RADIUS_M])


def test_gravity_at_the_site_is_the_published_figure() -> None:
    east, north, up = gravity((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    assert -up == pytest.approx(1.6354, abs=5e-5)
    assert east == 0.0
    assert north == pytest.approx(-MOON[1] * MOON[2] * RADIUS_M, rel=1e-9)


def test_the_moon_turns_once_in_27_32_days_about_an_axis_at_the_site_s_latitude() -> None:
    assert 2 * math.pi / np.linalg.norm(MOON) / 86400 == pytest.approx(27.3217, abs=1e-4)
    assert math.degrees(math.atan2(MOON[2], MOON[1])) == pytest.approx(-45.4446, abs=1e-9)


def test_coriolis_and_centrifugal_acceleration_are_those_of_the_vector_formula() -> None:
    position, velocity = np.array([3e4, -2e5, 7e3]), np.array([-1200.0, 900.0, -80.0])
    arm = position - CENTRE
    expected = -GM_M3_S2 * arm / np.linalg.norm(arm) ** 3 - 2 * np.cross(MOON, velocity) - np.cross(MOON, np.cross(MOON, arm))
    assert gravity(tuple(position), tuple(velocity)) == pytest.approx(tuple(expected), rel=1e-12)


@pytest.mark.parametrize("angle", [1e-9, 1e-3, 0.0099999, 0.0100001, 0.26, 1.2])
def test_map_coordinates_keep_distance_and_bearing_from_the_site(angle: float) -> None:
    height, bearing = 15000.0, 0.7
    radius = RADIUS_M + height
    position = (
        radius * math.sin(angle) * math.sin(bearing),
        radius * math.sin(angle) * math.cos(bearing),
        radius * math.cos(angle) - RADIUS_M,
    )
    east, north, above = map_coordinates(position)
    assert math.hypot(east, north) == pytest.approx(RADIUS_M * angle, rel=1e-12)
    assert math.atan2(east, north) == pytest.approx(bearing, rel=1e-12)
    assert above == pytest.approx(height, abs=1e-8)


def turned(vector: np.ndarray, angle: float) -> np.ndarray:
    """A vector turned about the Moon's axis (Rodrigues)."""
    axis = MOON / np.linalg.norm(MOON)
    return vector * math.cos(angle) + np.cross(axis, vector) * math.sin(angle) + axis * (axis @ vector) * (1 - math.cos(angle))


def inertial_fall(arm: np.ndarray, velocity: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Two-body motion by a Runge-Kutta integration of its own, half-second steps."""

    def slope(state: np.ndarray) -> np.ndarray:
        return np.concatenate([state[3:], -GM_M3_S2 * state[:3] / np.linalg.norm(state[:3]) ** 3])

    state, h = np.concatenate([arm, velocity]), 0.5
    for _ in range(round(seconds / h)):
        a = slope(state)
        b = slope(state + h / 2 * a)
        c = slope(state + h / 2 * b)
        d = slope(state + h * c)
        state = state + h / 6 * (a + 2 * b + 2 * c + d)
    return state[:3], state[3:]


def test_a_descent_orbit_of_450_km_agrees_with_inertial_space() -> None:
    arena = Arena("world")
    ground = Terrain(arena)
    ground.seed(1)
    lander = Lander(arena, ground)
    body = arena.view("lander")
    angle, speed, seconds = -0.26, 1690.0, 240
    arm = (RADIUS_M + 21000.0) * np.array([math.sin(angle), 0.0, math.cos(angle)])
    velocity = speed * np.array([math.cos(angle), 0.02, -math.sin(angle)])
    lander.place(tuple(arm + CENTRE), tuple(velocity), (1.0, 0.0, 0.0, 0.0), 1400.0)
    for tick in range(100 * seconds):
        lander.slot.call(tick)
    there, going = inertial_fall(arm, velocity + np.cross(MOON, arm), float(seconds))
    turn = -float(np.linalg.norm(MOON)) * seconds
    there, going = turned(there, turn), turned(going, turn)
    assert np.linalg.norm(body["position_m"] - CENTRE - there) < 1e-3
    assert np.linalg.norm(body["velocity_m_s"] - (going - np.cross(MOON, there))) < 1e-6
    straight = arm + seconds * velocity
    assert np.linalg.norm(straight - there) > 4e4
