import numpy as np
import numpy.typing as npt

from hal.core.arena import Arena
from hal.sim.tracks import Tracks

class Terrain:
    arena: Arena
    tracks: Tracks
    def __init__(self, arena: Arena) -> None: ...
    def seed(self, seed: int) -> None: ...
    def height(self, east_m: float, north_m: float, footprint_m: float = 1.0, cached: bool = False) -> float: ...
    def gradient(self, east_m: float, north_m: float, footprint_m: float = 1.0) -> tuple[float, float]: ...
    def heights(
        self, east0_m: float, north0_m: float, spacing_m: float, nx: int, ny: int, footprint_m: float = -1.0
    ) -> npt.NDArray[np.float32]: ...
    def range(
        self,
        origin_m: tuple[float, float, float],
        direction: tuple[float, float, float],
        last_m: float = -1.0,
        limit_m: float = 60000.0,
        beam_rad: float = 1e-3,
    ) -> float: ...
    def point(self, east_m: float, north_m: float, footprint_m: float = 0.02) -> tuple[float, tuple[float, float, float], bool, float]: ...
    def rocks(
        self, east_m: float, north_m: float, half_side_m: float, least_diameter_m: float = 0.2, most: int = 4096
    ) -> list[tuple[float, float, float, float, float, float, float, float]]: ...
