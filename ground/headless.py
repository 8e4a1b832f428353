"""Flights that nobody watches: one emulator process, faults at their times, commands by the bench door, as fast as the machine can.

`farside land`, `farside drive` and campaigns share it. One process flies one run after the other: a reset costs milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from ground.bench import BenchError, Condition, Emulator
from ground.errors import EXIT_REFUSED, BadArgumentError, GroundError
from wire import cltu, frame_shapes, pus
from wire.commands import encode_command
from wire.dictionary import DICTIONARIES
from wire.dictionary.mission import TC_CHANNEL

SECOND_NS = 1_000_000_000


class FlightError(GroundError):
    """The run could not be flown to an end."""

    exit_code = EXIT_REFUSED


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault that begins so many seconds after the scenario's epoch."""

    when_s: float
    device: str
    kind: str
    parameters: Mapping[str, float] = field(default_factory=dict)


def parse_fault(text: str) -> PlannedFault:
    """WHEN:DEVICE:KIND[:k=v,...]. Raises BadArgumentError."""
    form = "WHEN:DEVICE:KIND[:k=v,...], for example 10:lander.altimeter:off"
    parts = text.split(":", 3)
    if len(parts) < 3:
        raise BadArgumentError(f"--fault {text!r} is not {form}")
    try:
        when_s = float(parts[0])
        pairs = [pair.partition("=") for pair in parts[3].split(",")] if len(parts) == 4 else []
        parameters = {name: float(value) for name, _, value in pairs}
    except ValueError:
        raise BadArgumentError(f"--fault {text!r} is not {form}") from None
    if not 0.0 <= when_s < 1e9:
        raise BadArgumentError(f"--fault {text!r}: it begins at a time from the scenario's epoch, in seconds")
    return PlannedFault(when_s, parts[1], parts[2], parameters)


class Headless:
    """One emulator at full speed. `begin` starts a run; then time passes only in `pass_seconds` and `pass_until`."""

    def __init__(self, emulator: Emulator | None = None) -> None:
        """Starts an emulator unless one is given. Raises EmulatorError."""
        self._own = emulator is None
        self.emulator = emulator or Emulator(speed="max").start()
        self.bench = self.emulator.bench
        self.tick, self.tick_s, self.digest = 0, 0.01, ""
        self._faults: list[PlannedFault] = []
        self._count = 0
        self._wall = 0.0

    def begin(self, scenario: str, seed: int, options: Mapping[str, float] | None = None, faults: Sequence[PlannedFault] = ()) -> None:
        """Reset to a scenario and a seed. Raises BadArgumentError for what the emulator does not know."""
        self._wall = time.monotonic()
        try:
            self.digest = self.bench.reset(scenario, seed, options)
        except BenchError as error:
            raise BadArgumentError(str(error)) from error
        self.tick, self._count = 0, 0
        self.tick_s = float(self.bench.peek("lander.telemetry.tick_ns")) / SECOND_NS
        self._faults = sorted(faults, key=lambda fault: fault.when_s)
        self._inject()

    @property
    def time_s(self) -> float:
        """From the scenario's epoch."""
        return round(self.tick * self.tick_s, 6)

    @property
    def wall_s(self) -> float:
        """Of the wall, since the run began."""
        return time.monotonic() - self._wall

    def send(self, vehicle: str, name: str, **arguments: Any) -> None:
        """One command, as if the radio had received it before the next tick."""
        book = DICTIONARIES[vehicle]
        row = book.command(name)
        packet = pus.build_tc(row.apid, self._count, row.service, row.subtype, encode_command(vehicle, name, arguments), 0b1111, 1)
        self._count = (self._count + 1) & 0x3FFF
        self.bench.uplink(cltu.encode(frame_shapes.build_tc_frame(book.vehicle.spacecraft_id, TC_CHANNEL, packet)))

    def peek(self, *symbols: str) -> list[float]:
        return [float(self.bench.peek(symbol)) for symbol in symbols]

    def pass_seconds(self, seconds: float) -> None:
        self.pass_until((), seconds)

    def pass_until(self, conditions: Sequence[Condition], limit_s: float) -> bool:
        """Let time pass until one of the conditions holds; False when none has within the limit."""
        end = self.tick + round(limit_s / self.tick_s)
        while self.tick < end:
            until = min([end, *(max(self.tick + 1, round(fault.when_s / self.tick_s)) for fault in self._faults[:1])])
            piece = until - self.tick
            run = self.bench.run_until(conditions, piece * self.tick_s) if conditions else self.bench.run(ticks=piece)
            self.tick, self.digest = run.tick, run.digest
            self._inject()
            if run.met is not None:
                return True
        return False

    def _inject(self) -> None:
        while self._faults and round(self._faults[0].when_s / self.tick_s) <= self.tick:
            fault = self._faults.pop(0)
            try:
                self.bench.inject(fault.device, fault.kind, **fault.parameters)
            except BenchError as error:
                raise BadArgumentError(f"--fault: {error}", "farside faults shows what can be broken") from error

    def close(self) -> None:
        if self._own:
            self.emulator.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
