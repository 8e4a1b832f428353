"""Pictures of 1024 x 1024 pixels on two threads: from light to counts, with the ground known, and in a descent that brings new ground."""

import time
from collections.abc import Iterator

import numpy as np

from hal.core.arena import Arena
from hal.sim import camera_figures as figures
from hal.sim.compression import compress
from hal.sim.picture import Optics, Painter, Pose, look_from
from hal.sim.terrain import Terrain
from tools.bench.result import Result, best_time

SUN = (0.66, 0.54, 0.5225)  # of the landing


def seconds(painter: Painter, pose: Pose, repeats: int) -> float:
    """One picture and its exposure."""
    counts = np.empty((painter.optics.height_px, painter.optics.width_px), np.uint8)

    def work() -> None:
        painter.paint(pose, SUN)
        painter.run(painter.renderer.expose, counts, 3e5, figures.FULL_COUNT_ELECTRONS, figures.READ_NOISE_ELECTRONS, 1)

    return best_time(work, repeats)


def run(quick: bool) -> Iterator[Result]:
    terrain = Terrain(Arena("world", 1 << 19))
    terrain.seed(1)
    repeats = 1 if quick else 15

    def pose(optics: Optics, height: float, ahead: tuple[float, float, float]) -> tuple[Painter, Pose]:
        at = (3.0, 3.0, terrain.height(3.0, 3.0, 0.05) + height)
        return Painter(terrain, optics), look_from(at, ahead, (1.0, 0.0, 0.0) if ahead[2] < -0.9 else (0.0, 0.0, 1.0))

    views = (
        ("from 8 km, straight down", figures.LCAM, 8000.0, (0.0, 0.0, -1.0)),
        ("from 100 m, straight down", figures.LCAM, 100.0, (0.0, 0.0, -1.0)),
        ("from 15 km, to the horizon", figures.LCAM, 15000.0, (0.0, 1.0, -0.2)),
        ("from the mast", figures.MCAM, 1.5, (0.6, 0.8, -0.2)),
    )
    for name, optics, height, ahead in views[:2] if quick else views:
        painter, place = pose(optics, height, ahead)
        seconds(painter, place, 1)
        yield Result(f"picture 1024 x 1024 {name}", 1e3 * seconds(painter, place, repeats), "ms", "lower")
    painter, _ = pose(figures.LCAM, 100.0, (0.0, 0.0, -1.0))
    heights = np.geomspace(2000.0, 20.0, 2 if quick else 60)
    begin = time.perf_counter()
    for height in heights:
        at = (3.0, 3.0, terrain.height(3.0, 3.0, 0.05) + float(height))
        seconds(painter, look_from(at, (0.0, 0.0, -1.0), (1.0, 0.0, 0.0)), 1)
    yield Result("picture of a descent from 2 km to 20 m, mean of 60", 1e3 * (time.perf_counter() - begin) / len(heights), "ms", "lower")
    counts = np.clip(painter.renderer.radiance * 3000.0, 0, 255).astype(np.uint8)
    yield Result("compression of a picture 64:1", 1e3 * best_time(lambda: compress(counts, 64, 10), repeats), "ms", "lower")
    yield Result("compression of a picture 8:1", 1e3 * best_time(lambda: compress(counts, 8, 75), repeats), "ms", "lower")
