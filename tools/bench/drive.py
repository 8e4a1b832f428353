"""A drive of the rover over terrain with the whole mission around it, against real time; one process, one core."""

import time
from collections.abc import Iterator

from flight.__main__ import build
from flight.doors.inbox import SOURCE_BENCH
from tools.bench.emulator import telecommand
from tools.bench.result import Result
from wire.dictionary.rover_mobility import PHASE, STOP_REASON

BOOTED_TICKS = 500  # and the drives are set up
STOPPED = [("rover.mobility.phase", "==", float(PHASE["STOPPED"]))]
SETTING_OFF = [("rover.mobility.phase", "!=", float(PHASE["STOPPED"]))]
LONGEST_TICKS = 200_000


def run(quick: bool) -> Iterator[Result]:
    distance_m, repeats = (1.0, 1) if quick else (10.0, 3)
    mission = build({"scenario": "rover-on-ground", "seed": 1, "speed": "max"}, None, None)
    wall, processor = [], []
    for _ in range(repeats):
        mission.reset("rover-on-ground", 1)
        mission.run(BOOTED_TICKS)
        mission.inbox.put(SOURCE_BENCH, telecommand("rover", "drive", 0, distance_m=distance_m, turn_rad=0.0)[1])
        mission.run_until(SETTING_OFF, 200)
        begin, start, used = time.perf_counter(), mission.tick, time.process_time()
        if mission.run_until(STOPPED, LONGEST_TICKS)["met"] is None or mission.peek("rover.mobility.reason") != STOP_REASON["ARRIVED"]:
            raise AssertionError("the rover did not arrive")
        simulated = (mission.tick - start) * mission.tick_ns * 1e-9
        wall.append(simulated / (time.perf_counter() - begin))
        processor.append(simulated / (time.process_time() - used))
    yield Result("rover's drive on terrain, times real time", max(wall), "x")
    yield Result("rover's drive on terrain, times real time, by processor time", max(processor), "x")
    mission.close()
