"""The ground is a pure function of seed, place and footprint, shaped as the published populations say."""

import math
import random

import numpy as np
import pytest

from hal.core.arena import Arena
from hal.sim.craters import craters_in_cell, cumulative_number
from hal.sim.site import RADIUS_M
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
        (12.34, -56.78, 0.02): -1.954931760942877,
        (100.0, 200.0, 0.4): -8.369460024173026,
        (-3000.5, 1234.5, 1.0): 38.908237193490336,
        (120000.0, -45000.0, 10.0): 217.4800662659226,
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
        assert ground.rocks(0.0, 0.0, 4.0, 0.2) == []


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


def test_slopes_are_those_of_a_cratered_plain() -> None:
    draw = random.Random(4)
    slopes = np.concatenate([slopes_deg(terrain(seed), 2000, 0.4, draw) for seed in (1, 2, 3)])
    assert 3.0 < np.median(slopes) < 5.0
    assert 6.0 < math.sqrt((slopes**2).mean()) < 10.0
    assert np.percentile(slopes, 99.9) < 36.0


def soil_slope(ground: Terrain, east: float, north: float, footprint: float) -> float:
    """Tangent, from the normal, which is turned from the local vertical into the site frame; 0 on rocks."""
    _, (x, y, z), rock, _ = ground.point(east, north, footprint)
    return 0.0 if rock else math.hypot(east / RADIUS_M - x / z, north / RADIUS_M - y / z)


def test_no_slope_of_the_soil_exceeds_40_degrees_not_even_where_one_climbs_to_the_steepest() -> None:
    """200,000 points in clusters of all sizes, and from the fifty steepest of them uphill in slope, 400 tries each."""
    found = []
    for seed in range(1, 21):
        ground, draw = terrain(seed), random.Random(seed)
        for footprint in (0.02, 0.4, 3.0, 30.0):
            for _ in range(5):
                middle = draw.uniform(-5e3, 5e3), draw.uniform(-5e3, 5e3)
                for _ in range(500):
                    east, north = (at + 200.0 * footprint * draw.uniform(-1.0, 1.0) for at in middle)
                    found.append((soil_slope(ground, east, north, footprint), seed, east, north, footprint))
    found.sort(reverse=True)
    assert found[0][0] > math.tan(math.radians(30.0))
    for slope, seed, east, north, footprint in found[:50]:
        ground, draw, step = terrain(seed), random.Random(0), 4.0 * footprint + 1.0
        for _ in range(400):
            beside = east + draw.gauss(0.0, step), north + draw.gauss(0.0, step)
            there = soil_slope(ground, *beside, footprint)
            step *= 1.0 if there > slope else 0.985
            slope, (east, north) = max((slope, (east, north)), (there, beside))
        assert slope < math.tan(math.radians(40.0))


def test_there_is_relief_at_every_scale_from_centimetres_to_kilometres() -> None:
    """Roughness: what a height differs from the mean of its neighbours' to both sides, against their distance. Self-similar ground has
    a share of the distance that changes slowly."""
    ground = terrain(12)
    for lag in (0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0):
        heights = ground.heights(3.0e3, 5.0e3, lag, 96, 96, 0.5 * lag).astype(float)
        bent = heights[:, 1:-1] - 0.5 * (heights[:, 2:] + heights[:, :-2])
        assert 0.005 < bent.std() / lag < 0.1, lag


@pytest.mark.parametrize(
    ("spacing", "footprint", "nx", "ny"),
    [
        (0.02, 0.02, 70, 33),
        (0.3, 0.3, 64, 64),
        (1.0, 1.6, 50, 40),
        (8.0, 8.0, 33, 65),
        (500.0, 300.0, 40, 40),
        (30.0, 1.0, 9, 9),
        (0.5, 0.0, 40, 1),
    ],
)
def test_a_grid_holds_the_same_bits_as_its_points(spacing: float, footprint: float, nx: int, ny: int) -> None:
    ground, draw = terrain(4), random.Random(6)
    for reach in (30.0, 3e4):
        east, north = draw.uniform(-reach, reach), draw.uniform(-reach, reach)
        one_by_one = [[ground.height(east + i * spacing, north + j * spacing, footprint, True) for i in range(nx)] for j in range(ny)]
        assert (ground.heights(east, north, spacing, nx, ny, footprint) == np.array(one_by_one, np.float32)).all()


def test_a_grid_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="grid of 0 x 4"):
        terrain(1).heights(0.0, 0.0, 1.0, 0, 4)


def test_the_surroundings_of_the_site_have_hazards_that_must_be_avoided() -> None:
    """Rocks and pits of more than 0.2 m, slopes above 8 degrees (facts: change4, "Hazard criteria"), within 150 m of every site."""
    for seed in range(10):
        ground = terrain(seed)
        assert len(ground.rocks(0.0, 0.0, 150.0, 0.2)) > 100
        heights = ground.heights(-150.0, -150.0, 2.0, 151, 151).astype(float)
        north, east = np.gradient(heights, 2.0)
        assert 0.05 < (np.hypot(east, north) > math.tan(math.radians(8.0))).mean() < 0.6


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


def test_a_crater_class_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="crater class 17"):
        craters_in_cell(1, 17, 0, 0)
