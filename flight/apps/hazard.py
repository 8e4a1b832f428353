"""Hazard avoidance: from a range image of the ground to the place to come down on. A Python slot, run by each new image.

Criteria as published for Chang'e-3 (facts: change4, section 2, "Hazard criteria"): slope above 8 degrees and obstacles above 0.2 m forbid a
place; a plane is fitted to every window of the lander's size; among the places allowed the cost of slope, roughness and distance decides,
searched outwards from the middle. The weights and the window are choices of ours.
"""

from __future__ import annotations

import struct
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flight.lander_geometry import IMAGING_LASER_HALF_ANGLE_RAD, IMAGING_LASER_POSITION_M
from flight.python_slot import Publish

INPUTS: Final = ("imaging_laser", "imaging_laser.image", "nav")
RECORD: Final = np.dtype(  # HazardPlace of flight/apps/hazard_place.pxd
    [
        ("place_m", "<f8", 2), ("offset_m", "<f8"), ("slope_rad", "<f8"), ("roughness_m", "<f8"), ("safe_share", "<f8"),
        ("request", "<u4"), ("images", "<u4"), ("verdict", "<u4"), ("pad", "<u4"),
    ]
)  # fmt: skip

SIDE: Final = 128
WINDOW_M: Final = 6.0  # the footpads' circle, 5 m across, and the uncertainty of the way there
STRIDE: Final = 2  # posts from window to window
STEEPEST_RAD: Final = np.radians(8.0)
ROUGHEST_M: Final = 0.2
FARTHEST_M: Final = 24.0
DISTANCE_SCALE_M: Final = 25.0
LEAST_SHARE: Final = 0.9  # of a window's posts that must have an echo
SAFE, LEAST_BAD, NOTHING_SEEN = 1, 2, 3

Array = NDArray[np.float64]


class Windows(NamedTuple):
    """For each window: its middle (east, north, m, from the lander), slope, height off its plane; infinite where little is seen."""

    middle_m: Array
    slope_rad: Array
    roughness_m: Array


class Place(NamedTuple):
    """What is chosen: offset (east, north, m), slope, roughness, share of the windows that are safe, verdict."""

    offset_m: Array
    slope_rad: float
    roughness_m: float
    safe_share: float
    verdict: int


def ground_points(range_cm: NDArray[np.uint16], quaternion: Array) -> Array:
    """(128, 128, 3): the foot of every ray from the lander's centre of mass in the axes of the site, m; not a number without an echo."""
    angle = (np.arange(SIDE) + 0.5) * (2.0 * IMAGING_LASER_HALF_ANGLE_RAD / SIDE) - IMAGING_LASER_HALF_ANGLE_RAD
    across = np.tan(angle)
    rays = np.empty((SIDE, SIDE, 3))
    rays[..., 0], rays[..., 1], rays[..., 2] = across[None, :], across[:, None], -1.0
    rays /= np.linalg.norm(rays, axis=2, keepdims=True)
    ranges = np.where(range_cm == 0, np.nan, 0.01 * range_cm).reshape(SIDE, SIDE, 1)
    return np.asarray((rays * ranges + np.array(IMAGING_LASER_POSITION_M)) @ turned(quaternion).T)


