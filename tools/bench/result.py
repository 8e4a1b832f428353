"""Result: one measured figure beside that of a peer; and the few ways in which time is measured here."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """One row of bench.json. `peer_value` is measured in the same run unless `peer` says "published" or "limit"."""

    name: str
    value: float
    unit: str
    better: str = "higher"
    peer: str | None = None
    peer_value: float | None = None

    def row(self) -> dict[str, Any]:
        """The row as bench.json holds it; `ratio` is value over peer_value, whichever is better."""
        ratio = self.value / self.peer_value if self.peer_value else None
        return {**asdict(self), "ratio": ratio}


def best_time(work: Callable[[], object], repeats: int = 5) -> float:
    """Seconds of the fastest of some runs: what the work costs when nobody disturbs."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def calls_per_second(work: Callable[[], object], seconds: float) -> float:
    """How often some work can be called a second, in loops of about a fifth of `seconds`."""

    def loop(n: int) -> float:
        calls = range(n)
        return best_time(lambda: [work() for _ in calls], 1)

    n = 1
    while loop(n) < seconds / 50:
        n *= 2
    n *= 10
    return n / min(loop(n) for _ in range(5))
