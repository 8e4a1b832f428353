"""A world of Sun, Earth and relay alone, for tests of the link: the vehicles' buses lead nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flight.mission import Mission
from flight.scenarios import SCENARIOS
from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.world import WorldSlot
from hal.sim.sky import SkyModel
from tests.flight.station import EmptyWorld

UPLOADED = {f"{name}[{i}]": 0.0 for name, n in (("position_m", 3), ("velocity_m_s", 3)) for i in range(n)} | {
    "quaternion_site_from_body[0]": 1.0,
    **{f"quaternion_site_from_body[{i}]": 0.0 for i in (1, 2, 3)},
    "altitude_m": 0.0,
    **{f"sigma_{name}": 1.0 for name in ("position_m", "altitude_m", "velocity_m_s", "attitude_rad")},
}


class SkyWorld(EmptyWorld):
    """`relay_phase` is its one option."""

    def __init__(self) -> None:
        self.arena = Arena("world", 1 << 16)
        self.arena.octets("nothing", 64)
        self.sky = SkyModel(self.arena)
        self.ranges = self.sky.ranges

    def connect(self, buses: Mapping[str, Bus]) -> None:
        """Nothing hangs on them."""

    def slots(self) -> Sequence[WorldSlot]:
        return (WorldSlot(self.sky.slot, divisor=100),)

    def initialise(self, scenario: str, seed: int, options: Mapping[str, float]) -> None:
        super().initialise(scenario, seed, {})
        self.sky.start(SCENARIOS[scenario].epoch_tai_s, options.get("relay_phase", 0.0))

    def uploaded_state(self) -> Mapping[str, float]:
        return UPLOADED


def queqiao_mission(scenario: str = "surface", **settings: Any) -> Mission:
    """All three vehicles on the link `queqiao`."""
    return Mission(SkyWorld(), scenario, 1, link="queqiao", **settings)
