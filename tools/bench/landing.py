"""Landings without film, headless, against real time: the whole descent from 15 km, and the last 500 m; one process, one core.

All three vehicles fly, with every device, bus and slot. The second row of each counts processor time instead of wall time: on a machine
that others use too it tells what one core does.
"""

import time
from collections.abc import Iterator

from flight.__main__ import build
from flight.doors.inbox import SOURCE_BENCH
from flight.mission import Mission
from tools.bench.emulator import telecommand
from tools.bench.result import Result
from wire.dictionary import DICTIONARIES

LANDED = [("lander.mode.mode", "==", float(DICTIONARIES["lander"].vehicle.modes["LANDED"]))]
BOOTED_TICKS = 300
LONGEST_TICKS = 150_000


def descend(mission: Mission, scenario: str, command: str, seed: int = 1) -> tuple[float, float, float]:
    """From the command to standing: simulated, wall and processor seconds."""
    mission.reset(scenario, seed)
    mission.run(BOOTED_TICKS)
    start = mission.tick
    mission.inbox.put(SOURCE_BENCH, telecommand("lander", command, 0)[1])
    wall, processor = time.perf_counter(), time.process_time()
    if mission.run_until(LANDED, LONGEST_TICKS)["met"] is None:
        raise AssertionError("the lander did not land")
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return (mission.tick - start) * mission.tick_ns * 1e-9, wall, processor


def run(quick: bool) -> Iterator[Result]:
    mission = build({"scenario": "descent", "seed": 1, "speed": "max"}, None, None)
    for name, scenario, command, bound in (("15 km", "descent", "go", 500.0), ("500 m", "hover", "land", 1000.0)):
        flights = [descend(mission, scenario, command) for _ in range(1 if quick else 5)]
        wall = max(simulated / wall for simulated, wall, _ in flights)
        processor = max(simulated / processor for simulated, _, processor in flights)
        yield Result(f"landing from {name}, times real time", wall, "x", peer="bound", peer_value=bound)
        yield Result(f"landing from {name}, times real time, by processor time", processor, "x", peer="bound", peer_value=bound)
    mission.close()
