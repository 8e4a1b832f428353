"""The lander for MuJoCo, as MJCF text: a hull on four sliding struts, over a height field that moves with it.

World axes are those of the ground patch (hal/sim/ground_patch.pxd): x east, y north, z up. The hull's frame is the lander's body frame:
its origin is the centre of mass of hull and legs together while the legs are not compressed.

Two models share one state: `near` the ground with contacts and some steps a tick, and in `flight` without contacts, one fourth-order
Runge-Kutta step a tick. The strut's spring and damper are rewritten before every step (hal/sim/lander_legs.pyx), as is the hull's mass.
In flight nothing but the parts of the legs swings on the struts: their damping is lower there, so that the long step stays stable.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from hal.sim import lander_figures as figures

LEGS = ("plus_x", "plus_y", "minus_x", "minus_y")
FLIGHT_DAMPING_N_S_M = 1.0e3
CONTACT_TIME_S = 0.010  # in which the ground pushes a pad out: twice the longest step
PATCH_DEPTH_M = 24.0  # range of heights that the patch can hold


class HullMass(NamedTuple):
    """What is left for the hull when the legs are taken from the whole lander."""

    mass_kg: float
    centre_m: float  # z of its centre of mass
    inertia_kg_m2: figures.Vector  # about it


def stroke(pad: figures.Vector) -> figures.Vector:
    """The unit vector along which a pad moves when its strut is compressed: up, and outwards."""
    across = math.sin(figures.STRUT_TILT_RAD) / math.hypot(pad[0], pad[1])
    return across * pad[0], across * pad[1], math.cos(figures.STRUT_TILT_RAD)


def leg_inertia() -> tuple[float, float, figures.Vector]:
    """Of the four legs' sliding parts: mass, z of their common centre of mass, and moments of inertia about the body's origin."""
    about = [0.0, 0.0, 0.0]
    height = 0.0
    for pad in figures.PAD_POSITION_M:
        axis = stroke(pad)
        # The part lies between pad and hull: against the sideways sense of the stroke.
        x, y, z = pad[0] - figures.LEG_CENTRE_M * axis[0], pad[1] - figures.LEG_CENTRE_M * axis[1], pad[2] + figures.LEG_CENTRE_M * axis[2]
        for i, square in enumerate((y * y + z * z, x * x + z * z, x * x + y * y)):
            about[i] += figures.LEG_INERTIA_KG_M2[i] + figures.LEG_MASS_KG * square
        height += z / 4.0
    return 4.0 * figures.LEG_MASS_KG, height, (about[0], about[1], about[2])


def hull_mass(mass_kg: float, inertia_kg_m2: figures.Vector) -> HullMass:
    """The hull of a lander of that mass and those moments about the origin, with the common centre of mass there."""
    legs_kg, legs_m, legs = leg_inertia()
    hull_kg = mass_kg - legs_kg
    centre = -legs_kg * legs_m / hull_kg
    offset = hull_kg * centre * centre
    return HullMass(hull_kg, centre, (inertia_kg_m2[0] - legs[0] - offset, inertia_kg_m2[1] - legs[1] - offset, inertia_kg_m2[2] - legs[2]))


def _vector(numbers: figures.Vector) -> str:
    return " ".join(f"{number:.12g}" for number in numbers)


def _leg(name: str, pad: figures.Vector, damping: float) -> str:
    axis = stroke(pad)
    centre = (-figures.LEG_CENTRE_M * axis[0], -figures.LEG_CENTRE_M * axis[1], figures.LEG_CENTRE_M * axis[2])
    ball = f"0 0 {figures.FOOTPAD_RADIUS_M:g}"
    return f"""
      <body name="leg_{name}" pos="{_vector(pad)}">
        <joint name="strut_{name}" type="slide" axis="{_vector(axis)}" stiffness="{figures.STRUT_STIFFNESS_N_M:g}" damping="{damping:g}"/>
        <inertial pos="{_vector(centre)}" mass="{figures.LEG_MASS_KG:g}" diaginertia="{_vector(figures.LEG_INERTIA_KG_M2)}"/>
        <geom name="pad_{name}" type="sphere" size="{figures.FOOTPAD_RADIUS_M:g}" pos="{ball}"/>
        <site name="sole_{name}" size="1" pos="{ball}"/>
      </body>"""


def lander_mjcf(step_s: float, contact: bool, posts: int, half_m: float) -> str:
    """The model with a step of so many seconds, over a patch of posts x posts heights that reaches half_m to each side."""
    hull = hull_mass(figures.DRY_MASS_KG, figures.DRY_INERTIA_KG_M2)
    damping = figures.STRUT_DAMPING_N_S_M if contact else FLIGHT_DAMPING_N_S_M
    box = _vector(figures.HULL_HALF_SIZE_M)
    nozzle_half = 0.5 * (-figures.HULL_HALF_SIZE_M[2] - figures.NOZZLE_RIM_M)
    nozzle = f"{figures.NOZZLE_RADIUS_M:g} {nozzle_half:.12g}"
    legs = "".join(_leg(name, pad, damping) for name, pad in zip(LEGS, figures.PAD_POSITION_M, strict=True))
    friction = f"{figures.FRICTION:g} {figures.FRICTION:g} 0.005 0.0001 0.0001"
    ground = f'solref="{CONTACT_TIME_S:g} 1" solimp="0.9 0.95 0.005"'
    pads = "".join(f'<pair geom1="soil" geom2="pad_{name}" condim="3" friction="{friction}" {ground}/>' for name in LEGS)
    hulls = "".join(f'<pair geom1="soil" geom2="{name}" condim="1" {ground}/>' for name in ("box", "nozzle"))
    touches = "".join(f'<touch name="touch_{name}" site="sole_{name}"/>' for name in LEGS)
    return f"""
<mujoco model="lander">
  <option timestep="{step_s:.12g}" integrator="{"implicitfast" if contact else "RK4"}" cone="elliptic" impratio="5" jacobian="dense">
    <flag contact="{"enable" if contact else "disable"}"/>
  </option>
  <size memory="4M"/>
  <asset><hfield name="patch" nrow="{posts}" ncol="{posts}" size="{half_m:.12g} {half_m:.12g} {PATCH_DEPTH_M:g} 1"/></asset>
  <default><geom contype="0" conaffinity="0"/></default>
  <worldbody>
    <geom name="soil" type="hfield" hfield="patch"/>
    <body name="hull">
      <freejoint name="flight"/>
      <inertial pos="0 0 {hull.centre_m:.12g}" mass="{hull.mass_kg:.12g}" diaginertia="{_vector(hull.inertia_kg_m2)}"/>
      <geom name="box" type="box" size="{box}"/>
      <geom name="nozzle" type="cylinder" size="{nozzle}" pos="0 0 {figures.NOZZLE_RIM_M + nozzle_half:.12g}"/>
      <site name="hull" size="5"/>{legs}
    </body>
  </worldbody>
  <contact>{pads}{hulls}</contact>
  <sensor>{touches}<touch name="touch_hull" site="hull"/></sensor>
</mujoco>
"""
