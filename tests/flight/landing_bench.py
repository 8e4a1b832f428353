"""A whole landing without doors: simulated body, terrain and devices, bytes on the buses, drivers and the lander's applications."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from flight.apps.guidance import GuidancePhase
from flight.ports import STAGE_STARTED
from hal.sim.world import SimulatedWorld
from tests.flight.app_bench import Event, LanderBench

GO_TICK = 500
LANDED, CRASHED = 1, 2


class Touchdown(NamedTuple):
    """How it ended; `outcome` is that of hal/sim/lander_body.pxd."""

    outcome: int
    vertical_m_s: float
    horizontal_m_s: float
    tilt_rad: float
    seconds: float  # from the order to land to rest
    mode: str


class Landing(LanderBench):
    """The scenario `hover` of the simulated world: 500 m above a seeded terrain, with an uploaded state that has errors of its own."""

    def __init__(self, seed: int, **options: float) -> None:
        super().__init__()
        self.world = SimulatedWorld()
        self.world.connect({f"lander.{name}": bus for name, bus in self.buses.items()})
        self.world.initialise("hover", seed, options)
        self.around = [row.code for row in self.world.slots()]
        self.truth = self.world.arena.view("lander")
        self.told: list[Event] = []
        self.navigation.load_state(self.world.uploaded_state())
        self.set_mode("HOVER")

    def step(self) -> None:
        now = self.tick
        for slot in (*self.around, *self.reads):
            slot.call(now)
        super().step()
        for slot in self.writes:
            slot.call(now)

    def run(self, ticks: int, each: Callable[[Landing], None] | None = None) -> None:
        """So many ticks, or until the body has come to rest or broken; `each` is called before every tick."""
        for _ in range(ticks):
            if self.truth["outcome"]:
                return
            if each is not None:
                each(self)
            self.step()
            if self.tick % 100 == 0:
                self.told += [event for name in ("navigation", "guidance", "control") for event in self.apps[name].events()]

    def land(self, each: Callable[[Landing], None] | None = None) -> Touchdown:
        """Hover for five seconds, then land by command."""
        self.run(GO_TICK, each)
        self.apps["guidance"].command("land", 1)
        self.run(15000, each)
        for _ in range(200):
            self.step()
        self.told += [event for name in ("navigation", "guidance", "control") for event in self.apps[name].events()]
        truth = self.truth
        return Touchdown(
            int(truth["outcome"]),
            float(truth["touchdown_vertical_m_s"]),
            float(truth["touchdown_horizontal_m_s"]),
            float(truth["touchdown_tilt_rad"]),
            (self.tick - GO_TICK - 200) / 100,
            self.modes.name_of(int(self.mode["mode"])) or "",
        )

    def phase(self) -> GuidancePhase:
        return GuidancePhase(int(self.demand["phase"]))


def is_gentle(t: Touchdown, horizontal_m_s: float = 0.5) -> bool:
    """Within what the legs are asked to bear by this mission, in the time that it has."""
    return (
        t.outcome == LANDED
        and t.mode == "LANDED"
        and t.vertical_m_s <= 3.5
        and t.horizontal_m_s <= horizontal_m_s
        and t.tilt_rad <= math.radians(5)
        and t.seconds < 150
    )


def started(landing: Landing) -> bool:
    return any(stage == STAGE_STARTED for _, stage, _ in landing.apps["guidance"].replies())
