"""Hazard avoidance: what it makes of made ground, seen from 100 m."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from flight.apps.hazard import LEAST_BAD, NOTHING_SEEN, RECORD, SAFE, SIDE, Hazard, ground_points, judge, look
from flight.lander_geometry import IMAGING_LASER_HALF_ANGLE_RAD, IMAGING_LASER_POSITION_M
from flight.python_slot import Publish

HEIGHT_M = 100.0
UPRIGHT = np.array([1.0, 0.0, 0.0, 0.0])
Array = NDArray[np.float64]


def seen(height: Array, noise_m: float = 0.05) -> NDArray[np.uint16]:
    """The image of ground whose height above its mean is given where each ray meets the mean; upright, the laser 100 m up."""
    angle = (np.arange(SIDE) + 0.5) * (2 * IMAGING_LASER_HALF_ANGLE_RAD / SIDE) - IMAGING_LASER_HALF_ANGLE_RAD
    slant = np.sqrt(1.0 + np.tan(angle)[None, :] ** 2 + np.tan(angle)[:, None] ** 2)
    rng = np.random.default_rng(5)
    return np.asarray(np.round(100.0 * ((HEIGHT_M - height) * slant + noise_m * rng.normal(size=(SIDE, SIDE)))), dtype=np.uint16).ravel()


def map_of() -> tuple[Array, Array]:
    """East and north of each post on level ground, from the lander's axis."""
    angle = (np.arange(SIDE) + 0.5) * (2 * IMAGING_LASER_HALF_ANGLE_RAD / SIDE) - IMAGING_LASER_HALF_ANGLE_RAD
    east = np.broadcast_to(HEIGHT_M * np.tan(angle)[None, :] + IMAGING_LASER_POSITION_M[0], (SIDE, SIDE))
    north = np.broadcast_to(HEIGHT_M * np.tan(angle)[:, None] + IMAGING_LASER_POSITION_M[1], (SIDE, SIDE))
    return east, north


def test_level_ground_is_seen_level_and_where_it_is() -> None:
    points = ground_points(seen(np.zeros((SIDE, SIDE)), noise_m=0.0), UPRIGHT)
    east, north = map_of()
    assert points[..., 0] == pytest.approx(east, abs=0.01)
    assert points[..., 1] == pytest.approx(north, abs=0.01)
    assert points[..., 2] == pytest.approx(np.full((SIDE, SIDE), IMAGING_LASER_POSITION_M[2] - HEIGHT_M), abs=0.01)


def test_a_turned_lander_sees_the_same_ground_turned() -> None:
    """A quarter turn to the left: what lies ahead of body x lies north."""
    east, _ = map_of()
    quarter = np.array([np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)])
    points = ground_points(seen(np.where(east > 10.0, 2.0, 0.0), noise_m=0.0), quarter)
    high = points[..., 2] > points[..., 2].min() + 1.0
    assert points[..., 1][high].min() > 9.0
    assert abs(points[..., 0][high].mean()) < 1.5


def test_on_level_ground_it_stays_where_it_is() -> None:
    place = judge(seen(np.zeros((SIDE, SIDE))), UPRIGHT)
    assert place.verdict == SAFE
    assert np.hypot(*place.offset_m) < 4.0
    assert place.slope_rad < np.radians(0.6)
    assert place.roughness_m < 0.2
    assert place.safe_share > 0.95


@pytest.mark.parametrize("height", [0.4, -0.4])
def test_rocks_and_pits_above_twenty_centimetres_are_gone_round(height: float) -> None:
    east, north = map_of()
    ground = np.where(np.hypot(east, north) < 1.2, height, 0.0)
    place = judge(seen(ground), UPRIGHT)
    assert place.verdict == SAFE
    assert np.hypot(*place.offset_m) > 3.0  # half the window and the rock


def test_a_rock_of_ten_centimetres_is_none() -> None:
    east, north = map_of()
    place = judge(seen(np.where(np.hypot(east - 0.5, north) < 1.0, 0.1, 0.0), noise_m=0.02), UPRIGHT)
    assert np.hypot(*place.offset_m) < 4.0


def test_a_slope_is_measured_and_left_for_level_ground() -> None:
    east, _ = map_of()
    ground = np.where(east < 10.0, np.tan(np.radians(12.0)) * (east - 10.0), 0.0)
    windows = look(ground_points(seen(np.tan(np.radians(12.0)) * east, noise_m=0.0), UPRIGHT))
    assert np.median(windows.slope_rad) == pytest.approx(np.radians(12.0), abs=np.radians(0.5))
    place = judge(seen(ground), UPRIGHT)
    assert place.verdict == SAFE
    assert place.offset_m[0] > 8.0
    assert place.slope_rad <= np.radians(8.0)


def test_where_nothing_is_allowed_the_least_bad_is_named_so() -> None:
    east, _ = map_of()
    place = judge(seen(np.tan(np.radians(15.0)) * east), UPRIGHT)
    assert place.verdict == LEAST_BAD
    assert place.slope_rad > np.radians(8.0)


def test_an_image_without_echoes_says_nothing() -> None:
    assert judge(np.zeros(SIDE * SIDE, dtype=np.uint16), UPRIGHT).verdict == NOTHING_SEEN


def test_some_missing_posts_do_not_matter() -> None:
    image = seen(np.zeros((SIDE, SIDE)))
    image[np.random.default_rng(1).random(image.size) < 0.03] = 0
    assert judge(image, UPRIGHT).verdict == SAFE


def test_the_slot_publishes_the_place_in_navigations_own_coordinates_and_keeps_its_count() -> None:
    nav = np.zeros(1, np.dtype([("position_m", "<f8", 3), ("quaternion_site_from_body", "<f8", 4)]))[0]
    nav["position_m"], nav["quaternion_site_from_body"] = (300.0, -200.0, 101.0), UPRIGHT
    laser = np.zeros(1, np.dtype([("request", "<u4")]))[0]
    laser["request"] = 7
    hazard = Hazard(None)
    inputs = {"imaging_laser": laser, "imaging_laser.image": seen(np.zeros((SIDE, SIDE))), "nav": nav}
    hazard.step(5, None, inputs)
    other = Hazard(None)
    other.thaw(hazard.freeze())
    (output,) = other.step(9, None, inputs)
    assert isinstance(output, Publish)
    record = np.frombuffer(output.octets, RECORD)[0]
    assert (record["request"], record["images"], record["verdict"]) == (7, 2, SAFE)
    assert np.hypot(record["place_m"][0] - 300.0, record["place_m"][1] + 200.0) == pytest.approx(record["offset_m"])
