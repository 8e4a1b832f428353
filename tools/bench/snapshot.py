"""Snapshot and restore of the whole mission, in the emulator's own process."""

from collections.abc import Iterator

from flight.__main__ import build
from tools.bench.result import Result, best_time


def run(quick: bool) -> Iterator[Result]:
    mission = build({"scenario": "hover", "seed": 1, "speed": "max"}, None, None)
    mission.run(500)
    octets = mission.snapshot()
    digest = mission.digest()
    mission.run(50)
    mission.restore(octets)
    if mission.digest() != digest:
        raise AssertionError("a restored mission is not the one that was kept")
    repeats = 3 if quick else 50
    yield Result("snapshot of the mission", best_time(mission.snapshot, repeats) * 1e3, "ms", "lower")
    yield Result("restore of the mission", best_time(lambda: mission.restore(octets), repeats) * 1e3, "ms", "lower")
    yield Result("digest of the mission", best_time(mission.digest, repeats) * 1e6, "us", "lower")
    yield Result("size of a snapshot", len(octets) / 1e3, "kB", "lower")
    mission.close()
