"""The lander's 28 thrusters: where they sit, which way they push, how hard.

Number, thrust and "8 places on the body" are published (facts: change4, section 1, source 9); the split into 16 x 150 N and 12 x 10 N is
the usual one; places and directions are a choice of ours. The places are the eight corners of the body: P1 to P4 the upper ones,
counter-clockwise from (+x, +y), P5 to P8 below them, between the legs, which stand on the axes.

Thruster t hangs on valve-drive unit t % 4, and that unit serves one vertical edge of the body (P1 and P5, P2 and P6, ...): with any one
unit lost, the 150 N set and the 10 N set each still give torque of either sense about every axis.

* 0..15, 150 N: at each place one along x and one along y, blowing outwards. Opposite pairs give pure couples about x, y and z, or pure
  lateral force along x and y.
* 16..27, 10 N: at each place one along z, blowing away from the body (couples about x and y), and at the upper places one along x
  (couples about z; also a weak lateral force).
"""

from __future__ import annotations

from typing import NamedTuple

Vector = tuple[float, float, float]


class Thruster(NamedTuple):
    """One thruster: `direction` is the unit vector of the force on the lander (the plume goes the other way), body frame."""

    name: str
    position_m: Vector
    direction: Vector
    thrust_n: float


THRUSTER_TABLE: tuple[Thruster, ...] = (
    Thruster("P1.x150", (1.05, 1.05, 0.75), (-1.0, 0.0, 0.0), 150.0),
    Thruster("P2.x150", (-1.05, 1.05, 0.75), (1.0, 0.0, 0.0), 150.0),
    Thruster("P3.x150", (-1.05, -1.05, 0.75), (1.0, 0.0, 0.0), 150.0),
    Thruster("P4.x150", (1.05, -1.05, 0.75), (-1.0, 0.0, 0.0), 150.0),
    Thruster("P1.y150", (1.05, 1.05, 0.75), (0.0, -1.0, 0.0), 150.0),
    Thruster("P2.y150", (-1.05, 1.05, 0.75), (0.0, -1.0, 0.0), 150.0),
    Thruster("P3.y150", (-1.05, -1.05, 0.75), (0.0, 1.0, 0.0), 150.0),
    Thruster("P4.y150", (1.05, -1.05, 0.75), (0.0, 1.0, 0.0), 150.0),
    Thruster("P5.x150", (1.05, 1.05, -0.75), (-1.0, 0.0, 0.0), 150.0),
    Thruster("P6.x150", (-1.05, 1.05, -0.75), (1.0, 0.0, 0.0), 150.0),
    Thruster("P7.x150", (-1.05, -1.05, -0.75), (1.0, 0.0, 0.0), 150.0),
    Thruster("P8.x150", (1.05, -1.05, -0.75), (-1.0, 0.0, 0.0), 150.0),
    Thruster("P5.y150", (1.05, 1.05, -0.75), (0.0, -1.0, 0.0), 150.0),
    Thruster("P6.y150", (-1.05, 1.05, -0.75), (0.0, -1.0, 0.0), 150.0),
    Thruster("P7.y150", (-1.05, -1.05, -0.75), (0.0, 1.0, 0.0), 150.0),
    Thruster("P8.y150", (1.05, -1.05, -0.75), (0.0, 1.0, 0.0), 150.0),
    Thruster("P1.z10", (1.05, 1.05, 0.75), (0.0, 0.0, -1.0), 10.0),
    Thruster("P2.z10", (-1.05, 1.05, 0.75), (0.0, 0.0, -1.0), 10.0),
    Thruster("P3.z10", (-1.05, -1.05, 0.75), (0.0, 0.0, -1.0), 10.0),
    Thruster("P4.z10", (1.05, -1.05, 0.75), (0.0, 0.0, -1.0), 10.0),
    Thruster("P5.z10", (1.05, 1.05, -0.75), (0.0, 0.0, 1.0), 10.0),
    Thruster("P6.z10", (-1.05, 1.05, -0.75), (0.0, 0.0, 1.0), 10.0),
    Thruster("P7.z10", (-1.05, -1.05, -0.75), (0.0, 0.0, 1.0), 10.0),
    Thruster("P8.z10", (1.05, -1.05, -0.75), (0.0, 0.0, 1.0), 10.0),
    Thruster("P1.x10", (1.05, 1.05, 0.75), (-1.0, 0.0, 0.0), 10.0),
    Thruster("P2.x10", (-1.05, 1.05, 0.75), (1.0, 0.0, 0.0), 10.0),
    Thruster("P3.x10", (-1.05, -1.05, 0.75), (1.0, 0.0, 0.0), 10.0),
    Thruster("P4.x10", (1.05, -1.05, 0.75), (-1.0, 0.0, 0.0), 10.0),
)
