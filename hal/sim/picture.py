"""Picture: a camera's pose and optics become a frame of radiances: which grids of ground are needed, and the order of the work.

Nothing here is state: the same pose, Sun, seed and tracks give the same picture, whatever was rendered before and on however many threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from hal.sim.pose import Quaternion
from hal.sim.render import Renderer
from hal.sim.site import RADIUS_M
from hal.sim.terrain import Terrain

Array = npt.NDArray[np.float64]

THREADS: Final = 2
LEVELS: Final = 20  # of `hal.sim.render`: level k has cells of 2^(k - 8) m
FINEST: Final = -8
BLOCK: Final = 64
MOST_BLOCKS: Final = 32  # of 64 cells, along a side of a level
FEW: Final = 2  # blocks that are not worth a second thread
SAMPLES: Final = 13  # rays along a side of the picture by which windows are found,
DEPTHS: Final = 24  # and depths along each, at most two to a block
COARSEST_M: Final = 64.0  # shadows are followed up to grids of this cell, also when the picture needs no such
PROBE: Final = 2  # levels coarser than the picture needs, on which a far view is looked over first
FLAT: Final = 8.0  # heights over the ground: where it is seen from so far the picture squeezes its cells together,
LEAST_CELLS: Final = 1.0  # and fewer to a pixel, down to this, are enough
LOWEST_M, HIGHEST_M = -6000.0, 6000.0  # of any ground, above the site's sphere


@dataclass(frozen=True, slots=True)
class Optics:
    """A pinhole: focal length and principal point in pixels (x to the right, y down, from the corner of pixel 0, 0)."""

    width_px: int
    height_px: int
    focal_px: float
    centre_x_px: float
    centre_y_px: float
    cells: float = 1.0  # of the ground to a pixel at the far end of a level; half as many at its near end


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a camera is and how it is turned: site frame; the camera looks along its z axis, x to the right and y down in the picture."""

    position_m: tuple[float, float, float]
    site_from_camera: Quaternion


def matrix_of(q: Sequence[float]) -> Array:
    """The rotation matrix of a unit quaternion, scalar first."""
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def phase_functions() -> tuple[Array, Array]:
    """The weights of Lommel-Seeliger (mu0 / (mu0 + mu)) and of Lambert (mu0) for 257 cosines of the phase angle (sources:
    `hal.sim.render_rays`). f divides the Moon's integral phase curve by that of a sphere of this surface, known for both laws."""
    cosine = np.linspace(-1.0, 1.0, 257)
    a = np.clip(np.arccos(cosine), 1e-4, math.pi - 1e-3)
    degrees = np.degrees(a)
    weight = np.clip(1.0 - 0.019 * degrees + 2.42e-4 * degrees**2 - 1.46e-6 * degrees**3, 0.0, 1.0)
    seeliger = 1.0 - np.sin(a / 2) * np.tan(a / 2) * np.log(1.0 / np.tan(a / 4))
    lambert = (2.0 / 3.0) * (np.sin(a) + (math.pi - a) * np.cos(a)) / math.pi
    curve = 10.0 ** (-0.4 * (0.026 * degrees + 4e-9 * degrees**4))
    f = curve / (weight * seeliger + (1.0 - weight) * lambert)
    f = np.minimum(f, 1.0)
    return 2.0 * weight * f, (1.0 - weight) * f


