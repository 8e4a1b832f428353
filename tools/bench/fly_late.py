"""python -m tools.bench.fly_late SCENARIO TICKS BUSY: fly in real time, print how late ticks began: [[microseconds, n], ...]."""

import json
import sys
import threading

from flight.__main__ import build


def spin() -> None:
    n = 0
    while True:
        n += 1


def fly(scenario: str, ticks: int, busy: bool) -> list[list[int]]:
    mission = build({"scenario": scenario, "seed": 1, "speed": "real"}, None, None)
    if busy:
        threading.Thread(target=spin, daemon=True).start()
    mission.run_real(100)  # threads are up, pages are touched
    mission.executive.measure_lateness(True)
    mission.run_real(ticks)
    histogram = mission.executive.lateness()
    mission.close()
    return [[micros, n] for micros, n in enumerate(histogram.tolist()) if n]


if __name__ == "__main__":
    print(json.dumps(fly(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "1")))
