"""Pictures show the ground that is there, lit by the Sun that is there, with what stands on it."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from hal.core.arena import Arena
from hal.sim.compression import compress
from hal.sim.craters import craters_in_cell
from hal.sim.picture import Optics, Painter, look_from, phase_functions
from hal.sim.pose import place_above
from hal.sim.render import Renderer
from hal.sim.scenery import Scenery
from hal.sim.site import RADIUS_M, map_coordinates
from hal.sim.terrain import Terrain

PIXELS = 256
WIDE = Optics(PIXELS, PIXELS, 320.0, 128.0, 128.0, cells=1.4)


def sun(azimuth_deg: float = 50.7, elevation_deg: float = 31.5) -> tuple[float, float, float]:
    """Towards the Sun; by default as at the landing (facts: change4, section 8)."""
    a, e = math.radians(azimuth_deg), math.radians(elevation_deg)
    return math.cos(e) * math.sin(a), math.cos(e) * math.cos(a), math.sin(e)


def terrain_of(seed: int) -> Terrain:
    terrain = Terrain(Arena("world", 1 << 19))
    terrain.seed(seed)
    return terrain


@pytest.fixture(scope="module")
def terrain() -> Terrain:
    return terrain_of(1)


def down(painter: Painter, height_m: float, east: float = 0.0, north: float = 0.0, light: tuple[float, float, float] | None = None) -> Any:
    """A picture straight down; its top is north."""
    ground = painter.renderer.terrain.height(east, north, 0.05)
    position, up = place_above(east, north, ground + height_m)
    painter.paint(look_from(position, [-axis for axis in up], (0.0, 1.0, 0.0)), light or sun())
    return painter.renderer


def test_every_pixel_lies_on_the_ground_that_is_there(terrain: Terrain) -> None:
    for height, ahead in ((12e3, (0.0, 0.1, -1.0)), (300.0, (0.2, 0.0, -1.0)), (30.0, (0.6, 0.3, -0.7)), (1.5, (0.6, 0.8, -0.3))):
        painter = Painter(terrain, WIDE)
        position = (3.0, 4.0, terrain.height(3.0, 4.0, 0.05) + height)
        painter.paint(look_from(position, ahead, (0.0, 0.0, 1.0)), sun())
        z = np.array(ahead) / np.linalg.norm(ahead)
        x = np.cross(z, (0.0, 0.0, 1.0)) / np.linalg.norm(np.cross(z, (0.0, 0.0, 1.0)))
        y, off = np.cross(z, x), []
        for row in range(8, PIXELS, 30):
            for column in range(8, PIXELS, 30):
                depth = float(painter.renderer.depth[row, column])
                if depth < 0.0 or depth > 40.0 * height:  # sky, or a grazing ray
                    continue
                point = position + depth * (z + (column + 0.5 - 128.0) / 320.0 * x + (row + 0.5 - 128.0) / 320.0 * y)
                east, north, above = map_coordinates(tuple(point))
                off.append(abs(above - terrain.height(east, north, depth / 320.0)) * 320.0 / depth)
        assert len(off) >= 16
        assert np.median(off) < 0.35  # in pixels
        assert np.max(off) < 4.0


def test_a_stone_throws_its_shadow_away_from_the_sun_and_as_far_as_the_sun_says(terrain: Terrain) -> None:
    seen = 0
    for azimuth, elevation in ((50.7, 22.0), (200.0, 12.0), (300.0, 16.0)):
        light = sun(azimuth, elevation)
        for east, north, centre, major, _, upright, _, _ in terrain.rocks(0.0, 0.0, 60.0, 0.4)[:6]:

            def ground(s: float, light: Any = light, east: float = east, north: float = north) -> float:
                return terrain.height(east - s * light[0], north - s * light[1], 0.02)

            first = 1.2 * major / math.cos(math.radians(elevation))
            length = next(s for s in np.arange(first, 8.0, 0.01) if ground(s) >= centre + 0.95 * upright - s * light[2])
            if length < first + 0.1:
                continue  # lower than it is wide
            renderer, at = down(Painter(terrain, WIDE), 12.0, east, north, light), terrain.height(east, north, 0.05) + 12.0
            lit = [renderer.lit(-s * light[0], -s * light[1], ground(s) - at) for s in (0.5 * (first + length), length + 0.5, -first - 0.5)]
            assert lit[0] < 0.1
            assert min(lit[1:]) > 0.6  # hollows may lie in half-shade
            seen += 1
    assert seen >= 6


def test_the_lit_wall_of_a_crater_is_the_one_opposite_the_sun(terrain: Terrain) -> None:
    grid = terrain.heights(-150.0, -150.0, 2.0, 151, 151)
    row, column = np.unravel_index(np.argmin(grid[20:-20, 20:-20] - 0.25 * sum(
        np.roll(grid, shift, axis)[20:-20, 20:-20] for axis in (0, 1) for shift in (5, -5)
    )), (111, 111))  # fmt: skip
    east, north = -150.0 + 2.0 * (column + 20), -150.0 + 2.0 * (row + 20)
    for azimuth in (0.0, 90.0, 225.0):
        light = sun(azimuth, 25.0)
        radiance = down(Painter(terrain, WIDE), 40.0, float(east), float(north), light).radiance
        y, x = np.mgrid[0:PIXELS, 0:PIXELS] - 127.5
        towards = (x * light[0] - y * light[1]) / math.hypot(light[0], light[1])  # right is east, up is north
        inside = (np.hypot(x, y) < 60) & (np.abs(towards) > 15)
        opposite, near = radiance[inside & (towards < 0)].mean(), radiance[inside & (towards > 0)].mean()
        assert opposite > 1.15 * near, azimuth


def test_the_horizon_from_fifteen_kilometres_is_where_the_moon_curves_away(terrain: Terrain) -> None:
    painter = Painter(terrain, WIDE)
    painter.paint(look_from((0.0, 0.0, 15e3), (0.0, 1.0, -0.15), (0.0, 0.0, 1.0)), sun())
    depth = painter.renderer.depth
    tilt, dips = math.atan(0.15), []
    for column in range(0, PIXELS, 16):
        first = int(np.argmax(depth[:, column] > 0.0))
        dips.append(tilt + math.atan((first - 128.0) / 320.0 * math.cos(math.atan((column - 128.0) / 320.0))))
    assert math.degrees(np.median(dips)) == pytest.approx(
        math.degrees(math.acos(RADIUS_M / (RADIUS_M + 15e3))), abs=0.5
    )  # a mile of relief
    assert float(depth.max()) == pytest.approx(math.sqrt(2.0 * RADIUS_M * 15e3), rel=0.2)
    assert not painter.renderer.radiance[0].any()  # the sky is black


def test_a_skyline_between_two_samples_of_the_picture_is_as_far_as_the_ground_goes(terrain: Terrain) -> None:
    painter = Painter(terrain, WIDE)
    for tilt in (0.05, 0.11, 0.17, 0.23):
        painter.paint(look_from((0.0, 0.0, 12e3), (0.0, 1.0, -tilt), (0.0, 0.0, 1.0)), sun())
        assert float(painter.renderer.depth.max()) > 0.97 * math.sqrt(2.0 * RADIUS_M * 12e3)


def test_the_freshest_craters_are_bright_and_the_others_are_not(terrain: Terrain) -> None:
    state, ratios = terrain.arena.view("terrain"), {True: [], False: []}  # type: ignore[var-annotated]
    side = 4.0  # of a cell of the class from 1 to 2 m
    i0, j0 = int(state["origin_east_m"] // side), int(state["origin_north_m"] // side)
    made = [row for i in range(-15, 15) for j in range(-15, 15) for row in craters_in_cell(int(state["seed"]), 3, i0 + i, j0 + j)]
    for east, north, diameter, depth in made:
        fresh = depth / diameter > 0.117
        if not fresh and len(ratios[False]) >= 12:
            continue
        radiance = down(
            Painter(terrain, WIDE), 12.0, east - state["origin_east_m"], north - state["origin_north_m"], sun(50.7, 88.0)
        ).radiance
        y, x = np.mgrid[0:PIXELS, 0:PIXELS] - 127.5
        radii = np.hypot(x, y) * 12.0 / 320.0 / (0.5 * diameter)
        ratios[fresh].append(float(np.median(radiance[(radii > 0.8) & (radii < 1.2)]) / np.median(radiance[(radii > 3.6) & (radii < 4.2)])))
    assert len(ratios[True]) >= 5
    assert np.median(ratios[True]) > 1.08 * np.median(ratios[False])  # looked at with the Sun behind, every middle is brighter


def test_another_seed_is_another_picture_and_the_same_is_the_same(terrain: Terrain) -> None:
    first = down(Painter(terrain, WIDE), 100.0).radiance.tobytes()
    assert down(Painter(terrain_of(1), WIDE), 100.0).radiance.tobytes() == first
    assert down(Painter(terrain_of(2), WIDE), 100.0).radiance.tobytes() != first


def test_a_picture_depends_neither_on_what_was_painted_before_nor_on_threads(terrain: Terrain) -> None:
    fresh = Painter(terrain, WIDE, threads=1)
    expected = down(fresh, 50.0, 10.0, 5.0)
    radiance, depth = expected.radiance.tobytes(), expected.depth.tobytes()
    used = Painter(terrain, WIDE, threads=3)
    for height, east in ((400.0, 0.0), (50.0, 4.0), (20.0, 11.0), (2000.0, 100.0)):
        down(used, height, east)
    down(used, 60.0, 10.0, 5.0, sun(140.0, 30.0))  # other axes for the grids
    down(used, 50.0, 9.0, 5.0)
    again = down(used, 50.0, 10.0, 5.0)
    assert again.radiance.tobytes() == radiance
    assert again.depth.tobytes() == depth


def test_ground_that_is_known_is_kept_when_a_window_grows_or_shrinks(terrain: Terrain) -> None:
    class Counting(Renderer):
        filled = 0

        def fill(self, k: int, part: int, parts: int) -> int:
            made = super().fill(k, part, parts)
            self.filled += made
            return made

    painter, counts = Painter(terrain, WIDE, threads=1), []
    painter.renderer = Counting(terrain, PIXELS, PIXELS)
    painter.renderer.phases(*phase_functions())
    for height in (400.0, 180.0, 90.0, 180.0, 400.0):
        painter.renderer.filled = 0
        down(painter, height)
        counts.append(painter.renderer.filled)
    assert counts[0] > counts[1] > 0
    assert counts[3] < 0.5 * counts[1]
    assert painter.renderer.radiance.tobytes() == down(Painter(terrain, WIDE), 400.0).radiance.tobytes()


def test_a_painter_follows_its_terrain_when_it_is_laid_anew() -> None:
    terrain = terrain_of(3)
    painter = Painter(terrain, WIDE)
    down(painter, 100.0)
    terrain.seed(4)
    assert down(painter, 100.0).radiance.tobytes() == down(Painter(terrain_of(4), WIDE), 100.0).radiance.tobytes()


def test_grids_of_different_fineness_meet_without_a_seam(terrain: Terrain) -> None:
    painter = Painter(terrain, Optics(PIXELS, PIXELS, 320.0, 128.0, 128.0, cells=0.8))
    position = (0.0, 0.0, terrain.height(0.0, 0.0, 0.05) + 30.0)
    painter.paint(look_from(position, (0.0, 1.0, -0.5), (0.0, 0.0, 1.0)), sun())
    depth, rows = painter.renderer.depth, painter.renderer.radiance.mean(axis=1)
    ground = int(np.argmax(np.all(depth > 0.0, axis=1)))
    limits = [2.0**k * 320.0 * 0.8 for k in range(-8, 6)]
    steps = np.abs(np.diff(rows))
    for limit in limits:
        at = [n for n in range(ground + 6, PIXELS - 6) if (np.median(depth[n]) > limit) != (np.median(depth[n + 1]) > limit)]
        for n in at:
            around = np.concatenate([steps[n - 6 : n - 1], steps[n + 2 : n + 7]])
            assert steps[n] < 3.0 * around.max() + 1e-4, limit


def bodies(ground: float) -> dict[str, Any]:
    """A landed lander at the origin, its rails down, and a rover 9 m in front of them, looking back."""
    lander = np.zeros(1, [("position_m", "f8", 3), ("quaternion_site_from_body", "f8", 4), ("outcome", "u1"), ("altitude_m", "f8")])[0]
    lander["position_m"], lander["quaternion_site_from_body"], lander["outcome"] = (0.0, 0.0, ground + 1.45), (1.0, 0.0, 0.0, 0.0), 1
    fields = [("position_m", "f8", 3), ("quaternion_site_from_body", "f8", 4), ("suspension_rad", "f8", 4), ("wheel_angle_rad", "f8", 6)]
    rover = np.zeros(1, [*fields, ("motion", "u1")])[0]
    rover["position_m"], rover["motion"] = (6.5, 6.5, ground + 0.55), 1
    rover["quaternion_site_from_body"] = (math.cos(math.radians(112.5)), 0.0, 0.0, math.sin(math.radians(112.5)))
    ramp = np.zeros(1, [("extension", "f8")])[0]
    ramp["extension"] = 1.0
    return {"lander": lander, "rover": rover, "ramp": ramp}


def test_the_rover_sees_the_lander_and_the_landers_shadow(terrain: Terrain) -> None:
    ground = terrain.height(0.0, 0.0, 0.5)
    records, painter = bodies(ground), Painter(terrain, WIDE)
    pose = look_from((6.5, 6.5, ground + 1.5), (-1.0, -1.0, 0.0), (0.0, 0.0, 1.0))
    Scenery("rover").paint(painter, pose, sun(), 0, records)
    with_it, depth = painter.renderer.radiance.copy(), painter.renderer.depth.copy()
    assert depth[128, 128] == pytest.approx(math.hypot(6.5, 6.5) - 1.0, abs=1.2)  # its front, at the height of the deck
    shadow = -1.45 / sun()[2] * np.array(sun())[:2] * 1.3  # of the body, on the ground behind it
    x, y = shadow[0] - 6.5, shadow[1] - 6.5
    assert painter.renderer.lit(x, y, terrain.height(*shadow, 0.05) - ground - 1.5) < 0.1
    records["lander"]["position_m"] = (500.0, 0.0, ground)
    Scenery("rover").paint(painter, pose, sun(), 0, records)
    assert painter.renderer.depth[128, 128] < 0.0 or painter.renderer.depth[128, 128] > 15.0
    assert painter.renderer.lit(x, y, terrain.height(*shadow, 0.05) - ground - 1.5) > 0.9
    assert (with_it != painter.renderer.radiance).mean() > 0.05


def test_vehicles_are_left_out_only_where_neither_they_nor_their_shadows_are_seen() -> None:
    terrain = terrain_of(1)
    ground = terrain.height(0.0, 0.0, 0.5)
    records = bodies(ground)
    for light, height, matters in ((sun(50.7, 75.0), 30.0, True), (sun(50.7, 31.5), 60.0, False)):
        records["lander"]["position_m"], records["lander"]["altitude_m"] = (0.0, 0.0, ground + height + 1.45), height
        records["rover"]["position_m"], records["rover"]["motion"] = (0.0, 0.0, ground + height + 2.7), 0
        painter = Painter(terrain, WIDE)
        pose = look_from((-0.75, 0.75, ground + height + 0.73), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0))
        Scenery("lander").paint(painter, pose, light, 0, records)
        radiance = painter.renderer.radiance.tobytes()
        scenery = Scenery("lander")
        assert bool(scenery.solids(records, painter, pose, np.array(light))) == matters
        painter.paint(pose, light)
        assert (painter.renderer.radiance.tobytes() != radiance) == matters


def test_the_lander_throws_its_shadow_before_the_descent_camera() -> None:
    terrain = terrain_of(1)
    ground = terrain.height(0.0, 0.0, 0.5)
    records = bodies(ground)
    records["rover"]["motion"] = 2
    high = sun(50.7, 75.0)
    for height in (3.0, 10.0):
        records["lander"]["position_m"] = (0.0, 0.0, ground + height + 1.45)
        painter = Painter(terrain, WIDE)
        pose = look_from((-0.75, 0.75, ground + height + 0.73), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0))
        Scenery("lander").paint(painter, pose, high, 0, records)
        dark = painter.renderer.radiance < 0.1 * np.median(painter.renderer.radiance)
        assert 0.02 < dark.mean() < 0.98
        assert (painter.renderer.depth > height).all()  # itself it does not see


def test_wheels_leave_ruts_that_a_picture_shows() -> None:
    terrain = terrain_of(1)
    painter = Painter(terrain, WIDE)
    before = down(painter, 4.0).radiance.copy()
    for n in range(60):
        terrain.tracks.press(0, -0.9 + 0.03 * n, 0.0, 0.0, 0.15, 0.02)
    pressed = len(terrain.tracks.log())
    position, up = place_above(0.0, 0.0, terrain.height(0.0, 0.0, 0.05) + 4.0)
    pose = look_from(position, [-axis for axis in up], (0.0, 1.0, 0.0))
    painter.paint(pose, sun(), pressed)
    after = painter.renderer.radiance
    rut = slice(125, 131)
    assert np.median(after[rut, 80:176] / before[rut, 80:176]) < 0.85
    assert np.median(after[40:80] / before[40:80]) == pytest.approx(1.0, abs=0.01)
    painter.paint(pose, sun(), 0)  # an exposure before they were made
    assert painter.renderer.radiance.tobytes() == before.tobytes()


def test_a_detector_scatters_by_photons_and_saturates(terrain: Terrain) -> None:
    renderer = Renderer(terrain, 64, 64)
    counts = np.empty((64, 64), np.uint8)
    spreads = []
    for light in (0.1, 0.4, 0.8):
        renderer.radiance[:] = light
        renderer.expose(counts, 30_000.0, 117.6, 35.0, 5, 0, 1)
        mean = 30_000.0 * light / 117.6
        assert counts.mean() == pytest.approx(mean, abs=0.1)
        spreads.append(counts.std())
        assert spreads[-1] == pytest.approx(math.sqrt(30_000.0 * light + 35.0**2 + 117.6**2 / 12.0) / 117.6, rel=0.06)
    assert all(low < high for low, high in pairwise(spreads))
    halves = np.empty_like(counts)
    for part in range(2):
        renderer.expose(halves, 30_000.0, 117.6, 35.0, 5, part, 2)
    assert halves.tobytes() == counts.tobytes()
    renderer.expose(counts, 90_000.0, 117.6, 35.0, 5, 0, 1)
    assert (counts == 255).all()


@pytest.mark.parametrize("ratio", [8, 64])
@pytest.mark.parametrize("contrast", [2.0, 40.0])
def test_a_compressed_picture_keeps_within_its_ratio_and_uses_it(ratio: int, contrast: float) -> None:
    random = np.random.Generator(np.random.Philox(key=7))
    noise = random.standard_normal((1024, 1024)) + 3.0 * np.kron(random.standard_normal((64, 64)), np.ones((16, 16)))
    counts = np.clip(100.0 + contrast * noise, 0, 255).astype(np.uint8)
    octets, quality = compress(counts, ratio, 50)
    again, next_quality = compress(counts, ratio, quality)
    assert 0 < len(octets) <= 1024 * 1024 // ratio
    assert len(octets) > 0.5 * 1024 * 1024 // ratio or quality >= 90
    assert (len(again) <= 1024 * 1024 // ratio, abs(next_quality - quality) <= 3) == (True, True)
    assert octets == compress(counts, ratio, 50)[0]


def test_a_picture_that_cannot_be_small_enough_is_none() -> None:
    counts = np.random.Generator(np.random.Philox(key=1)).integers(0, 256, (128, 128), np.uint8)
    assert compress(counts, 64, 50)[0] == b""