def turned(q: Array) -> Array:
    """Rotation matrix, site from body, of a scalar-first quaternion."""
    w, x, y, z = (float(component) for component in q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def look(points: Array) -> Windows:
    """A plane through each window by least squares. Raises ValueError when too little of the ground is seen to know the posts' distance."""
    seen = np.isfinite(points[..., 2])
    steps = np.linalg.norm(np.diff(points[..., :2], axis=1), axis=2)
    spacing = float(np.median(steps[np.isfinite(steps)])) if np.isfinite(steps).any() else 0.0
    if not spacing > 0.0 or seen.mean() < 0.5:
        raise ValueError("too few echoes")
    side = int(np.clip(round(WINDOW_M / spacing), 5, SIDE // 2))
    views = np.lib.stride_tricks.sliding_window_view(np.where(seen[..., None], points, 0.0), (side, side), axis=(0, 1))[::STRIDE, ::STRIDE]
    there = np.lib.stride_tricks.sliding_window_view(seen, (side, side))[::STRIDE, ::STRIDE]
    count = there.sum(axis=(-2, -1))
    safe_count = np.maximum(count, 1)
    mean = views.sum(axis=(-2, -1)) / safe_count[..., None]
    d = np.where(there[:, :, None], views - mean[..., None, None], 0.0)
    x, y, z = d[:, :, 0], d[:, :, 1], d[:, :, 2]
    xx, xy, yy = (np.einsum("abij,abij->ab", u, v) for u, v in ((x, x), (x, y), (y, y)))
    xz, yz = (np.einsum("abij,abij->ab", u, z) for u in (x, y))
    determinant = np.maximum(xx * yy - xy * xy, 1e-9)
    east, north = (xz * yy - yz * xy) / determinant, (yz * xx - xz * xy) / determinant
    off = np.abs(z - east[..., None, None] * x - north[..., None, None] * y).max(axis=(-2, -1))
    enough = count >= LEAST_SHARE * side * side
    slope = np.where(enough, np.arctan(np.hypot(east, north)), np.inf)
    return Windows(mean[..., :2], slope, np.where(enough, off, np.inf))


def choose(windows: Windows) -> Place:
    """The best of the places that are allowed, or the least bad of those that can be judged."""
    distance = np.hypot(windows.middle_m[..., 0], windows.middle_m[..., 1])
    slope, rough = windows.slope_rad / STEEPEST_RAD, windows.roughness_m / ROUGHEST_M
    judged = np.isfinite(slope) & (distance <= FARTHEST_M)
    if not judged.any():
        return Place(np.zeros(2), 0.0, 0.0, 0.0, NOTHING_SEEN)
    safe = judged & (slope <= 1.0) & (rough <= 1.0)
    cost = slope + rough + distance / DISTANCE_SCALE_M
    if not safe.any():
        cost = np.maximum(slope, rough) + 0.1 * distance / DISTANCE_SCALE_M
    allowed = safe if safe.any() else judged
    best = np.unravel_index(int(np.where(allowed, cost, np.inf).argmin()), cost.shape)
    share = float(safe.sum() / judged.sum())
    verdict = SAFE if safe.any() else LEAST_BAD
    return Place(windows.middle_m[best], float(windows.slope_rad[best]), float(windows.roughness_m[best]), share, verdict)


def judge(range_cm: NDArray[np.uint16], quaternion: Array) -> Place:
    """The place that an image shows, seen from the lander."""
    try:
        return choose(look(ground_points(range_cm, quaternion)))
    except ValueError:
        return Place(np.zeros(2), 0.0, 0.0, 0.0, NOTHING_SEEN)


class Hazard:
    """The Python slot: takes the last whole image and the attitude, publishes the place in navigation's own coordinates."""

    def __init__(self, storage: Any) -> None:
        self.images = 0

    def step(self, tick: int, command: Any, inputs: dict[str, Any]) -> list[Any]:
        laser, nav = inputs["imaging_laser"], inputs["nav"]
        place = judge(np.frombuffer(inputs["imaging_laser.image"].tobytes(), "<u2"), nav["quaternion_site_from_body"])
        self.images += 1
        record = np.zeros(1, RECORD)
        record["place_m"] = nav["position_m"][:2] + place.offset_m
        record["offset_m"] = float(np.hypot(*place.offset_m))
        record["slope_rad"], record["roughness_m"], record["safe_share"] = place.slope_rad, place.roughness_m, place.safe_share
        record["request"], record["images"], record["verdict"] = laser["request"], self.images, place.verdict
        return [Publish(record.tobytes())]

    def freeze(self) -> bytes:
        return struct.pack("<I", self.images)

    def thaw(self, octets: bytes) -> None:
        (self.images,) = struct.unpack("<I", octets)
