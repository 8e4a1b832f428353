"""Rocks cover the ground as the published exponential law says, and stand in it as rigid ellipsoids."""

import math
import random

import numpy as np
import pytest

from hal.sim.rocks import cumulative_number
from tests.hal.test_terrain import terrain

ABUNDANCE, DECAY_PER_M = 0.0021, 6.6


def test_the_cumulative_number_follows_from_the_cumulative_area() -> None:
    """The area of rocks between two diameters, summed from their numbers, is that of k exp(-q D)."""
    edges = np.geomspace(0.05, 1.6, 2000)
    numbers = np.array([cumulative_number(float(edge)) for edge in edges])
    middles = np.sqrt(edges[1:] * edges[:-1])
    covered = float((-np.diff(numbers) * math.pi / 4.0 * middles**2).sum())
    assert covered == pytest.approx(ABUNDANCE * (math.exp(-DECAY_PER_M * 0.05) - math.exp(-DECAY_PER_M * 1.6)), rel=1e-4)
    assert cumulative_number(0.2) == pytest.approx(0.0084, abs=2e-4)


@pytest.mark.parametrize(("least", "half_side"), [(0.05, 20.0), (0.1, 60.0), (0.2, 150.0), (0.4, 300.0), (0.8, 1200.0)])
def test_rocks_are_as_many_as_the_law_says(least: float, half_side: float) -> None:
    count, places = 0, 6
    for seed in range(places):
        rocks = terrain(seed + 50).rocks(7000.0, -4000.0, half_side, least, 100000)
        assert all(least <= rock[7] < 1.6 for rock in rocks)
        assert all(max(abs(rock[0] - 7000.0), abs(rock[1] + 4000.0)) <= half_side for rock in rocks)
        count += len(rocks)
    expected = (cumulative_number(least) - cumulative_number(1.6)) * (2.0 * half_side) ** 2 * places
    assert count == pytest.approx(expected, abs=5.0 * math.sqrt(expected))


def test_the_same_rocks_are_listed_whatever_square_they_are_asked_in() -> None:
    ground = terrain(3)
    whole = set(ground.rocks(30.0, -20.0, 40.0, 0.1))
    parts = {rock for east in (10.0, 50.0) for north in (-40.0, 0.0) for rock in ground.rocks(east, north, 20.0, 0.1)}
    assert whole == parts
    assert len(whole) > 100


def test_the_ground_over_a_rock_is_the_ellipsoid_that_is_listed() -> None:
    ground, draw = terrain(8), random.Random(1)
    for east, north, centre, major, minor, upright, heading, diameter in ground.rocks(0.0, 0.0, 80.0, 0.3):
        soil = ground.height(east, north, 0.5 * diameter) if diameter < 0.4 else centre + 0.3 * upright
        assert centre == pytest.approx(soil - 0.3 * upright, abs=0.3 * diameter)
        for _ in range(20):
            u, v = draw.uniform(-0.6, 0.6), draw.uniform(-0.6, 0.6)
            x = east + u * major * math.cos(heading) - v * minor * math.sin(heading)
            y = north + u * major * math.sin(heading) + v * minor * math.cos(heading)
            top = centre + upright * math.sqrt(1.0 - u * u - v * v)
            height, normal, rock, _ = ground.point(x, y, 0.02)
            if rock:
                assert height >= top - 1e-9
                if height == pytest.approx(top, abs=1e-9):
                    assert math.hypot(*normal) == pytest.approx(1.0, abs=1e-12)
                    lean = math.hypot(u / major, v / minor) * upright / math.sqrt(1.0 - u * u - v * v)
                    assert math.acos(normal[2]) == pytest.approx(math.atan(lean), abs=2e-4)
            else:
                assert height > top


def test_rocks_stand_a_third_to_two_thirds_of_their_diameter_above_the_soil() -> None:
    ground = terrain(21)
    stand = [(0.7 * upright) / diameter for _, _, _, _, _, upright, _, diameter in ground.rocks(0.0, 0.0, 100.0, 0.1)]
    assert min(stand) >= 0.35
    assert max(stand) <= 0.65
    assert np.mean(stand) == pytest.approx(0.5, abs=0.02)
    outlines = [math.sqrt(0.91) * (major + minor) / diameter for _, _, _, major, minor, _, _, diameter in ground.rocks(0.0, 0.0, 50.0, 0.1)]
    assert outlines == pytest.approx([1.0] * len(outlines))


def test_a_footprint_wider_than_a_rock_sees_no_rock() -> None:
    ground = terrain(8)
    rocks = [rock for rock in ground.rocks(0.0, 0.0, 100.0, 0.2) if rock[7] < 0.4]
    assert len(rocks) > 50
    for east, north, *_ in rocks:
        assert not ground.point(east, north, 0.4)[2]
    seen = sum(ground.point(east, north, 0.05)[2] for east, north, *_ in rocks)
    assert seen == len(rocks)


def test_more_rocks_than_asked_for_are_an_error() -> None:
    with pytest.raises(ValueError, match="rocks where 3 were asked for"):
        terrain(8).rocks(0.0, 0.0, 100.0, 0.2, 3)


def test_diameters_within_a_class_follow_the_law() -> None:
    """Half of the rocks of a class are smaller than its median, a quarter smaller than its first quartile."""
    diameters = sorted(rock[7] for seed in range(8) for rock in terrain(seed).rocks(-3000.0, 900.0, 150.0, 0.2, 100000) if rock[7] < 0.4)
    whole = cumulative_number(0.2) - cumulative_number(0.4)
    for share in (0.25, 0.5, 0.75):
        found = diameters[int(share * len(diameters))]
        expected = (cumulative_number(0.2) - cumulative_number(found)) / whole
        assert expected == pytest.approx(share, abs=5.0 * math.sqrt(share * (1.0 - share) / len(diameters)))
