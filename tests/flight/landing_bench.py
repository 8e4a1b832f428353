"""A whole landing without doors: simulated body, terrain and devices, bytes on the buses, drivers and the lander's applications."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import NamedTuple

from flight.apps.guidance import GuidancePhase
from flight.ports import STAGE_STARTED
from hal.core.arena import Arena
from hal.sim.devices import build_devices
from hal.sim.lander import Lander
from hal.sim.terrain import Terrain
from tests.flight.app_bench import Event, LanderBench

START_ALTITUDE_M = 500.0
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
    """The lander hovers at 500 m over a seeded terrain, with an uploaded state that has errors of its own."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.world = Arena("world", 1 << 22)
        terrain = Terrain(self.world)
        terrain.seed(seed)
        self.body = Lander(self.world, terrain)
        devices = build_devices(self.world, {f"lander.{name}": bus for name, bus in self.buses.items()})
        devices.seed(seed)
        self.faults = devices.faultables
        self.actuators = [row.code for row in devices.actuator_slots]
        self.sensors = [row.code for row in devices.sensor_slots]
        self.truth = self.world.view("lander")
        self.told: list[Event] = []
        height = terrain.height(0.0, 0.0) + 1.45 + START_ALTITUDE_M
        self.body.place((0.0, 0.0, height), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), 150.0)
        self._upload(random.Random(seed))
        self.set_mode("HOVER")

    def _upload(self, errors: random.Random) -> None:
        """Errors of one sigma: 20 m of place and height, 0.05 m/s, 0.2 mrad."""
        state = {f"position_m[{i}]": float(self.truth["position_m"][i]) + errors.gauss(0, 20) for i in range(3)}
        state |= {f"velocity_m_s[{i}]": errors.gauss(0, 0.05) for i in range(3)}
        state |= {"quaternion_site_from_body[0]": 1.0, "altitude_m": START_ALTITUDE_M + errors.gauss(0, 20)}
        state |= {f"quaternion_site_from_body[{i}]": errors.gauss(0, 1e-4) for i in (1, 2, 3)}
        self.navigation.load_state(state)

    def step(self) -> None:
        for slot in (*self.actuators, self.body.slot, *self.sensors, *self.reads):
            slot.call(self.tick)
        super_tick = self.tick
        super().step()
        for slot in self.writes:
            slot.call(super_tick)

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


def is_gentle(t: Touchdown) -> bool:
    """Within what the legs are asked to bear by this mission, in the time that it has."""
    return (
        t.outcome == LANDED
        and t.mode == "LANDED"
        and t.vertical_m_s <= 3.5
        and t.horizontal_m_s <= 0.5
        and t.tilt_rad <= math.radians(5)
        and t.seconds < 150
    )


def started(landing: Landing) -> bool:
    return any(stage == STAGE_STARTED for _, stage, _ in landing.apps["guidance"].replies())
