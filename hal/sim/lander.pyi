from collections.abc import Sequence

from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.sim.mujoco_model import MujocoModel
from hal.sim.terrain import Terrain

class Lander:
    arena: Arena
    terrain: Terrain
    slot: SlotCode
    ground: MujocoModel
    flight: MujocoModel
    def __init__(self, arena: Arena, terrain: Terrain, tick_s: float = 0.01, handover_m: float = 20.0) -> None: ...
    def place(
        self,
        position_m: Sequence[float],
        velocity_m_s: Sequence[float],
        quaternion: Sequence[float],
        propellant_kg: float,
        rate_rad_s: Sequence[float] | None = None,
        hold_until: int = 0,
        moving: bool = True,
    ) -> None: ...
    def settle(self, ticks: int) -> bool: ...
