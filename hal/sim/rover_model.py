"""The rover as MuJoCo sees it, written from its figures: a chassis with two rockers and two bogies; wheels are loads on their carriers.

The differential is an equality of the two rockers' angles, with opposite signs. The hull is a box and a mast; what they may meet,
the ground and a few rocks nearby, are bodies that physics puts in place. Nothing else collides.
"""

from __future__ import annotations

import math

from hal.sim import rover_figures as figures
from hal.sim.rover_figures import Vector

CARRIERS = ("left_rocker", "left_bogie", "right_rocker", "right_bogie")
JOINTS = ("left_rocker", "right_rocker", "left_bogie", "right_bogie")  # the order of RoverBody.suspension_rad
ROCKS = 4


def text(*numbers: float) -> str:
    return " ".join(f"{number:.17g}" for number in numbers)


def middle(parts: list[tuple[float, Vector]]) -> tuple[float, Vector]:
    """Mass and centre of mass of point masses."""
    mass = sum(kg for kg, _ in parts)
    return mass, (
        sum(kg * at[0] for kg, at in parts) / mass,
        sum(kg * at[1] for kg, at in parts) / mass,
        sum(kg * at[2] for kg, at in parts) / mass,
    )


def inertia(parts: list[tuple[float, Vector]], about: Vector) -> tuple[float, ...]:
    """Of point masses, each with the size of a wheel so that no axis is empty: xx, yy, zz, xy, xz, yz."""
    total = [0.0] * 6
    for kg, at in parts:
        x, y, z = (a - b for a, b in zip(at, about, strict=True))
        own = 0.4 * kg * figures.WHEEL_RADIUS_M**2
        shares = (y * y + z * z, x * x + z * z, x * x + y * y, -x * y, -x * z, -y * z)
        for i, share in enumerate(shares):
            total[i] += kg * share + (own if i < 3 else 0.0)
    return tuple(total)


def side_parts(side: float) -> dict[str, list[tuple[float, Vector]]]:
    """The point masses of one side's rocker and bogie; `side` is 1 for left, -1 for right."""
    front, centre, rear = (at for at in figures.WHEEL_POSITION_M if at[1] * side > 0)
    rocker, bogie = ((p[0], side * p[1], p[2]) for p in (figures.ROCKER_PIVOT_M, figures.BOGIE_PIVOT_M))
    half: Vector = (0.5 * (front[0] + bogie[0]), bogie[1], 0.5 * (rocker[2] + bogie[2]))
    wheel = figures.WHEEL_MASS_KG
    return {
        "rocker": [(wheel, front), (figures.ROCKER_MASS_KG, half)],
        "bogie": [(wheel, centre), (wheel, rear), (figures.BOGIE_MASS_KG, bogie)],
    }


def carrier(name: str, joint_limit: float, pivot: Vector, parent: Vector, parts: list[tuple[float, Vector]], inside: str = "") -> str:
    mass, at = middle(parts)
    away = [a - b for a, b in zip(pivot, parent, strict=True)]
    offset = [a - b for a, b in zip(at, pivot, strict=True)]
    return (
        f'<body name="{name}" pos="{text(*away)}">'
        f'<inertial pos="{text(*offset)}" mass="{text(mass)}" fullinertia="{text(*inertia(parts, at))}"/>'
        f'<joint name="{name}" type="hinge" axis="0 1 0" limited="true" range="{text(-joint_limit, joint_limit)}"'
        f' damping="{text(figures.SUSPENSION_DAMPING_N_M_S)}"/>{inside}</body>'
    )


def chassis_middle() -> Vector:
    """Where the chassis' own centre of mass must be, for that of the whole rover to be the origin."""
    carriers = [part for side in (1.0, -1.0) for parts in side_parts(side).values() for part in parts]
    mass, at = middle(carriers)
    share = -mass / figures.CHASSIS_MASS_KG
    return share * at[0], share * at[1], share * at[2]


def rover_xml(step_s: float) -> str:
    """The model's text for a time step. Bodies: world, chassis, the carriers in the order of CARRIERS, then `ground` and rocks."""
    sides = []
    for name, side in (("left", 1.0), ("right", -1.0)):
        parts = side_parts(side)
        rocker, bogie = ((p[0], side * p[1], p[2]) for p in (figures.ROCKER_PIVOT_M, figures.BOGIE_PIVOT_M))
        inner = carrier(f"{name}_bogie", figures.BOGIE_LIMIT_RAD, bogie, rocker, parts["bogie"])
        sides.append(carrier(f"{name}_rocker", figures.ROCKER_LIMIT_RAD, rocker, (0.0, 0.0, 0.0), parts["rocker"], inner))
    foot, top = figures.MAST_FOOT_M, figures.MAST_TOP_M
    # As large as rocks come: what MuJoCo bounds a rock by stays so when physics makes it smaller.
    met = 'contype="2" conaffinity="1"'
    rocks = "".join(
        f'<body name="rock{k}" mocap="true" pos="0 0 -1000"><geom name="rock{k}" type="ellipsoid" size="1.5 1.5 1.5" {met}/></body>'
        for k in range(ROCKS)
    )
    own = f'mass="{text(figures.CHASSIS_MASS_KG)}" diaginertia="{text(*figures.CHASSIS_INERTIA_KG_M2)}"'
    return f"""<mujoco model="rover">
  <compiler angle="radian"/>
  <option timestep="{text(step_s)}" integrator="Euler" gravity="0 0 -1.6354" solver="Newton" iterations="20" tolerance="1e-10"
    cone="elliptic"><flag multiccd="disable" island="disable" eulerdamp="disable"/></option>
  <size memory="1M"/>
  <default><geom friction="{text(figures.HULL_FRICTION)} 0.005 0.0001" condim="3" solref="0.02 1"/></default>
  <worldbody>
    <body name="chassis" pos="0 0 0">
      <freejoint name="chassis"/>
      <inertial pos="{text(*chassis_middle())}" {own}/>
      <geom name="hull" type="box" pos="{text(*figures.HULL_CENTRE_M)}" size="{text(*figures.HULL_HALF_M)}" contype="1" conaffinity="2"/>
      <geom name="mast" type="capsule" fromto="{text(*foot, *top)}" size="0.05" contype="1" conaffinity="2"/>
      {"".join(sides)}
    </body>
    <body name="ground" mocap="true" pos="0 0 -1000"><geom type="box" size="3 3 0.5" pos="0 0 -0.5" {met}/></body>
    {rocks}
  </worldbody>
  <equality><joint name="differential" joint1="left_rocker" joint2="right_rocker" polycoef="0 -1 0 0 0" solref="0.01 1"/></equality>
</mujoco>"""


def slope_of_rails(height_m: float) -> float:
    """Angle (rad) of rails whose hinge is that high above the ground at their end."""
    return math.asin(min(1.0, max(-1.0, height_m / figures.RAIL_LENGTH_M)))
