"""How many ticks a second the executive runs: with nothing to do, and with the whole mission."""

import time
from collections.abc import Iterator

from flight.__main__ import build
from flight.executive import Executive
from flight.record_log import RecordLog
from hal.core.arena import Arena
from tools.bench.result import Result


def run(quick: bool) -> Iterator[Result]:
    n = 1_000_000 if quick else 50_000_000
    executive = Executive(Arena("harness"), [], [], RecordLog(), 10_000_000)
    begin = time.perf_counter()
    executive.run(n)
    yield Result("executive, empty table", n / (time.perf_counter() - begin), "ticks/s")
    mission = build({"scenario": "hover", "seed": 1, "speed": "max"}, None, None)
    mission.run(200)
    n = 2_000 if quick else 100_000
    begin = time.perf_counter()
    mission.run(n)
    yield Result("executive, lander hovering, rover and relay aboard", n / (time.perf_counter() - begin), "ticks/s")
    mission.close()
