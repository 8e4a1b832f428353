"""A beam meets the ground where it points, wherever the search began, from 15 km at orbital speed to the last metre."""

import math
import random
from itertools import pairwise

import pytest

from hal.sim.site import RADIUS_M, map_coordinates
from hal.sim.terrain import Terrain
from tests.hal.test_terrain import terrain

Vector = tuple[float, float, float]


def above_ground(ground: Terrain, origin: Vector, direction: Vector, reach: float, beam: float = 1e-3) -> float:
    x, y, z = (o + reach * d for o, d in zip(origin, direction, strict=True))
    east, north, height = map_coordinates((x, y, z))
    return height - ground.height(east, north, max(0.3, beam * reach), True)


def slanted(draw: random.Random, most_rad: float) -> Vector:
    angle, heading = draw.uniform(0.0, most_rad), draw.uniform(0.0, 2.0 * math.pi)
    return math.sin(angle) * math.cos(heading), math.sin(angle) * math.sin(heading), -math.cos(angle)


@pytest.mark.parametrize("altitude", [3.0, 30.0, 300.0, 3000.0, 15000.0])
def test_a_beam_meets_the_ground_where_it_points(altitude: float) -> None:
    ground, draw = terrain(5), random.Random(8)
    for _ in range(150):
        east, north = draw.uniform(-2e3, 2e3), draw.uniform(-2e3, 2e3)
        origin = east, north, ground.height(east, north, 0.3) + altitude
        direction = slanted(draw, math.radians(60.0))
        reach = ground.range(origin, direction)
        assert reach > 0.0
        assert abs(above_ground(ground, origin, direction, reach)) < 0.05 + 3e-5 * reach
        assert ground.range(origin, direction, reach * 1.02) == pytest.approx(reach, abs=0.05 + 5e-5 * reach)


def test_it_is_the_first_ground_that_counts() -> None:
    """Beams of 60 degrees from the vertical across crater walls: nothing stands in the way before the echo."""
    ground, draw = terrain(9), random.Random(3)
    for _ in range(60):
        east, north = draw.uniform(-2e4, 2e4), draw.uniform(-2e4, 2e4)
        heading = draw.uniform(0.0, 2.0 * math.pi)
        direction = math.sin(1.05) * math.cos(heading), math.sin(1.05) * math.sin(heading), -math.cos(1.05)
        up = ground.height(east, north, 2.0) + draw.uniform(50.0, 1500.0)
        origin = east, north, up - (east * east + north * north) / (2.0 * RADIUS_M)
        reach = ground.range(origin, direction, draw.uniform(0.0, 4000.0))
        before = [above_ground(ground, origin, direction, reach * n / 400.0, 1e-3 * 400.0 / n) for n in range(1, 398)]
        assert min(before) > -0.2


def test_the_last_range_is_only_a_help() -> None:
    ground, draw = terrain(2), random.Random(4)
    for _ in range(60):
        origin = draw.uniform(-5e3, 5e3), draw.uniform(-5e3, 5e3), draw.uniform(400.0, 9e3)
        direction = slanted(draw, math.radians(45.0))
        sought = [ground.range(origin, direction, last) for last in (-1.0, 0.0, 100.0, 5000.0, 40000.0)]
        assert max(sought) - min(sought) < 0.05 + 2e-4 * sought[0]


def test_six_beams_follow_the_ground_over_450_km() -> None:
    """Braking from 1.7 km/s at 15 km: no echo is lost, and each is where a fresh search finds it."""
    ground, draw = terrain(1), random.Random(1)
    beams = [(0.0, 0.0), (0.35, 0.0), (-0.35, 0.0), (0.0, 0.35), (0.0, -0.35), (0.0, 0.9)]
    last, along = [-1.0] * len(beams), -430e3
    for step in range(4600):
        along += 170.0 * (1.0 - step / 4600.0)
        angle, radius = along / RADIUS_M, RADIUS_M + 15e3 - 1.4 * step
        origin = radius * math.sin(angle), 0.0, radius * math.cos(angle) - RADIUS_M
        for n, (ahead, aside) in enumerate(beams):
            down = math.sqrt(1.0 - math.sin(ahead) ** 2 - math.sin(aside) ** 2)
            east, up = math.sin(ahead), -down
            direction = (
                east * math.cos(angle) + up * math.sin(angle),
                math.sin(aside),
                up * math.cos(angle) - east * math.sin(angle),
            )
            last[n] = ground.range(origin, direction, last[n])
            assert last[n] > 0.0
            if draw.random() < 0.01:
                assert abs(above_ground(ground, origin, direction, last[n])) < 0.5


def test_a_wide_beam_sees_no_detail_below_its_footprint() -> None:
    ground = terrain(5)
    wide = [ground.range((0.13 * n, 0.0, 200.0), (0.0, 0.0, -1.0), -1.0, 6e4, 0.05) for n in range(200)]
    narrow = [ground.range((0.13 * n, 0.0, 200.0), (0.0, 0.0, -1.0)) for n in range(200)]
    assert max(abs(b - a) for a, b in pairwise(wide)) < 0.06
    assert max(abs(b - a) for a, b in pairwise(narrow)) < 1.2
    assert wide != narrow


def test_a_beam_into_the_sky_or_beyond_its_limit_has_no_echo() -> None:
    ground = terrain(5)
    assert ground.range((0.0, 0.0, 500.0), (0.0, 0.0, 1.0)) < 0.0
    assert ground.range((0.0, 0.0, 500.0), (1.0, 0.0, 0.0)) < 0.0
    assert ground.range((0.0, 0.0, 500.0), (0.0, 0.0, -1.0), -1.0, 400.0) < 0.0
