"""The ground's clock: the one module of ground that reads a clock. Every time-out and received-time stamp goes through it.

Ground time is integer nanoseconds from 1970-01-01 UTC without leap seconds, as computers count. Packets carry the spacecraft's
(TAI from 1958-01-01, `wire.time_scales`); the two are never compared.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

SECOND_NS = 1_000_000_000
PATIENCE_S = 10.0  # of wall time, at the least, for an answer: machine, network and a far end behind its own pace take it at any factor
_SHORTEST_PAUSE_S = 0.05  # of wall time: a fast clock shall not make a retry a busy loop


class GroundClock:
    """Wall time multiplied by `factor` from the moment the clock is made."""

    def __init__(self, factor: float = 1.0) -> None:
        if not factor > 0.0:
            raise ValueError(f"the ground clock's factor is {factor}: it must be above 0")
        self.factor = factor
        self._origin_ns = time.time_ns()
        self._monotonic_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        """Ground time; never goes back."""
        elapsed = time.monotonic_ns() - self._monotonic_ns
        return self._origin_ns + (elapsed if self.factor == 1.0 else int(elapsed * self.factor))

    def wait(self, condition: threading.Condition, predicate: Callable[[], bool], timeout_s: float | None = None) -> bool:
        """Wait until `predicate` holds or `timeout_s` of ground time have passed; the condition's lock is held by the caller."""
        if timeout_s is None:
            return condition.wait_for(predicate)
        return condition.wait_for(predicate, timeout_s / self.factor)

    def pause(self, stop: threading.Event, seconds: float) -> bool:
        """Rest for `seconds` of ground time, and at least 50 ms of wall time; True as soon as `stop` is set."""
        return stop.wait(max(seconds / self.factor, _SHORTEST_PAUSE_S))

    def patience_s(self, seconds: float) -> float:
        """The ground time to wait for what is due within `seconds` of it before calling it lost: at least 10 s of wall time."""
        return max(seconds, PATIENCE_S * self.factor)

    def io_timeout_s(self, seconds: float) -> float:
        """The wall time to give to an operating-system call that may take `seconds` of ground time."""
        return max(seconds / self.factor, _SHORTEST_PAUSE_S)


class SimulatedClock(GroundClock):
    """Ground time as somebody gives it (a test bench that steps the spacecraft): it stands still between two `advance_to`."""

    def __init__(self, now_ns: int = 0) -> None:
        super().__init__()
        self._now_ns = now_ns
        self._lock = threading.Lock()
        self._waiting: list[threading.Condition] = []

    def now_ns(self) -> int:
        return self._now_ns

    def advance_to(self, now_ns: int) -> None:
        """Set the time; who waits for it wakes. Going back is refused."""
        with self._lock:
            if now_ns < self._now_ns:
                raise ValueError(f"ground time cannot go back from {self._now_ns} to {now_ns} ns")
            self._now_ns = now_ns
            waiting = list(self._waiting)
        for condition in waiting:
            with condition:
                condition.notify_all()

    def patience_s(self, seconds: float) -> float:
        return seconds  # while time stands still, nothing is late

    def wait(self, condition: threading.Condition, predicate: Callable[[], bool], timeout_s: float | None = None) -> bool:
        if timeout_s is None:
            return condition.wait_for(predicate)
        until = self._now_ns + int(timeout_s * SECOND_NS)
        with self._lock:
            self._waiting.append(condition)
        try:
            condition.wait_for(lambda: predicate() or self._now_ns >= until)
        finally:
            with self._lock:
                self._waiting.remove(condition)
        return predicate()


def ground_text(ground_ns: int) -> str:
    """A moment of ground time for people, in UTC."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ground_ns // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