class Painter:
    """Paints pictures of one terrain through one camera."""

    def __init__(self, terrain: Terrain, optics: Optics, threads: int = THREADS) -> None:
        self.optics = optics
        self.renderer = Renderer(terrain, optics.width_px, optics.height_px)
        self.renderer.phases(*phase_functions())
        self.depths_m = (0.0, 0.0)  # between which the last picture saw ground
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None

    def forget(self) -> None:
        """The ground has been laid anew."""
        self.renderer.forget()

    def paint(
        self, pose: Pose, sun: Sequence[float], tracks: int = 0, before_tracing: Callable[[Array, Array], None] | None = None
    ) -> None:
        """Radiances and depths of the ground into the renderer's arrays. `sun`: unit vector, site frame; `tracks`: impressions in the
        log that the ground bears. `before_tracing` is given the camera's position (site frame) and the turn from the tangent frame to the
        site frame: to say what casts shadows."""
        optics, renderer = self.optics, self.renderer
        position = np.array(pose.position_m, float)
        centre = position + np.array([0.0, 0.0, RADIUS_M])
        radius = float(np.linalg.norm(centre))
        altitude = float((position[0] ** 2 + position[1] ** 2 + position[2] * (centre[2] + RADIUS_M)) / (radius + RADIUS_M))
        tangent = _turn_to(centre / radius)
        axes = matrix_of(pose.site_from_camera)
        local_axes, local_sun = tangent.T @ axes, tangent.T @ np.array(sun, float)
        across = math.hypot(centre[0], centre[1])
        stretch = RADIUS_M * math.asin(min(1.0, across / radius)) / across if across > 1e-9 else 1.0
        here = centre[:2] * stretch
        turned = abs(local_sun[0]) > abs(local_sun[1])
        if turned:  # the grids' axes are north and east: everything is said in that order
            swap = [1, 0, 2]
            local_axes, local_sun, tangent, axes = local_axes[swap], local_sun[swap], tangent[:, swap], axes[swap]
            position, here = position[swap], here[::-1]
        rays = self._rays(local_axes)
        windows = _Windows(renderer, self.run, optics, rays, altitude, here, local_sun)
        renderer.begin(turned, tracks)
        near, far, low, high = windows.lay()
        self.depths_m = (near, far)
        renderer.look(
            {
                "right": local_axes[:, 0], "down": local_axes[:, 1], "ahead": local_axes[:, 2], "sun": local_sun,
                "site_right": axes[:2, 0], "site_down": axes[:2, 1], "site_ahead": axes[:2, 2],
                "altitude_m": altitude, "site_x_m": position[0], "site_y_m": position[1],
                "focal_px": optics.focal_px, "centre_x_px": optics.centre_x_px, "centre_y_px": optics.centre_y_px,
                "near_m": near, "far_m": far, "high_m": high, "mean_m": 0.5 * (low + high),
                "far_map": int(across > 12e3), "scan": _scan(local_axes), "here_i_m": here[0], "here_j_m": here[1],
            }
        )  # fmt: skip
        renderer.shadows()
        if before_tracing is not None:
            before_tracing(np.array(pose.position_m, float), tangent)
        self.run(renderer.trace)

    def run(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Share some work of the renderer's out between the threads."""
        if self._threads == 1:
            work(*arguments, 0, 1)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads - 1, "picture")
        others = [self._pool.submit(work, *arguments, part, self._threads) for part in range(1, self._threads)]
        work(*arguments, 0, self._threads)
        for other in others:
            other.result()

    def _rays(self, axes: Array) -> Array:
        """Directions (depth 1) of a lattice of the picture's points, its edges among them."""
        o = self.optics
        x = (np.linspace(0.0, o.width_px, SAMPLES) - o.centre_x_px) / o.focal_px
        y = (np.linspace(0.0, o.height_px, SAMPLES) - o.centre_y_px) / o.focal_px
        a, b = np.meshgrid(x, y)
        return np.stack([a.ravel(), b.ravel(), np.ones(a.size)], axis=1) @ axes.T


def _turn_to(up: Array) -> Array:
    """The least turn from the site's axes to those of the tangent frame whose vertical is `up`; its columns are that frame's axes."""
    x, y, z = up
    k = 1.0 / (1.0 + z)
    return np.array([[1.0 - k * x * x, -k * x * y, x], [-k * x * y, 1.0 - k * y * y, y], [-x, -y, z]])


def _scan(axes: Array) -> int:
    """Which side of the picture is up."""
    right, down = axes[2, 0], axes[2, 1]
    if abs(down) >= abs(right):
        return 0 if down <= 0.0 else 1
    return 3 if right >= 0.0 else 2


