"""Solids: boxes, tubes and plates as triangles, put together into bodies. All in metres, in the frame of the body."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Point = Sequence[float] | Array


@dataclass(frozen=True, slots=True)
class Solid:
    """Triangles [n, 3, 3] and the albedo of each."""

    triangles: Array
    albedo: Array

    def moved(self, turn: Array, to: Point) -> Solid:
        """Turned by a matrix, then shifted."""
        return Solid(self.triangles @ np.asarray(turn).T + np.asarray(to, float), self.albedo)

    def turned_about_y(self, pivot: Point, angle_rad: float) -> Solid:
        """Turned about an axis along y through a pivot; positive brings z towards x."""
        c, s = math.cos(angle_rad), math.sin(angle_rad)
        turn = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
        at = np.asarray(pivot, float)
        return self.moved(turn, at - turn @ at)


def together(*solids: Solid) -> Solid:
    """One solid of several."""
    return Solid(np.concatenate([s.triangles for s in solids]), np.concatenate([s.albedo for s in solids]))


def _solid(triangles: Sequence[Sequence[Point]], albedo: float) -> Solid:
    found = np.array(triangles, float)
    return Solid(found, np.full(len(found), albedo))


def quad(a: Point, b: Point, c: Point, d: Point, albedo: float) -> Solid:
    """A flat plate of four corners, in order."""
    return _solid([[a, b, c], [a, c, d]], albedo)


def box(centre: Point, half: Point, albedo: float) -> Solid:
    """With faces along the axes."""
    low, high = np.subtract(centre, half), np.add(centre, half)
    corner = [[(high if n >> axis & 1 else low)[axis] for axis in range(3)] for n in range(8)]
    faces = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    return together(*(quad(corner[a], corner[b], corner[c], corner[d], albedo) for a, b, c, d in faces))


def tube(
    start: Point, end: Point, radius: float, albedo: float, sides: int = 8, end_radius: float | None = None, caps: bool = True
) -> Solid:
    """A round bar, or a cone with another radius at its end."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    along = (b - a) / np.linalg.norm(b - a)
    u = np.cross(along, [1.0, 0.0, 0.0] if abs(along[0]) < 0.8 else [0.0, 1.0, 0.0])
    u /= np.linalg.norm(u)
    v = np.cross(along, u)
    ring = [math.cos(2.0 * math.pi * n / sides) * u + math.sin(2.0 * math.pi * n / sides) * v for n in range(sides)]
    lower, upper = [a + radius * r for r in ring], [b + (radius if end_radius is None else end_radius) * r for r in ring]
    parts = [quad(lower[n], lower[n - 1], upper[n - 1], upper[n], albedo) for n in range(sides)]
    if caps:
        parts += [_solid([[a, lower[n], lower[n - 1]], [b, upper[n], upper[n - 1]]], albedo) for n in range(sides)]
    return together(*parts)


def prism(outline: Sequence[tuple[float, float]], low: float, high: float, side: float, top: float) -> Solid:
    """An upright prism over a convex outline in x and y; albedos of its sides and of its ends."""
    parts = []
    for n, (x, y) in enumerate(outline):
        x0, y0 = outline[n - 1]
        parts.append(quad((x0, y0, low), (x, y, low), (x, y, high), (x0, y0, high), side))
    for z in (low, high):
        parts += [_solid([[(*outline[0], z), (*outline[n], z), (*outline[n + 1], z)]], top) for n in range(1, len(outline) - 1)]
    return together(*parts)
