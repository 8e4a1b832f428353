"""The ground is a pure function of seed, place and footprint, shaped as the published populations say."""

import math
import random

import numpy as np
import pytest

from hal.core.arena import Arena
from hal.sim.craters import craters_in_cell, cumulative_number
from hal.sim.terrain import Terrain


def terrain(seed: int) -> Terrain:
    made = Terrain(Arena("world"))
    made.seed(seed)
    return made


def slopes_deg(ground: Terrain, count: int, footprint_m: float, draw: random.Random) -> np.ndarray:
    places = [(draw.uniform(-2e4, 2e4), draw.uniform(-2e4, 2e4)) for _ in range(count)]
    return np.degrees([math.atan(math.hypot(*ground.gradient(x, y, footprint_m))) for x, y in places])


def test_the_same_seed_gives_the_same_bits_and_another_seed_other_ground() -> None:
    first, again, other = terrain(7), terrain(7), terrain(8)
    places = [(x * 13.7, x * -5.1) for x in range(-200, 200)]
    heights = [first.height(x, y) for x, y in places]
    assert heights == [again.height(x, y) for x, y in places]
    assert heights != [other.height(x, y) for x, y in places]


def test_the_ground_of_seed_1_is_the_one_that_was_committed() -> None:
    ground = terrain(1)
    golden = {
        (12.34, -56.78, 0.02): -1.1033386517706152,
        (100.0, 200.0, 0.4): -8.501505406833441,
        (-3000.5, 1234.5, 1.0): 38.504255130185726,
        (120000.0, -45000.0, 10.0): 218.10997826340187,
    }
    for (east, north, footprint), height in golden.items():
        assert ground.height(east, north, footprint) == pytest.approx(height, abs=1e-9)


@pytest.mark.parametrize("step_m", [0.03, 0.7, 17.0, 2500.0])
def test_the_cache_changes_no_bit_of_a_walk(step_m: float) -> None:
    ground, draw = terrain(3), random.Random(5)
    east, north = draw.uniform(-9e3, 9e3), draw.uniform(-9e3, 9e3)
    for _ in range(4000):
        east += draw.uniform(-step_m, step_m)
        north += draw.uniform(-step_m, step_m)
        footprint = draw.choice([0.0, 0.3, 0.7, 1.0, 2.5, 75.0])
        assert ground.height(east, north, footprint, cached=True) == ground.height(east, north, footprint)


def test_the_cache_forgets_when_another_run_is_put_into_the_arena() -> None:
    ground, other = terrain(3), terrain(4)
    saved = other.arena.save()
    ground.height(55.0, 66.0, cached=True)
    ground.arena.load(saved)
    assert ground.height(55.0, 66.0, cached=True) == other.height(55.0, 66.0)


def test_the_site_lies_at_height_zero_on_a_place_without_hazardous_slopes() -> None:
    for seed in range(40):
        ground = terrain(seed)
        assert ground.height(0.0, 0.0, 1.0) == pytest.approx(0.0, abs=1e-12)
        ring = [(5.0 * i, 5.0 * j) for i in range(-3, 4) for j in range(-3, 4) if i * i + j * j <= 9]
        assert max(math.hypot(*ground.gradient(x, y, 2.0)) for x, y in ring) < math.tan(math.radians(8.01))


def test_the_gradient_is_the_derivative_of_the_height() -> None:
    ground, draw = terrain(11), random.Random(1)
    for _ in range(300):
        x, y, h = draw.uniform(-5e3, 5e3), draw.uniform(-5e3, 5e3), 1e-4
        east = (ground.height(x + h, y, 0.4) - ground.height(x - h, y, 0.4)) / (2 * h)
        north = (ground.height(x, y + h, 0.4) - ground.height(x, y - h, 0.4)) / (2 * h)
        assert ground.gradient(x, y, 0.4) == pytest.approx((east, north), abs=2e-3)


def test_the_ground_has_no_steps() -> None:
    ground = terrain(2)
    heights = [ground.height(0.01 * n, -40.0, 0.0) for n in range(20000)]
    assert np.abs(np.diff(heights)).max() < 0.01 * 1.2


def test_slopes_are_those_of_a_cratered_plain_and_walls_stay_below_40_degrees() -> None:
    draw = random.Random(4)
    slopes = np.concatenate([slopes_deg(terrain(seed), 8000, 0.4, draw) for seed in (1, 2, 3)])
    assert 3.0 < np.median(slopes) < 5.0
    assert 6.0 < math.sqrt((slopes**2).mean()) < 10.0
    assert np.percentile(slopes, 99.9) < 36.0
    assert (slopes > 40.0).mean() < 1e-4


def test_detail_below_the_footprint_is_not_evaluated() -> None:
    ground, draw = terrain(6), random.Random(2)
    fine, coarse = slopes_deg(ground, 4000, 0.4, draw), slopes_deg(ground, 4000, 50.0, draw)
    assert np.median(coarse) < 0.6 * np.median(fine)
    assert ground.height(123.0, 45.0, 1e9) == ground.height(-9123.0, 777.0, 1e9)


@pytest.mark.parametrize("size_class", range(17))
def test_crater_numbers_and_depths_follow_the_published_population(size_class: int) -> None:
    smallest = 0.125 * 2**size_class
    cells = [(i, j) for i in range(120) for j in range(120)]
    craters = [crater for i, j in cells for crater in craters_in_cell(99, size_class, i, j)]
    area = len(cells) * (4 * smallest) ** 2
    expected = (cumulative_number(smallest) - cumulative_number(2 * smallest)) * area
    assert len(craters) == pytest.approx(expected, abs=5 * math.sqrt(expected))
    middle = 1.4 * smallest
    larger = sum(diameter > middle for _, _, diameter, _ in craters)
    expected = (cumulative_number(middle) - cumulative_number(2 * smallest)) * area
    assert larger == pytest.approx(expected, abs=5 * math.sqrt(expected))
    ratios = np.array([depth / diameter for _, _, diameter, depth in craters])
    mean, freshest = (0.061, 0.1211) if smallest < 64.0 else (0.08, 0.1601)
    assert ratios.mean() == pytest.approx(mean, abs=0.004)
    assert ratios.max() <= freshest
    assert all(smallest <= diameter <= 2 * smallest for _, _, diameter, _ in craters)


def test_a_beam_meets_the_ground_where_it_points() -> None:
    ground, draw = terrain(5), random.Random(8)
    for _ in range(200):
        origin = (draw.uniform(-300, 300), draw.uniform(-300, 300), draw.uniform(60, 3000))
        across = draw.uniform(-0.5, 0.5)
        direction = (across, 0.0, -math.sqrt(1 - across * across))
        reach = ground.range(origin, direction)
        x, y, z = (o + reach * d for o, d in zip(origin, direction, strict=True))
        height = math.hypot(x, y, z + 1731465.0) - 1731465.0
        assert height == pytest.approx(ground.height(x, y, max(0.3, 1e-3 * origin[2])), abs=0.05)
        assert ground.range(origin, direction, reach + 0.5) == pytest.approx(reach, abs=0.3)


def test_a_beam_into_the_sky_or_beyond_its_limit_has_no_echo() -> None:
    ground = terrain(5)
    assert ground.range((0.0, 0.0, 500.0), (0.0, 0.0, 1.0)) < 0.0
    assert ground.range((0.0, 0.0, 500.0), (1.0, 0.0, 0.0)) < 0.0
    assert ground.range((0.0, 0.0, 500.0), (0.0, 0.0, -1.0), -1.0, 400.0) < 0.0


def test_a_crater_class_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="crater class 17"):
        craters_in_cell(1, 17, 0, 0)
