"""The ground: beams over a whole descent, single heights, and grids of them; calls from Python, what the calls cost taken off."""

import math
from collections.abc import Iterator

from hal.core.arena import Arena
from hal.sim.site import RADIUS_M
from hal.sim.terrain import Terrain
from tools.bench.result import Result, best_time

Vector = tuple[float, float, float]
Shot = tuple[int, Vector, Vector]

BEAMS_RAD = ((0.0, 0.0), (0.35, 0.0), (-0.35, 0.0), (0.0, 0.35), (0.0, -0.35), (0.2, 0.2))  # ahead, aside, from the nadir
SKY = (0.0, 0.0, 1.0)


def descent(every: int) -> list[Shot]:
    """Six beams at 10 Hz from 15 km and 1.7 km/s to the ground in 700 s, 390 km of track: (beam, origin, direction)."""
    shots, along = [], -390e3
    for step in range(0, 7000, every):
        now = 0.1 * step
        left = max(1.0 - now / 460.0, 0.0)
        along = min(along + 170.0 * left * every, 0.0) if left else 0.0
        if left:
            altitude = 8000.0 + 7000.0 * left**1.5
        else:
            altitude = 8000.0 * (1.0 - (now - 460.0) / 200.0) ** 2 + 30.0 if now < 660.0 else max(30.0 - 0.75 * (now - 660.0), 1.0)
        radius = RADIUS_M + altitude + (600.0 if altitude > 2000.0 else 0.0)
        s, c = math.sin(along / RADIUS_M), math.cos(along / RADIUS_M)
        origin = (radius * s, 0.0, radius * c - RADIUS_M)
        for beam, (ahead, aside) in enumerate(BEAMS_RAD):
            east, north = math.sin(ahead), math.sin(aside)
            up = -math.sqrt(1.0 - east * east - north * north)
            shots.append((beam, origin, (east * c + up * s, north, up * c - east * s)))
    return shots


def run(quick: bool) -> Iterator[Result]:
    ground = Terrain(Arena("world"))
    ground.seed(1)
    every = 50 if quick else 1
    shots = descent(every)

    def fly(beam_rad: float) -> None:
        last = [-1.0] * len(BEAMS_RAD)
        for beam, origin, direction in shots:
            last[beam] = ground.range(origin, direction, last[beam], 60e3, beam_rad)

    def nothing() -> None:
        for _, origin, _ in shots:
            ground.range(origin, SKY)

    repeats = 1 if quick else 3
    calls = best_time(nothing, repeats)
    for name, beam_rad in (("1 mrad", 1e-3), ("50 mrad", 0.05)):
        cost = best_time(lambda beam_rad=beam_rad: fly(beam_rad), repeats) - calls
        bound = {"peer": "bound", "peer_value": 0.15} if beam_rad < 0.01 else {}
        yield Result(f"six beams of {name} over a descent", cost * every, "s", "lower", **bound)
        yield Result(f"one ray of {name}, mean of a descent", cost / len(shots) * 1e6, "us", "lower")

    places = [(0.001 * n, 2.0) for n in range(20000)]
    calls = best_time(lambda: [ground.height(east, north, 1e9, True) for east, north in places], repeats)
    for footprint in (0.02, 0.3, 15.0):
        cost = best_time(lambda footprint=footprint: [ground.height(east, north, footprint, True) for east, north in places], repeats)
        yield Result(f"height, footprint {footprint:g} m", (cost - calls) / len(places) * 1e6, "us", "lower")

    nodes = 128 if quick else 1024
    for spacing in (0.05, 1.0, 12.0):
        cost = best_time(lambda spacing=spacing: ground.heights(0.0, 0.0, spacing, nodes, nodes), repeats)
        yield Result(f"height in a grid of {spacing:g} m", cost / nodes**2 * 1e6, "us", "lower")
