"""A landing from 500 m on command, headless, against real time; one process, one core."""

import time
from collections.abc import Iterator

from flight.__main__ import build
from flight.doors.inbox import SOURCE_BENCH
from tools.bench.emulator import telecommand
from tools.bench.result import Result
from wire.dictionary import DICTIONARIES

BOOTED_TICKS = 300
LANDED = [("lander.mode.mode", "==", float(DICTIONARIES["lander"].vehicle.modes["LANDED"]))]


def run(quick: bool) -> Iterator[Result]:
    mission = build({"scenario": "hover", "seed": 1, "speed": "max"}, None, None)
    _, octets = telecommand("lander", "land", 0)
    best = 0.0
    for _ in range(1 if quick else 3):
        mission.reset("hover", 1)
        mission.run(BOOTED_TICKS)
        start = mission.tick
        mission.inbox.put(SOURCE_BENCH, octets)
        began = time.perf_counter()
        if mission.run_until(LANDED, 60_000)["met"] is None:
            raise AssertionError("the lander did not land")
        elapsed = time.perf_counter() - began
        best = max(best, (mission.tick - start) * mission.tick_ns * 1e-9 / elapsed)
    yield Result("landing from 500 m, times real time", best, "x", peer="bound", peer_value=1000.0)
    mission.close()
