"""How late a tick begins in real time, at 100 Hz and 1 kHz, beside a bare C loop of absolute sleeps in the same run.

The loops run one after the other, each alone on the machine as far as we know, each with the same scheduling.
"""

import json
import subprocess
import sys
from collections.abc import Iterator

from tools.bench.emulator import quantile
from tools.bench.place import ROOT, c_program
from tools.bench.result import Result

TABLES = [("100 Hz", "hover", 10_000), ("1 kHz", "bench", 1_000)]


def bare(tick_us: int, count: int) -> list[float]:
    """Lateness in microseconds of every wake-up of the C loop."""
    result = subprocess.run([str(c_program("sleep_loop")), str(tick_us), str(count)], capture_output=True, text=True, check=True)
    return [int(line) / 1000.0 for line in result.stdout.split("\n") if line.isdigit()]


def flown(scenario: str, ticks: int, busy: bool) -> list[float]:
    """Lateness in microseconds of every tick of a mission in a process of its own."""
    command = [sys.executable, "-m", "tools.bench.fly_late", scenario, str(ticks), str(int(busy))]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    histogram = json.loads(result.stdout.splitlines()[-1])
    return [float(micros) for micros, n in histogram for _ in range(n)]


def run(quick: bool) -> Iterator[Result]:
    for label, scenario, tick_us in TABLES:
        count = (1 if quick else 30) * 1_000_000 // tick_us
        floor = bare(tick_us, count)
        for busy in (False, True):
            ours = flown(scenario, count, busy)
            name = f"lateness, {label}{', busy Python thread' if busy else ''}"
            for what, q in (("median", 0.5), ("99th percentile", 0.99), ("99.9th percentile", 0.999)):
                yield Result(f"{name}, {what}", quantile(ours, q), "us", "lower", "bare C loop", quantile(floor, q))
            yield Result(f"{name}, maximum", max(ours), "us", "lower", "bare C loop", max(floor))
