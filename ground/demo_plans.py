"""What can be demonstrated: the whole mission, or the short flight from 500 m with a fault, a crash and a rewind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ground import demo_report, demo_steps, mission_report, mission_steps
from ground.demo_steps import Mission, Step


@dataclass(frozen=True, slots=True)
class Plan:
    """`draw` leaves the pictures of a flight that came to its end, and names them."""

    scenario: str
    link: str
    text: str
    steps: Sequence[Step]
    draw: Callable[[Mission, int, Path], list[str]]
    truth_period_s: float = 0.2


MISSION = Plan(
    "descent", "queqiao", "a lander and its rover go down to the far side of the Moon", mission_steps.STEPS, mission_report.draw, 1.0
)
SHORT = Plan("hover", "lab", "a lander over the far side of the Moon", demo_steps.STEPS, demo_report.draw)
