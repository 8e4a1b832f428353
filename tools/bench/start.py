"""From starting the process to its doors, and to a no-op commanded and answered; and the memory that the emulator then holds."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from tools.bench.emulator import emulator, pings
from tools.bench.place import c_program
from tools.bench.result import Result


def resident_mb(pid: int) -> float:
    """Resident memory (Linux), MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1]) * 1024 / 1e6


def run(quick: bool) -> Iterator[Result]:
    c_program("ping_client")
    times, doors = [], []
    for _ in range(1 if quick else 5):
        began = time.monotonic()
        with emulator(scenario="hover", speed="real", link="lab") as flying:
            doors.append(time.monotonic() - began)
            pings(flying, "lander", 1, 1000, settle_us=0)
            times.append(time.monotonic() - began)
            time.sleep(1.0)
            memory = resident_mb(flying.process.pid)
    yield Result("process start to open doors", min(doors), "s", "lower")
    yield Result("process start to a command completed", min(times), "s", "lower", "bound", 2.0)
    yield Result("resident memory, flying", memory, "MB", "lower", "bound", 200.0)
