"""Scenery: what stands on the ground in a picture, and what shadows it throws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from hal.sim.picture import Array, Painter, Pose, matrix_of
from hal.sim.render import sun_picture
from hal.sim.solids import Solid
from hal.sim.vehicle_solids import lander, rover

NEAR_M: Final = 0.12  # nothing of a vehicle is seen closer
FAR_M: Final = 400.0  # nor farther
GROUND_LIGHT: Final = 0.05  # what lit ground sends back to a face that looks down, of sunlight
SUN_PX: Final = 512


class Scenery:
    """The vehicles, as the camera of one of them (`own`) sees them."""

    def __init__(self, own: str) -> None:
        self.own = own

    def paint(self, painter: Painter, pose: Pose, sun: Sequence[float], tracks: int, records: Mapping[str, Any]) -> None:
        """One picture's radiances into the painter's renderer."""
        solids = self.solids(records, pose)
        kept: list[npt.NDArray[np.float32]] = []

        def cast(position: Array, tangent: Array) -> None:
            for _, solid in solids:
                caster = caster_of(solid, np.asarray(sun, float), position, tangent)
                kept.append(caster["depth_m"])
                painter.renderer.cast(caster)

        painter.paint(pose, sun, tracks, cast)
        seen = [solid for vehicle, solid in solids if vehicle != self.own or vehicle == "rover"]
        for solid in seen:
            stand(painter, pose, np.asarray(sun, float), solid)

    def solids(self, records: Mapping[str, Any], pose: Pose) -> list[tuple[str, Solid]]:
        """The vehicles that are near enough to matter."""
        found: list[tuple[str, Solid]] = []
        if self.own == "lander" and float(records["lander"]["altitude_m"]) > FAR_M:
            return found  # whoever is aboard is as far from the ground
        for vehicle in ("lander", "rover"):
            if vehicle not in records or np.linalg.norm(np.subtract(records[vehicle]["position_m"], pose.position_m)) > FAR_M:
                continue
            if vehicle == "lander" and float(records[vehicle]["altitude_m"]) > FAR_M:
                continue
            solid = lander(records) if vehicle == "lander" else rover(records, head=self.own != "rover")
            if solid is not None:
                found.append((vehicle, solid))
        return found


def caster_of(solid: Solid, sun: Array, position: Array, tangent: Array) -> dict[str, Any]:
    """A vehicle as the Sun sees it, in the frame of the picture (see `Renderer.cast`)."""
    right = np.cross(sun, [0.0, 0.0, 1.0] if abs(sun[2]) < 0.9 else [1.0, 0.0, 0.0])
    right /= np.linalg.norm(right)
    down = np.cross(sun, right)
    corners = solid.triangles.reshape(-1, 3)
    middle = 0.5 * (corners.min(axis=0) + corners.max(axis=0))
    reach = float(np.linalg.norm(corners - middle, axis=1).max()) + 0.05
    away = solid.triangles - middle
    per = 0.5 * SUN_PX / reach
    seen = np.stack([0.5 * SUN_PX + per * (away @ right), 0.5 * SUN_PX + per * (away @ down), away @ sun], axis=2)
    return {
        "centre_m": tangent.T @ (middle - position), "right": tangent.T @ right, "down": tangent.T @ down, "reach_m": reach,
        "depth_m": sun_picture(np.ascontiguousarray(seen)),
    }  # fmt: skip


def stand(painter: Painter, pose: Pose, sun: Array, solid: Solid) -> None:
    """Put a vehicle into the picture: faces scatter as Lambert's law says, from either side."""
    optics = painter.optics
    axes, position = matrix_of(pose.site_from_camera), np.array(pose.position_m)
    corners, light = _clipped((solid.triangles - position) @ axes, _light(solid, sun, position))
    if not len(corners):
        return
    depth = corners[:, :, 2]
    x, y = (centre + optics.focal_px * corners[:, :, k] / depth for k, centre in enumerate((optics.centre_x_px, optics.centre_y_px)))
    seen = (x.max(axis=1) > 0) & (x.min(axis=1) < optics.width_px) & (y.max(axis=1) > 0) & (y.min(axis=1) < optics.height_px)
    points = np.ascontiguousarray(np.stack([x, y, 1.0 / depth], axis=2)[seen])
    painter.renderer.stand(points, *(np.ascontiguousarray(part[seen], np.float32) for part in light.T))


def _light(solid: Solid, sun: Array, position: Array) -> Array:
    """For each face the light of the Sun, and the rest, as radiance factors [n, 2]."""
    a, b, c = (solid.triangles[:, k] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    normal *= np.where(np.sum(normal * (position - a), axis=1) < 0.0, -1.0, 1.0)[:, None]
    from_ground = GROUND_LIGHT * max(float(sun[2]), 0.0) * (0.5 - 0.5 * normal[:, 2]) + 0.002
    return np.stack([solid.albedo * np.maximum(normal @ sun, 0.0), solid.albedo * from_ground], axis=1)


def _clipped(corners: Array, light: Array) -> tuple[Array, Array]:
    """Triangles in the camera's frame, cut off where they come too near."""
    inside = corners[:, :, 2] > NEAR_M
    whole = inside.all(axis=1)
    made, lights = [corners[whole]], [light[whole]]
    for n in np.flatnonzero(inside.any(axis=1) & ~whole):
        points: list[Array] = []
        for k in range(3):
            p, q = corners[n, k], corners[n, (k + 1) % 3]
            if p[2] > NEAR_M:
                points.append(p)
            if (p[2] > NEAR_M) != (q[2] > NEAR_M):
                points.append(p + (q - p) * (NEAR_M - p[2]) / (q[2] - p[2]) + np.array([0.0, 0.0, 1e-6]))
        for k in range(1, len(points) - 1):
            made.append(np.array([[points[0], points[k], points[k + 1]]]))
            lights.append(light[n : n + 1])
    return np.concatenate(made), np.concatenate(lights)
