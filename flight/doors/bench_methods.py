"""What a bench may ask: each public method of `BenchMethods` is one of the bench door's, called on the main thread at a tick boundary."""

from __future__ import annotations

import base64
import binascii
import difflib
import inspect
import os
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flight.doors.bench import INVALID_PARAMS, METHOD_NOT_FOUND, REFUSED, BenchError
from flight.doors.inbox import SOURCE_BENCH

if TYPE_CHECKING:
    from flight.conductor import Conductor

Condition = tuple[str, str, float]
OPERATORS = ("<", "<=", ">", ">=", "==", "!=")
DEFAULT_LIMIT_S = 3600.0  # of a run_until that names none


@dataclass(eq=False)
class Goal:
    """Time that a request wants to pass: so many ticks, or fewer when one of the conditions is met."""

    ticks: int
    conditions: list[Condition] | None = None
    done: int = 0
    met: int | None = None

    @property
    def left(self) -> int:
        return self.ticks - self.done

    def result(self, mission: Any) -> dict[str, Any]:
        found = {"tick": mission.tick, "ticks": self.done, "digest": mission.digest()}
        return found if self.conditions is None else found | {"met": self.met}


class BenchMethods:
    """Times in seconds, ticks as integers, symbols as `arena.record.field`."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor
        self._mission = conductor.mission
        self._table = {name: _Signature(getattr(self, name)) for name in dir(self) if not name.startswith("_") and name != "call"}

    def call(self, method: str, params: list[Any] | dict[str, Any]) -> Any:
        """Check the parameters and do it. Raises BenchError for a method or parameters that do not exist."""
        signature = self._table.get(method)
        if signature is None:
            near = difflib.get_close_matches(method, self._table, 3)
            raise BenchError(METHOD_NOT_FOUND, f"there is no method {method[:80]!r}", near=near, methods=sorted(self._table))
        return signature.call(params)

    def methods(self) -> dict[str, str]:
        """The methods, each with its parameters and what it does."""
        return {name: f"{signature.shape} {signature.meaning}" for name, signature in sorted(self._table.items())}

    def reset(self, scenario: str | None = None, seed: int | None = None, options: dict[str, float] | None = None) -> dict[str, Any]:
        """Start a scenario from its epoch; what is not given stays as it was. Radio clients are disconnected."""
        mission = self._mission
        self._conductor.pause()
        mission.reset(scenario or mission.scenario, mission.seed if seed is None else seed, options or {})
        self._conductor.jumped()
        return {"tick": mission.tick, "scenario": mission.scenario, "seed": mission.seed, "digest": mission.digest()}

    def run(self, ticks: int | None = None, seconds: float | None = None) -> Goal:
        """Let so much time pass at the present speed, then pause: tick, ticks done and digest."""
        if (ticks is None) == (seconds is None):
            raise BenchError(INVALID_PARAMS, "run: name either ticks or seconds")
        return Goal(self._ticks(ticks, seconds))

    def step(self, ticks: int = 1) -> Goal:
        """One tick, or a few: as run."""
        return Goal(self._ticks(ticks, None))

    def run_until(self, conditions: list[list[Any]], max_seconds: float = DEFAULT_LIMIT_S) -> Goal:
        """Run until a condition [symbol, operator, value] holds, then pause: `met` is its place in the list, or null at the limit."""
        rows = [_condition(each) for each in conditions]
        if not rows:
            raise BenchError(INVALID_PARAMS, "run_until: no condition")
        return Goal(self._ticks(None, max_seconds), rows)

    def _ticks(self, ticks: int | None, seconds: float | None) -> int:
        count = ticks if seconds is None else round(seconds * 1e9 / self._mission.tick_ns)
        if count is None or not 0 <= count < 1 << 40:
            raise BenchError(INVALID_PARAMS, "time goes forward, by less than 2^40 ticks")
        return count

    def pause(self) -> dict[str, Any]:
        """Stop time at the next tick boundary."""
        self._conductor.pause()
        return {"tick": self._mission.tick}

    def resume(self) -> dict[str, Any]:
        """Let time pass at the present speed until told otherwise."""
        self._conductor.resume()
        return {"tick": self._mission.tick, "speed": self._conductor.speed}

    def speed(self, factor: float | str | None = None) -> dict[str, Any]:
        """The pace: a factor of real time, or "max". Without a factor, what it is."""
        if factor is not None:
            self._conductor.set_speed(parse_speed(str(factor)))
        return {"speed": self._conductor.speed, "paused": self._conductor.paused}

    def inject(self, device: str, kind: str, params: dict[str, float] | None = None) -> dict[str, Any]:
        """Start a fault now; `faults` lists what there is."""
        self._mission.inject(device, kind, params or {})
        return {"tick": self._mission.tick}

    def clear(self, device: str, kind: str | None = None) -> dict[str, Any]:
        """End one fault of a device, or all of them."""
        self._mission.clear(device, kind)
        return {"tick": self._mission.tick}

    def faults(self) -> Any:
        """The matrix of devices, depths and kinds, each supported or refused with the reason."""
        return [dict(row) for row in self._mission.faults()]

    def devices(self) -> Any:
        """The devices, their buses and vehicles."""
        return self._mission.devices()

    def truth(self) -> Any:
        """What no on-board computer can know."""
        return self._mission.truth()

    def symbols(self, prefix: str = "") -> Any:
        """The symbols that begin so, with type and unit."""
        return self._mission.symbols(prefix)

    def peek(self, symbol: str) -> Any:
        """The value behind a symbol; null for a number that is none."""
        return self._mission.peek(symbol)

    def poke(self, symbol: str, value: float) -> dict[str, Any]:
        """Overwrite the value behind a symbol."""
        self._mission.poke(symbol, value)
        return {"tick": self._mission.tick}

    def uplink(self, octets: str) -> dict[str, Any]:
        """Hand octets (base64) to the radio, as if received before the next tick."""
        data = _octets(octets)
        if not self._mission.inbox.put(SOURCE_BENCH, data, wait=False):
            raise BenchError(REFUSED, "uplink: the inbox is full", reason="the inbox is full")
        return {"tick": self._mission.tick, "octets": len(data)}

    def snapshot(self) -> dict[str, Any]:
        """The whole mission as it is now, in base64."""
        octets = self._mission.snapshot()
        return {"tick": self._mission.tick, "octets": base64.b64encode(octets).decode(), "digest": self._mission.digest()}

    def restore(self, octets: str) -> dict[str, Any]:
        """Go to the time of a snapshot, and pause. Radio clients are disconnected."""
        return self._restore(_octets(octets))

    def save(self, path: str) -> dict[str, Any]:
        """A snapshot to a file on the emulator's side; it appears whole or not at all."""
        octets = self._mission.snapshot()
        draft = Path(f"{path}.{os.getpid()}.part")
        with open(draft, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return {"tick": self._mission.tick, "octets": len(octets), "digest": self._mission.digest()}

    def load(self, path: str) -> dict[str, Any]:
        """Restore from a file on the emulator's side."""
        return self._restore(Path(path).read_bytes())

    def _restore(self, octets: bytes) -> dict[str, Any]:
        self._conductor.pause()
        self._mission.restore(octets)
        self._conductor.jumped()
        return {"tick": self._mission.tick, "digest": self._mission.digest()}

    def digest(self) -> dict[str, Any]:
        """The digest of all state now."""
        return {"tick": self._mission.tick, "digest": self._mission.digest()}

    def digests(self, since_second: int = 0) -> list[list[Any]]:
        """Second and digest of every second since."""
        return [list(row) for row in self._mission.digests(since_second)]

    def computer(self, vehicle: str, action: str) -> dict[str, Any]:
        """Power of an on-board computer: on, off or reset."""
        if action not in ("on", "off", "reset"):
            raise BenchError(INVALID_PARAMS, "computer: the action is on, off or reset", action=action)
        self._mission.computer(vehicle, action)
        return {"tick": self._mission.tick}

    def slot(self, name: str, cost_factor: float = 1.0, hung: bool = False) -> dict[str, Any]:
        """A fault of computing: one slot of the table costs more, or never comes back; without arguments it is whole again."""
        self._mission.slot(name, cost_factor, hung)
        return {"tick": self._mission.tick}

    def channel(self, side: str | None = None, settings: dict[str, float] | None = None) -> Any:
        """Change one direction of the link's channel ("up", "down"): what is not named is off. Answers with settings and counts of both."""
        if side is not None:
            self._mission.set_channel(side, settings or {})
        return self._mission.status()["channel"]

    def status(self) -> dict[str, Any]:
        """Speed, lateness, missed ticks, overruns, frames, and what the doors have counted by reason."""
        conductor = self._conductor
        found = dict(self._mission.status())
        found |= {"tick": self._mission.tick, "speed": conductor.speed, "paused": conductor.paused, "scenario": self._mission.scenario}
        return found | {
            "seed": self._mission.seed,
            "radio": conductor.radio.counters if conductor.radio else {},
            "bench": dict(conductor.bench_counters),
        }

    def shutdown(self) -> dict[str, Any]:
        """End the emulator in order."""
        self._conductor.finish()
        return {"tick": self._mission.tick}


class _Signature:
    """One method, its parameters and their types."""

    def __init__(self, method: Any) -> None:
        self.method = method
        self.signature = inspect.signature(method)
        self.shape = f"({', '.join(str(each).split(':')[0] for each in self.signature.parameters.values())})"
        self.meaning = " ".join((method.__doc__ or "").split())
        self.hints = typing.get_type_hints(method)

    def call(self, params: list[Any] | dict[str, Any]) -> Any:
        name = self.method.__name__
        try:
            bound = self.signature.bind(**params) if isinstance(params, dict) else self.signature.bind(*params)
        except TypeError as error:
            raise BenchError(INVALID_PARAMS, f"{name}: {error}", parameters=self.shape) from None
        for parameter, value in bound.arguments.items():
            if not fits(value, self.hints[parameter]):
                wanted = getattr(self.hints[parameter], "__name__", str(self.hints[parameter]))
                raise BenchError(INVALID_PARAMS, f"{name}: {parameter} must be {wanted}, not {str(value)[:80]!r}", parameter=parameter)
        return self.method(**bound.arguments)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value from JSON is of the type that a signature names."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin in (types.UnionType, typing.Union):
        return any(fits(value, each) for each in inner)
    if origin is list:
        return isinstance(value, list) and all(fits(each, inner[0]) for each in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(each, inner[1]) for each in value.values())
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, hint) and not (hint is int and isinstance(value, bool))


def parse_speed(text: str) -> str | float:
    """ "max", "real" or a factor of real time. Raises ValueError with what was wrong."""
    if text in ("max", "real"):
        return text
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 1e-3 <= factor <= 1e6:
        raise ValueError(f"a speed is real, max or a factor of real time from 0.001 to 1000000, not {text!r}")
    return factor


def _condition(row: list[Any]) -> Condition:
    match row:
        case [str(symbol), str(operator), int() | float() as value] if operator in OPERATORS and not isinstance(value, bool):
            return symbol, operator, float(value)
    raise BenchError(INVALID_PARAMS, f"run_until: a condition is [symbol, one of {' '.join(OPERATORS)}, number], not {str(row)[:80]}")


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BenchError(INVALID_PARAMS, f"octets must be base64: {error}") from None
