from typing import TypeAlias

Vector: TypeAlias = tuple[float, float, float]

RADIUS_M: float
GM_M3_S2: float
MOON_RATE_RAD_S: Vector

def gravity(position: Vector, velocity: Vector) -> Vector: ...
def map_coordinates(position: Vector) -> Vector: ...
