"""Where the mission is, from telemetry: a phrase for its phase, and what each vehicle does in a few fields.

A parameter is looked up by name when it is wanted: one that has not come yet, or that the dictionary does not have, leaves its field out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ground.decode import Sample
from ground.telemetry import LatestValues
from ground.text import LIMIT_COLOURS
from wire.dictionary import DICTIONARIES

FLYING: Final = ("ORBIT", "HOVER", "DESCENT")
_PHASES: Final[Mapping[str, str]] = {
    "PREPARATION": "preparing to ignite",
    "BRAKING": "main braking",
    "ADJUSTMENT": "quick adjustment",
    "DETECTION": "hover, looking for a place",
    "AVOIDANCE": "hazard avoidance",
    "CUT_OFF": "engine cut off",
}
_RELEASE: Final[Mapping[str, str]] = {"CHECK": "checking", "RAILS": "rails", "HOLD_DOWNS": "hold-downs", "SECURE": "securing"}
_MANOEUVRES: Final[Mapping[str, str]] = {"DRIVE_OFF": "rolling off", "DRIVE": "driving", "ARC": "driving an arc", "TURN": "turning"}
_LANDER: Final[Mapping[str, str]] = {"ORBIT": "in orbit, waiting for go", "STANDBY": "lander standing by", "SAFE": "lander in safe mode"}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to show: `name` in a quiet colour, then `text` in `colour`. One that is `minor` is left out where room is scarce."""

    text: str
    name: str = ""
    colour: str = ""
    minor: bool = False

    @property
    def width(self) -> int:
        return len(self.text) + (len(self.name) + 1 if self.name and self.text else len(self.name))


class State:
    """Reads the latest values by name."""

    def __init__(self, values: LatestValues) -> None:
        self._values = values

    def sample(self, name: str) -> Sample | None:
        return self._values.get(name)

    def word(self, name: str) -> str:
        """An enumerated value by its name; empty while there is none."""
        sample = self._values.get(name)
        return str(sample.value) if sample is not None else ""

    def number(self, name: str) -> float | None:
        """A value in the parameter's own unit; None while there is none, or when it is no number."""
        sample = self._values.get(name)
        return float(sample.raw) if sample is not None and math.isfinite(sample.raw) else None

    def speed_m_s(self) -> float | None:
        """The lander's speed over the ground, as navigated."""
        axes = [self.number(f"lander.nav.velocity_m_s[{axis}]") for axis in range(3)]
        known = [axis for axis in axes if axis is not None]
        return math.hypot(*known) if len(known) == 3 else None

    @property
    def flying(self) -> bool:
        return self.word("lander.mode.mode") in FLYING

    @property
    def driving(self) -> bool:
        return self.word("rover.mode.mode") == "DRIVE"

    def mission_phase(self) -> str:
        """One phrase for where the mission is; empty while nothing is known."""
        mode, guidance, rover = (self.word(name) for name in ("lander.mode.mode", "lander.guidance.phase", "rover.mode.mode"))
        if self.driving:
            manoeuvre = self.word("rover.mobility.manoeuvre")
            return f"rover {_MANOEUVRES.get(manoeuvre, 'driving')}"
        step = self.word("lander.release.step")
        if step not in ("", "IDLE"):
            return f"releasing the rover: {_RELEASE.get(step, step.lower())}"
        if mode == "LANDED":
            return f"landed, {self._rover_after_landing(rover)}" if rover else "landed"
        if mode in FLYING and guidance not in ("", "IDLE"):
            return phase_text(guidance)
        return _LANDER.get(mode, mode.lower())

    def _rover_after_landing(self, mode: str) -> str:
        if mode != "ABOARD":
            return "rover on the ground"
        return "rover free to roll off" if self.word("lander.mechanism.released") == "YES" else "rover aboard"

    def lander(self) -> list[Field]:
        """Mode; height and speed while it flies."""
        fields = [self._mode("lander")]
        if not self.flying:
            return fields
        altitude, speed, vertical = (
            self.number("lander.nav.altitude_m"),
            self.speed_m_s(),
            self.number("lander.nav.vertical_speed_m_s"),
        )
        if altitude is not None:
            fields.append(Field(f"{metres(altitude):>8}", "at"))
        if speed is not None:
            fields.append(Field(f"{metres_a_second(speed):>9}"))
        if vertical is not None and speed is not None:
            fields.append(Field(f"{metres_a_second(abs(vertical)):>9}", "up" if vertical > 0.0 else "down", minor=True))
        if self.word("lander.nav.degraded") == "YES":
            fields.append(Field("navigation degraded", colour="yellow"))
        return fields

    def rover(self) -> list[Field]:
        """Mode; the way, gone and to go, speed and slip when it drives."""
        fields = [self._mode("rover")]
        distance, remaining, speed = (
            self.number(f"rover.{name}") for name in ("odometry.distance_m", "mobility.remaining_m", "odometry.speed_m_s")
        )
        if distance is not None and (self.driving or distance > 0.0):
            fields.append(Field(f"{distance:.2f} m", "way"))
        if not self.driving:
            return fields
        if remaining:
            fields.append(Field(f"{remaining:.2f} m", "to go"))
        if speed is not None:
            fields.append(Field(f"{100.0 * speed:.1f} cm/s", minor=True))
        slip = self.sample("rover.odometry.slip")
        if slip is not None and math.isfinite(slip.raw):
            fields.append(Field(f"{slip.raw:.2f}", "slip", LIMIT_COLOURS.get(slip.limit, ""), minor=True))
        return fields

    def relay(self) -> list[Field]:
        return [self._mode("relay")]

    def relay_queues(self) -> list[Field]:
        """What waits at the relay."""
        fields: list[Field] = []
        for name, word in (("return_waiting", "frames wait"), ("command_waiting", "commands wait")):
            waiting = self.sample(f"relay.forwarding.{name}")
            if waiting is not None and waiting.raw:
                fields.append(Field(f"{waiting.raw}", word, LIMIT_COLOURS.get(waiting.limit, ""), minor=True))
        return fields

    def stored_on_board(self) -> dict[str, tuple[int | None, int | None]]:
        """For each vehicle that says so: pictures stored since its computer started, and the number of the next one."""
        found: dict[str, tuple[int | None, int | None]] = {}
        for vehicle in DICTIONARIES:
            stored, following = (self.number(f"{vehicle}.pictures.{name}") for name in ("stored", "next"))
            if stored is not None or following is not None:
                found[vehicle] = (_whole(stored), _whole(following))
        return found

    def _mode(self, vehicle: str) -> Field:
        return Field(self.word(f"{vehicle}.mode.mode") or "?", vehicle)


def _whole(value: float | None) -> int | None:
    return int(value) if value is not None else None


def phase_text(name: str) -> str:
    """A guidance phase for people."""
    return _PHASES.get(name, name.lower().replace("_", " "))


def metres(value: float) -> str:
    """A height or a way: three or four digits, kilometres from ten thousand metres on."""
    if abs(value) >= 10_000.0:
        return f"{value / 1000.0:.2f} km"
    return f"{value:.0f} m" if abs(value) >= 1000.0 else f"{value:.1f} m"


def metres_a_second(value: float) -> str:
    return f"{value:.0f} m/s" if abs(value) >= 1000.0 else f"{value:.1f} m/s" if abs(value) >= 10.0 else f"{value:.2f} m/s"
