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
RADIUS_M: Final = {"lander": 7.0, "rover": 1.5}  # of a ball about its position that holds it, the lander with its rails
GROUND_LIGHT: Final = 0.05  # what lit ground sends back to a face that looks down, of sunlight
SUN_PX: Final = 512


class Scenery:
    """The vehicles, as the camera of one of them (`own`) sees them."""

    def __init__(self, own: str) -> None:
        self.own = own

    def paint(self, painter: Painter, pose: Pose, sun: Sequence[float], tracks: int, records: Mapping[str, Any]) -> None:
        """One picture's radiances into the painter's renderer."""
        light = np.asarray(sun, float)
        solids: list[tuple[str, Solid]] = []
        kept: list[npt.NDArray[np.float32]] = []

        def cast(position: Array, tangent: Array) -> None:
            solids.extend(self.solids(records, painter, pose, light))
            for _, solid in solids:
                caster = caster_of(solid, light, position, tangent)
                kept.append(caster["depth_m"])
                painter.renderer.cast(caster)

        painter.paint(pose, sun, tracks, cast)
        for vehicle, solid in solids:
            if self.seen(vehicle):
                stand(painter, pose, light, solid)

    def seen(self, vehicle: str) -> bool:
        """Whether the camera's picture shows it, besides its shadow: the descent camera sees nothing of its lander."""
        return vehicle != self.own or vehicle == "rover"

    def solids(self, records: Mapping[str, Any], painter: Painter, pose: Pose, sun: Array) -> list[tuple[str, Solid]]:
        """The vehicles that are near enough to matter: all of them, when the camera sees one or may see a shadow of one."""
        near = {
            vehicle: np.subtract(records[vehicle]["position_m"], pose.position_m)
            for vehicle in ("lander", "rover")
            if vehicle in records and np.linalg.norm(np.subtract(records[vehicle]["position_m"], pose.position_m)) <= FAR_M
        }
        if self.own == "lander" and float(records["lander"]["altitude_m"]) > FAR_M:
            return []  # whoever is aboard is as far from the ground
        view = _Frustum(painter, pose)
        if not any(
            (self.seen(vehicle) and view.sees(place, place, RADIUS_M[vehicle])) or view.sees_shadow(place, sun, RADIUS_M[vehicle])
            for vehicle, place in near.items()
        ):
            return []
        found: list[tuple[str, Solid]] = []
        for vehicle in near:
            if vehicle == "lander" and float(records[vehicle]["altitude_m"]) > FAR_M:
                continue
            solid = lander(records) if vehicle == "lander" else rover(records, head=self.own != "rover")
            if solid is not None:
                found.append((vehicle, solid))
        return found


class _Frustum:
    """What a camera sees, as the space between four planes."""

    def __init__(self, painter: Painter, pose: Pose) -> None:
        o = painter.optics
        self.axes, self.depths_m = matrix_of(pose.site_from_camera), painter.depths_m
        left, right = -o.centre_x_px / o.focal_px, (o.width_px - o.centre_x_px) / o.focal_px
        top, bottom = -o.centre_y_px / o.focal_px, (o.height_px - o.centre_y_px) / o.focal_px
        planes = np.array([[-1.0, 0.0, left], [1.0, 0.0, -right], [0.0, -1.0, top], [0.0, 1.0, -bottom], [0.0, 0.0, -1.0]])
        self.planes = planes / np.linalg.norm(planes, axis=1, keepdims=True)  # outwards

    def sees(self, first: Array, last: Array, radius_m: float) -> bool:
        """Whether it may see some of a rod as thick as that between two places, from the camera, site frame."""
        out = self.planes @ self.axes.T @ np.stack([first, last], axis=1) > radius_m
        return not bool(out.all(axis=1).any())

    def sees_shadow(self, place: Array, sun: Array, radius_m: float) -> bool:
        """Whether it may see the shadow that something there throws on the ground, which lies between the picture's depths."""
        start, along = float(place @ self.axes[:, 2]), -float(sun @ self.axes[:, 2])
        limits = sorted((depth - start) / along for depth in self.depths_m) if abs(along) > 1e-3 else [0.0, 1e6]
        margin = radius_m / max(abs(along), 1e-3)
        first, last = max(limits[0] - margin, 0.0), limits[1] + margin
        return last > 0.0 and self.sees(place - first * sun, place - last * sun, radius_m)


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
