"""The conductor: decides when the loop runs (lockstep, paced or real time) and serves the bench door, both on the main thread, at tick
boundaries.

Any thread may `submit` a request: the loop leaves at its next tick boundary, the request is answered, the loop goes on. Requests are
answered in the order in which they come; those that move time (`run`, `step`, `run_until`) are answered when they are done, and only one
of them can be under way.
"""

from __future__ import annotations

import logging
import queue
import threading
import traceback
from dataclasses import dataclass, field
from typing import Any, Protocol

from flight.doors.bench import BUSY, ENDING, INTERNAL_ERROR, REFUSED, BenchError
from flight.doors.bench_methods import BenchMethods, Goal

UNBOUNDED_TICKS = 1 << 40  # free running: until asked to stop

log = logging.getLogger("farside.conductor")


class Radio(Protocol):
    """What the conductor asks of the radio door."""

    def settle(self) -> None: ...
    def drop_clients(self) -> None: ...
    @property
    def counters(self) -> dict[str, dict[str, int]]: ...


@dataclass(eq=False)
class Request:
    """A bench request between the door's thread, which waits, and the main thread, which answers."""

    method: str
    params: list[Any] | dict[str, Any]
    answered: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: BenchError | None = None

    def answer(self, result: Any = None, error: BenchError | None = None) -> None:
        self.result, self.error = result, error
        self.answered.set()


class Conductor:
    """Drives one mission. `speed` is "max", "real" or a factor of real time; "max" starts paused, the others run from the start."""

    def __init__(self, mission: Any, speed: str | float, radio: Radio | None = None) -> None:
        self.mission, self.radio = mission, radio
        self.speed = speed
        self.paused = speed == "max"
        self.bench_counters: dict[str, int] = {}
        self._methods = BenchMethods(self)
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._goal: tuple[Goal, Request] | None = None
        self._ending = False
        self._door = threading.Lock()  # nobody comes in once `_ending` is seen, nor while the loop is about to go on

    def submit(self, method: str, params: list[Any] | dict[str, Any]) -> Any:
        """From any other thread: have a request answered. Raises BenchError."""
        request = Request(method, params)
        with self._door:
            if self._ending:
                raise BenchError(ENDING, "the emulator is shutting down")
            self._leave_loop(request)
        request.answered.wait()
        if request.error is not None:
            raise request.error
        return request.result

    def finish(self) -> None:
        """From any thread: `serve` returns at the next tick boundary."""
        with self._door:
            self._ending = True
            self._leave_loop(None)

    def _leave_loop(self, request: Request | None) -> None:
        """The caller holds the door's lock: an interruption that is seen has its request in the queue."""
        self._requests.put(request)
        self.mission.request_stop()
        self.mission.outlet.interrupt()

    def serve(self) -> None:
        """The main thread's life: answer what is asked, let time pass in between, until `finish`."""
        try:
            while not self._ending:
                self._answer_waiting()
                if not self._ending and not self._is_idle():
                    self._advance()
        finally:
            with self._door:
                self._ending = True
            self._end_goal(BenchError(ENDING, "the emulator is shutting down"))
            while not self._requests.empty():
                if request := self._requests.get():
                    request.answer(error=BenchError(ENDING, "the emulator is shutting down"))

    def _is_idle(self) -> bool:
        return self.paused and self._goal is None

    def _answer_waiting(self) -> None:
        """Answer everything that waits; when there is nothing else to do, wait for something."""
        while not self._ending and (self._is_idle() or not self._requests.empty()):
            request = self._requests.get()
            if request is not None:
                self._answer(request)

    def _answer(self, request: Request) -> None:
        try:
            result = self._methods.call(request.method, request.params)
            if not isinstance(result, Goal):
                request.answer(result)
            elif self._goal is not None:
                raise BenchError(BUSY, "time is already being driven", reason=f"{self._goal[1].method} is under way; `pause` ends it")
            else:
                self._begin(result, request)
        except Exception as error:  # noqa: BLE001 (the bench shall see its own request fail, and the spacecraft fly on)
            request.answer(error=as_bench_error(request.method, error))

    def _begin(self, goal: Goal, request: Request) -> None:
        """Time is to pass on request. What was sent to the radio before is on board first, so that a bench's own order holds."""
        self.paused = True
        self._goal = (goal, request)
        self._settle()

    def _settle(self) -> None:
        if self.radio is not None:
            self.radio.settle()

    def pause(self) -> None:
        """Stop time; a run under way is answered as far as it came."""
        self.paused = True
        self._end_goal()

    def resume(self) -> None:
        """Let time pass at the present speed, once all is on board that was sent before. Raises BenchError while a run is under way."""
        if self._goal is not None:
            raise BenchError(BUSY, "time is already being driven", reason=f"{self._goal[1].method} is under way")
        if self.paused:
            self._settle()
        self.paused = False

    def set_speed(self, speed: str | float) -> None:
        """Change the pace of a lockstep run. Raises ValueError: real time is chosen at the start, and for good."""
        if (speed == "real") != bool(self.mission.real_time):
            raise ValueError(
                "real time measures what lockstep models: it is chosen when the emulator starts (--speed) and cannot be changed"
            )
        self.speed = speed

    def jumped(self) -> None:
        """Time has been set anew by a reset or a restore: what the radio holds belongs to another time."""
        if self.radio is not None:
            self.radio.drop_clients()
        else:
            self.mission.inbox.flush()

    def _end_goal(self, error: BenchError | None = None) -> None:
        if self._goal is None:
            return
        (goal, request), self._goal = self._goal, None
        if error is None:
            request.answer(goal.result(self.mission))
        else:
            request.answer(error=error)

    def _advance(self) -> None:
        """Let time pass until the goal is reached or somebody asks for something.

        A slow telemetry reader is waited for between two ticks, so that requests are answered meanwhile.
        """
        with self._door:
            self.mission.outlet.resume()
            if not self._requests.empty():
                return
        self.mission.outlet.wait_for_room()
        if self._goal is None:
            self._run(UNBOUNDED_TICKS)
            return
        goal = self._goal[0]
        try:
            if goal.left and goal.conditions:
                before = self.mission.tick
                goal.met = self.mission.run_until(goal.conditions, goal.left, **self._pace())["met"]
                goal.done += self.mission.tick - before
            elif goal.left:
                goal.done += self._run(goal.left)
        except Exception as error:  # noqa: BLE001 (as in _answer)
            self._end_goal(as_bench_error(self._goal[1].method, error))
            return
        if goal.met is not None or not goal.left:
            self._end_goal()

    def _run(self, ticks: int) -> int:
        if self.speed == "real":
            return int(self.mission.run_real(ticks))
        if self.speed == "max":
            return int(self.mission.run(ticks))
        return int(self.mission.run_paced(ticks, float(self.speed)))

    def _pace(self) -> dict[str, float]:
        return {} if isinstance(self.speed, str) else {"factor": float(self.speed)}


def as_bench_error(method: str, error: Exception) -> BenchError:
    """What a bench is told: a refusal with its reason, or a failure of our own, which is logged whole."""
    if isinstance(error, BenchError):
        return error
    if isinstance(error, (ValueError, KeyError, OSError)):
        reason = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
        return BenchError(REFUSED, f"{method}: {reason}", reason=reason)
    log.error("%s failed:\n%s", method, "".join(traceback.format_exception(error)))
    return BenchError(INTERNAL_ERROR, f"{method} failed", reason=f"{type(error).__name__}: {error}")
