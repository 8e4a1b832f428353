"""Snapshot, restore and digest of the whole mission, in the emulator's own process: as it flies, and with a film in its flash."""

import random
import time
from collections.abc import Iterator

from flight.__main__ import build
from flight.apps.pictures import path_of
from flight.mission import Mission
from tools.bench.result import Result, best_time

PICTURE_OCTETS = 128 + 16384  # 1024 x 1024 pixels at 64:1, and the header


def film(mission: Mission, pictures: int) -> float:
    """Store so many pictures in the lander's flash; mean seconds of one."""
    storage = next(vehicle.storage for vehicle in mission.vehicles if vehicle.name == "lander")
    assert storage is not None
    octets = random.Random(1).randbytes(PICTURE_OCTETS)
    begin = time.perf_counter()
    for number in range(pictures):
        storage.write(path_of(number), octets)
    return (time.perf_counter() - begin) / pictures


def figures(mission: Mission, what: str, repeats: int) -> Iterator[Result]:
    octets = mission.snapshot()
    digest = mission.digest()
    mission.run(50)
    mission.restore(octets)
    if mission.digest() != digest:
        raise AssertionError("a restored mission is not the one that was kept")
    yield Result(f"snapshot of the mission{what}", best_time(mission.snapshot, repeats) * 1e3, "ms", "lower")
    yield Result(f"restore of the mission{what}", best_time(lambda: mission.restore(octets), repeats) * 1e3, "ms", "lower")
    yield Result(f"size of a snapshot{what}", len(octets) / 1e3, "kB", "lower")


def run(quick: bool) -> Iterator[Result]:
    repeats, pictures = (3, 20) if quick else (50, 300)
    mission = build({"scenario": "hover", "seed": 1, "speed": "max"}, None, None)
    mission.run(500)
    yield from figures(mission, "", repeats)
    seconds = best_time(mission.digest, 10 * repeats)
    yield Result("digest of the mission", seconds * 1e6, "us", "lower")
    yield Result("digest of the mission, octets of the arenas", sum(arena.used for arena in mission.arenas) / seconds / 1e6, "MB/s")
    yield Result("a picture of 16 KiB into the flash", film(mission, pictures) * 1e3, "ms", "lower")
    yield from figures(mission, f", {pictures} pictures in flash", max(repeats // 5, 2))
    mission.close()
