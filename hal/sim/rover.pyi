from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.sim.terrain import Terrain

class Rover:
    arena: Arena
    terrain: Terrain
    slot: SlotCode
    def __init__(self, arena: Arena, terrain: Terrain, tick_s: float = 0.01) -> None: ...
    def seed(self, seed: int) -> None: ...
    def set_soil(
        self,
        cohesion_pa: float,
        friction_rad: float,
        kc_n_m2: float = ...,
        kphi_n_m3: float = ...,
        exponent: float = ...,
        shear_m: float = ...,
    ) -> None: ...
    def set_ground(
        self,
        slope_east: float = 0.0,
        slope_north: float = 0.0,
        rock_m: tuple[float, float, float] | None = None,
        rock_radius_m: float = 0.0,
    ) -> None: ...
    def aboard(self) -> None: ...
    def place(self, east_m: float, north_m: float, heading_rad: float, height_m: float = 0.02) -> None: ...
    def settle(self, ticks: int) -> bool: ...
    @property
    def warnings(self) -> int: ...
