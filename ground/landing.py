"""A landing without anybody watching, from orbit to rest: what `farside land` does and tells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ground.bench import BenchError, Condition
from ground.errors import BadArgumentError
from ground.headless import Headless, PlannedFault, parse_fault
from wire.dictionary.lander_gnc import PHASE

GO_S = 2.0  # from the start: the computers have booted
ANSWER_S = 2.0
LIMIT_S = 1500.0  # a descent that has not ended by then never will
AFTER_S = 3.0
PHASES = {
    "PREPARATION": "ignition preparation",
    "BRAKING": "main deceleration",
    "ADJUSTMENT": "quick adjustment",
    "APPROACH": "approach",
    "HOVER": "hover",
    "DETECTION": "hover and detection",
    "AVOIDANCE": "hazard avoidance",
    "SLOW_DESCENT": "slow descent",
    "CUT_OFF": "free fall",
    "STANDING": "standing",
    "IDLE": "nothing",
}


@dataclass(frozen=True, slots=True)
class LandingFault:
    """A fault at seconds after the start, or at the start of a phase; with `seconds`, it ends again so much later."""

    fault: PlannedFault
    phase: str = ""
    seconds: float = 0.0


def parse_landing_fault(text: str) -> LandingFault:
    """WHEN:DEVICE:KIND[:k=v,...], WHEN in seconds or phase:NAME; `for_s` among the parameters ends it. Raises BadArgumentError."""
    phase, rest = "", text
    if text.lower().startswith("phase:"):
        name, _, rest = text[6:].partition(":")
        phase, rest = name.upper(), f"0:{rest}"
        if phase not in PHASES:
            raise BadArgumentError(f"--fault {text!r}: there is no phase {name!r}", f"phases: {', '.join(PHASES).lower()}")
    fault = parse_fault(rest)
    parameters = dict(fault.parameters)
    seconds = parameters.pop("for_s", 0.0)
    if seconds < 0.0:
        raise BadArgumentError(f"--fault {text!r}: for_s is a time, not {seconds:g}")
    return LandingFault(PlannedFault(fault.when_s, fault.device, fault.kind, parameters), phase, seconds)


class Landing:
    """One run. `report` is the object that `farside land --json` prints."""

    def __init__(self, flight: Headless, seed: int, options: Mapping[str, float], faults: Sequence[LandingFault]) -> None:
        """Resets the emulator. Raises BadArgumentError."""
        self.flight, self.seed = flight, seed
        flight.begin("descent", seed, options)
        self.phases: list[dict[str, Any]] = []
        self._phase = PHASE["IDLE"]
        self._waiting = [each for each in faults if each.phase]
        self._actions = [(each.fault.when_s, each, True) for each in faults if not each.phase]
        self._act()

    def fly(self) -> dict[str, Any]:
        """From `go` to rest; the report."""
        flight = self.flight
        start = flight.bench.truth()
        self._pass([], GO_S)
        flight.send("lander", "go")
        self._pass([("lander.guidance.phase", "!=", float(self._phase))], ANSWER_S)
        if self._phase == PHASE["IDLE"] and not int(flight.peek("lander.guidance.phase")[0]):
            return self._report("refused", start, start)
        began_s = flight.time_s
        self._note()
        outcome = "flying"
        while outcome == "flying" and flight.time_s - began_s < LIMIT_S:
            self._pass(
                [("lander.guidance.phase", "!=", float(self._phase)), ("lander.outcome", "!=", 0.0)], LIMIT_S - (flight.time_s - began_s)
            )
            self._note()
            outcome = str(flight.bench.truth()["lander.outcome"])
        self._pass([("lander.guidance.phase", "!=", float(self._phase))], AFTER_S)
        self._note()
        self._pass([], AFTER_S)
        return self._report(outcome, start, flight.bench.truth(), began_s)

    def _note(self) -> None:
        """Enter a phase that has begun, and start the faults that waited for it."""
        phase = int(self.flight.peek("lander.guidance.phase")[0])
        if phase == self._phase:
            return
        self._phase = phase
        truth = self.flight.bench.truth()
        name = PHASE.name_of(phase) or str(phase)
        self.phases.append(
            {
                "name": PHASES.get(name, name),
                "start_s": self.flight.time_s,
                "altitude_m": round(truth["lander.altitude_m"], 2),
                "speed_m_s": round(truth["lander.speed_m_s"], 3),
            }
        )
        self._actions += [(self.flight.time_s, each, True) for each in self._waiting if each.phase == name]
        self._waiting = [each for each in self._waiting if each.phase != name]
        self._act()

    def _pass(self, conditions: Sequence[Condition], limit_s: float) -> None:
        """Let time pass until a condition holds or the limit; begin and end faults on the way."""
        flight = self.flight
        end_s = flight.time_s + limit_s
        while flight.time_s < end_s - 0.5 * flight.tick_s:
            next_s = min([end_s, *(when for when, _, _ in self._actions)])
            met = flight.pass_until(conditions, max(next_s - flight.time_s, flight.tick_s))
            self._act()
            if met:
                return

    def _act(self) -> None:
        """Begin and end the faults that are due."""
        flight = self.flight
        due = [action for action in self._actions if action[0] <= flight.time_s + 0.5 * flight.tick_s]
        self._actions = [action for action in self._actions if action not in due]
        for _, each, begins in due:
            try:
                if not begins:
                    flight.bench.clear(each.fault.device, each.fault.kind)
                    continue
                flight.bench.inject(each.fault.device, each.fault.kind, **each.fault.parameters)
            except BenchError as error:
                raise BadArgumentError(f"--fault: {error}", "farside faults shows what can be broken") from error
            if each.seconds:
                self._actions.append((flight.time_s + each.seconds, each, False))

    def _report(self, outcome: str, start: Mapping[str, Any], end: Mapping[str, Any], began_s: float | None = None) -> dict[str, Any]:
        flight = self.flight
        touched = int(end["lander.touchdown_tick"]) >= 0
        until_s = int(end["lander.touchdown_tick"]) * flight.tick_s if touched else flight.time_s
        east, north = end["lander.position_m"][0], end["lander.position_m"][1]
        touchdown = {
            "vertical_speed_m_s": round(end["lander.touchdown_vertical_m_s"], 4),
            "horizontal_speed_m_s": round(end["lander.touchdown_horizontal_m_s"], 4),
            "tilt_deg": round(math.degrees(end["lander.touchdown_tilt_rad"]), 3),
            "slope_deg": round(math.degrees(end["lander.ground_slope_rad"]), 3),
            "rest_tilt_deg": round(math.degrees(end["lander.rest_tilt_rad"]), 3),
            "distance_to_target_m": round(math.hypot(east, north), 2),
        }
        return {
            "seed": self.seed,
            "outcome": outcome.replace(" ", "_"),
            "duration_s": round(until_s - began_s, 2) if began_s is not None else 0.0,
            "phases": self.phases,
            "touchdown": touchdown if touched else None,
            "propellant_used_kg": round(start["lander.propellant_kg"] - end["lander.propellant_kg"], 2),
            "dispersions": {name.rpartition(".")[2]: value for name, value in start.items() if name.startswith("lander.dispersion.")},
            "wall_s": round(flight.wall_s, 3),
            "digest": flight.digest,
        }


def land(flight: Headless, seed: int, options: Mapping[str, float] | None = None, faults: Sequence[LandingFault] = ()) -> dict[str, Any]:
    """One landing, from its scenario to its report."""
    return Landing(flight, seed, options or {}, faults).fly()
