"""Pose: where a body starts and how it is turned, in plain Python: quaternions are scalar first, site from body."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hal.sim.site import RADIUS_M

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


def place_above(east_m: float, north_m: float, height_m: float) -> tuple[Vector, Vector]:
    """Position (site frame, m) at a height above the site's sphere over a point of its map, and the unit vector up."""
    distance = math.hypot(east_m, north_m)
    angle = distance / RADIUS_M
    across = math.sin(angle) / distance if distance > 0.0 else 0.0
    up = (across * east_m, across * north_m, math.cos(angle))
    # 1 - cos, without cancellation: near the site up to a micron matters more than the radius.
    sink = RADIUS_M * 2.0 * math.sin(angle / 2.0) ** 2
    return (up[0] * (RADIUS_M + height_m), up[1] * (RADIUS_M + height_m), up[2] * height_m - sink), up


def upright(up: Vector) -> Quaternion:
    """The shortest turn that brings the body's z axis from the site's vertical to `up` (not downwards)."""
    w, x, y = 1.0 + up[2], -up[1], up[0]
    size = math.sqrt(w * w + x * x + y * y)
    return w / size, x / size, y / size, 0.0


def small_turn(rotation_rad: Sequence[float]) -> Quaternion:
    """The turn by a rotation vector."""
    angle = math.sqrt(sum(r * r for r in rotation_rad))
    share = math.sin(angle / 2.0) / angle if angle > 0.0 else 0.5
    x, y, z = (share * r for r in rotation_rad)
    return math.cos(angle / 2.0), x, y, z


def multiply(a: Quaternion, b: Quaternion) -> Quaternion:
    """The turn `b` seen in the frame that `a` has turned."""
    return (
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] + a[2] * b[0] + a[3] * b[1] - a[1] * b[3],
        a[0] * b[3] + a[3] * b[0] + a[1] * b[2] - a[2] * b[1],
    )


def body_axis(q: Quaternion) -> Vector:
    """The body's z axis in the site frame."""
    w, x, y, z = q
    return 2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)