class _Windows:
    """Lays the windows of a picture's levels, from the coarsest to the finest, each from what the coarser ones said of the heights."""

    def __init__(
        self, renderer: Renderer, run: Callable[..., Any], optics: Optics, rays: Array, altitude: float, here: Array, sun: Array
    ) -> None:
        self.renderer, self.run, self.optics, self.rays = renderer, run, optics, rays
        self.altitude, self.here, self.sun = altitude, here, sun
        self.low, self.high = LOWEST_M, HIGHEST_M
        self.above = max(altitude, 1.0)  # the ground

    def until(self, k: int) -> float:
        """Depth up to which a level's cells are fine enough."""
        o = self.optics
        depth = 2.0 ** (k + FINEST) * o.focal_px * o.cells
        return depth * min(1.0, max(math.sqrt(FLAT * self.above / depth), LEAST_CELLS / o.cells))

    def reach(self) -> tuple[Array, Array]:
        """For each ray the depths at which it enters and leaves the layer between lowest and highest ground; none: enter > leave."""
        d = self.rays
        size, fall = np.sum(d * d, axis=1), d[:, 2] * (RADIUS_M + self.altitude)

        def crossing(height: float) -> tuple[Array, Array]:
            c = (RADIUS_M + self.altitude) ** 2 - (RADIUS_M + height) ** 2
            under = fall * fall - size * c
            root = np.sqrt(np.maximum(under, 0.0))
            missed = under < 0.0
            return np.where(missed, np.inf, (-fall - root) / size), np.where(missed, -np.inf, (-fall + root) / size)

        enter, leave = crossing(self.high)
        hit, _ = crossing(self.low)
        enter = np.maximum(enter, 0.0)
        leave = np.where((hit > 0.0) & np.isfinite(hit), np.minimum(leave, hit), leave)
        return enter, leave

    def most(self) -> float:
        """The depth beyond which no ground is seen. Where the picture has a skyline, it may be a ray between the samples that sees
        farthest: one that touches the lowest ground and comes out of the highest beyond."""
        enter, leave = self.reach()
        seen = enter < leave
        most = float(leave[seen].max()) if seen.any() else 1.0
        d = self.rays
        lowest = RADIUS_M + min(self.low, self.altitude)
        touches = d[:, 2] * (RADIUS_M + self.altitude) < -np.sqrt(np.sum(d * d, axis=1) * ((RADIUS_M + self.altitude) ** 2 - lowest**2))
        if touches.any() and not touches.all():
            farthest = sum(math.sqrt(max((RADIUS_M + h) ** 2 - lowest**2, 0.0)) for h in (self.altitude, self.high))
            most = max(most, farthest)
        return most

    def lay(self) -> tuple[float, float, float, float]:
        """Windows and blocks of all levels; returns near and far depth, and the bounds of the ground."""
        most = self.most()
        coarsest = round(math.log2(COARSEST_M)) - FINEST
        top = next((k for k in range(LEVELS) if self.until(k) >= most), LEVELS - 1)
        top = min(LEVELS - 1, top + PROBE) if top > coarsest else coarsest
        for k in range(top, -1, -1):
            if coarsest < k < top and self.until(k - 1) >= most:
                continue  # all that is seen is near enough for a finer one
            enter, leave = self.reach()
            seen = enter < leave
            if not seen.any():
                enter, leave, seen = np.zeros(1), np.zeros(1), np.ones(1, bool)
            if k < top and self.until(k) < 0.999 * float(enter[seen].min()):
                break
            until = self.until(k) if k < top else 1e18
            self.renderer.window(k, *self.blocks(k, enter[seen], np.minimum(leave[seen], until), seen, whole=k == top), until)
            missing = self.renderer.missing(k)
            if missing > FEW:
                self.run(self.renderer.fill, k)
            elif missing:
                self.renderer.fill(k, 0, 1)
            # What finer detail can add: floors of craters of two cells, rims, stones. A finer level's bounds hold near the camera.
            low, high = self.renderer.bounds(k)
            cell = 2.0 ** (k + FINEST)
            self.low, self.high = max(self.low, low - 0.3 * cell), min(self.high, high + 0.06 * cell + 1.5)
            if until >= most:  # it holds all that is seen
                lowest, highest = self.low, self.high
                self.above = max(self.altitude - 0.5 * (lowest + highest), 1.0)
                most = self.most()
        self.low, self.high = lowest, highest
        enter, leave = self.reach()
        seen = enter < leave
        near = float(enter[seen].min()) if seen.any() else 0.0
        return max(0.9 * near, 0.05), 1.05 * self.most() + 1.0, lowest, highest

    def blocks(
        self, k: int, enter: Array, leave: Array, seen: npt.NDArray[np.bool_], *, whole: bool
    ) -> tuple[int, int, npt.NDArray[np.uint8]]:
        """The first cell of a level's window, and which of its blocks hold ground between two depths of the rays, or what is near to it,
        or casts shadows on it from a little beyond; `whole`: all in between too."""
        d = self.rays[seen] if seen.size == len(self.rays) else np.array([[0.0, 0.0, -1.0]])
        leave = np.maximum(np.minimum(leave, 1.2 * RADIUS_M), 0.0)
        some = enter <= leave
        if not some.any():
            some = enter <= enter.min()
            leave = np.maximum(leave, enter)
        width = BLOCK * 2.0 ** (k + FINEST)
        # Near enough the map's coordinates: what the tangent plane adds is a part in a hundred at most.
        longest = float(((leave[some] - enter[some]) * np.linalg.norm(d[some], axis=1)).max())
        depths = enter[some, None] + (leave[some] - enter[some])[:, None] * np.linspace(
            0.0, 1.0, min(DEPTHS, 3 + int(2.0 * longest / width))
        )
        points = (d[some, None, :2] * (depths[:, :, None] / width) + self.here / width).reshape(-1, 2)
        middle = np.floor(self.here / width).astype(np.int64)
        places = np.floor(np.clip(points, middle - 4 * MOST_BLOCKS, middle + 4 * MOST_BLOCKS)).astype(np.int64)
        toward = np.sign(self.sun[:2]).astype(np.int64)
        first = places.min(axis=0) - 1 - (toward < 0)
        size = np.minimum(places.max(axis=0) + 2 + (toward > 0) - first, MOST_BLOCKS)
        # A window that is too large is cut where it is farthest from the camera.
        first = np.clip(first, middle - size + 1, np.maximum(first, middle - size + 1)) if np.any(size == MOST_BLOCKS) else first
        needed = np.ones(size[::-1], np.uint8)
        if not whole:
            seeds = np.zeros(size[::-1] + 6, np.uint8)
            inside = places - first
            inside = inside[np.all((inside >= 0) & (inside < size), axis=1)]
            seeds[inside[:, 1] + 3, inside[:, 0] + 3] = 1
            needed = np.zeros(size[::-1], np.uint8)
            shifts = {(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)}
            for i, j in shifts | {(i + int(toward[0]), j + int(toward[1])) for i, j in shifts}:
                needed |= seeds[3 - j : 3 - j + size[1], 3 - i : 3 - i + size[0]]
        return int(first[0]) * BLOCK, int(first[1]) * BLOCK, needed


def look_from(position: Sequence[float], ahead: Sequence[float], up: Sequence[float]) -> Pose:
    """A pose that looks along `ahead` with `up` towards the top of the picture."""
    z = np.array(ahead, float) / np.linalg.norm(ahead)
    x = np.cross(z, np.array(up, float))
    x /= np.linalg.norm(x)
    m = np.stack([x, np.cross(z, x), z], axis=1)
    return Pose((float(position[0]), float(position[1]), float(position[2])), quaternion_of(m))


def quaternion_of(m: Array) -> Quaternion:
    """The unit quaternion of a rotation matrix, scalar first."""
    trace = m[0, 0] + m[1, 1] + m[2, 2]
    four = np.array([trace, *(2.0 * m[i, i] - trace for i in range(3))]) + 1.0
    k = int(np.argmax(four))
    w = np.array(
        [
            [four[0], m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], four[1], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0]],
            [m[0, 2] - m[2, 0], m[0, 1] + m[1, 0], four[2], m[1, 2] + m[2, 1]],
            [m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], four[3]],
        ]
    )[k]
    w = w / np.linalg.norm(w)
    return float(w[0]), float(w[1]), float(w[2]), float(w[3])
