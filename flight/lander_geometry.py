"""The lander's geometry and masses as flight knows them, and the Moon's figures at the site.

Body frame: origin at the centre of mass, z along the main engine's thrust, legs at +x, +y, -x, -y. Flight keeps its own table, as a real
vehicle does: what the body is like and what its software believes of it are two documents, and a test compares them.
Sources: facts/change4, sections 1 and 8 (thruster numbers and sizes, engine, gravity); places and inertia are choices of this project.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

Vector = tuple[float, float, float]

MOON_GM_M3_S2: Final = 4902.800118e9
SITE_RADIUS_M: Final = 1_737_400.0 - 5_935.0  # of the sphere through the site; the site frame's origin lies on it
SITE_LATITUDE_RAD: Final = math.radians(-45.4446)
MOON_RATE_RAD_S: Final = 2.6616995e-6  # one turn in 27.321661 days
MOON_RATE_SITE_RAD_S: Final[Vector] = (
    0.0,
    MOON_RATE_RAD_S * math.cos(SITE_LATITUDE_RAD),
    MOON_RATE_RAD_S * math.sin(SITE_LATITUDE_RAD),
)

MASS_KG: Final = 1300.0  # at the start of the last 500 m; guidance follows it from there
INERTIA_KG_M2: Final[Vector] = (1045.0, 1045.0, 1300.0)  # about x, y, z, at that mass
INERTIA_PER_KG_M2: Final[Vector] = (0.45, 0.45, 0.50)  # for each kilogram of propellant more
DRY_MASS_KG: Final = 1200.0

ENGINE_LEAST_N: Final = 1500.0
ENGINE_GREATEST_N: Final = 7500.0
ENGINE_LAG_S: Final = 0.4  # first order
ENGINE_ISP_S: Final = 308.0  # at full thrust
ENGINE_ISP_LOSS_S: Final = 12.5  # from full throttle to none, linear
STANDARD_GRAVITY_M_S2: Final = 9.80665

DETECTION_ALTITUDE_M: Final = 100.0  # of the hover over the image (the same)
SLOW_DESCENT_ALTITUDE_M: Final = 30.0  # from here at constant speed (facts: change4, section 2)

PAD_PLANE_Z_M: Final = -1.45
ALTIMETER_POSITION_M: Final[Vector] = (0.9, 0.0, -0.7)  # its beam leaves along -z
RADAR_POSITION_M: Final[Vector] = (-0.9, 0.0, -0.7)
_OFF: Final = math.radians(20.0)  # of each radar beam from -z
_ASIDE: Final = math.sin(_OFF) * math.sqrt(0.5)
RADAR_BEAMS: Final[tuple[Vector, ...]] = tuple((x * _ASIDE, y * _ASIDE, -math.cos(_OFF)) for x, y in ((1, 1), (-1, 1), (-1, -1), (1, -1)))
IMAGING_LASER_POSITION_M: Final[Vector] = (0.0, -0.9, -0.7)
IMAGING_LASER_HALF_ANGLE_RAD: Final = math.radians(15.0)  # equal steps of angle over 30 degrees, along x and along y

_HALF_WIDTH_M: Final = 1.05
_HALF_HEIGHT_M: Final = 0.75
_EDGES: Final = ((1, 1), (-1, 1), (-1, -1), (1, -1))  # signs of x and y, counter-clockwise: edge t % 4 belongs to valve-drive unit t % 4


class Thruster(NamedTuple):
    """One thruster: the unit vector `direction` is that of the force on the lander, body frame."""

    position_m: Vector
    direction: Vector
    thrust_n: float


def _thrusters() -> tuple[Thruster, ...]:
    """0..15: 150 N, along x then y at the upper corners, then the lower; 16..27: 10 N, along z above and below, then along x above.

    Every plume blows away from the body.
    """
    rows: list[Thruster] = []
    for level in (1, -1):
        for axis in (0, 1):
            rows += [_corner(edge, level, axis, 150.0) for edge in _EDGES]
    for level in (1, -1):
        rows += [_corner(edge, level, 2, 10.0) for edge in _EDGES]
    rows += [_corner(edge, 1, 0, 10.0) for edge in _EDGES]
    return tuple(rows)


def _corner(edge: tuple[int, int], level: int, axis: int, thrust_n: float) -> Thruster:
    """A thruster at a corner of the body that pushes inwards along one axis."""
    signs = (*edge, level)
    position = (edge[0] * _HALF_WIDTH_M, edge[1] * _HALF_WIDTH_M, level * _HALF_HEIGHT_M)
    push = [0.0, 0.0, 0.0]
    push[axis] = -float(signs[axis])
    return Thruster(position, (push[0], push[1], push[2]), thrust_n)


THRUSTERS: Final = _thrusters()
