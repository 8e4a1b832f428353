"""The lander and the rover as pictures show them: simple solids after the figures of their bodies, moved as their records say.

The outlines are choices of ours where the figures do not tell: no drawings with dimensions have been found. Albedos are low, as if
under dust and out of the glint: foil 0.20, white paint 0.26, bare metal 0.16, solar cells 0.04.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np

from hal.sim import lander_figures, rover_figures
from hal.sim.picture import matrix_of
from hal.sim.solids import Solid, box, prism, quad, together, tube

FOIL, PAINT, METAL, CELLS = 0.20, 0.26, 0.16, 0.04
LANDED: Final = 1  # LanderBody.outcome
NOWHERE: Final = 2  # RoverBody.motion
STOWED_RAD: Final = math.radians(-80.0)  # the rails stand nearly upright until they swing down


@cache
def lander_hull() -> Solid:
    """All of the lander that does not move: body, deck, legs, nozzle, tanks, antenna."""
    flat, corner = 1.05, 0.62
    outline = [(flat, -corner), (flat, corner), (corner, flat), (-corner, flat)]
    outline += [(-x, -y) for x, y in outline]
    parts = [
        prism(outline, -0.62, rover_figures.DECK_Z_M - 0.02, FOIL, PAINT),
        tube((0.0, 0.0, -0.55), (0.0, 0.0, lander_figures.NOZZLE_RIM_M), 0.18, METAL, 14, lander_figures.NOZZLE_RADIUS_M, caps=False),
    ]
    for x, y, z in lander_figures.PAD_POSITION_M:
        ux, uy = (x > 0) - (x < 0), (y > 0) - (y < 0)
        knee = (1.05 * ux, 1.05 * uy, 0.25)
        ankle = (0.97 * x, 0.97 * y, z + 0.10)
        parts += [tube(knee, ankle, 0.055, FOIL), tube((x, y, z), (x, y, z + 0.09), 0.24, METAL, 12)]
        for side in (-0.55, 0.55):
            parts.append(tube((1.05 * ux - side * uy, 1.05 * uy + side * ux, -0.55), (0.8 * x, 0.8 * y, z + 0.42), 0.03, METAL, 6))
    c, s = math.cos(rover_figures.RAIL_AZIMUTH_RAD), math.sin(rover_figures.RAIL_AZIMUTH_RAD)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    half, deck = rover_figures.DECK_HALF_WIDTH_M, rover_figures.DECK_Z_M
    fixed = [quad((-1.0, -half, deck), (1.0, -half, deck), (1.0, half, deck), (-1.0, half, deck), PAINT)]
    for side in (-1.0, 1.0):
        fixed.append(box((-0.45, side * 0.95, deck + 0.16), (0.35, 0.16, 0.18), FOIL))
    fixed += [tube((-0.75, 0.95, deck + 0.3), (-0.75, 0.95, deck + 0.95), 0.025, METAL, 6)]
    fixed += [tube((-0.75, 0.95, deck + 0.95), (-0.62, 0.95, deck + 1.05), 0.05, PAINT, 14, 0.32, caps=False)]
    return together(*parts, together(*fixed).moved(turn, (0.0, 0.0, 0.0)))


@cache
def wing(side: float, out: bool) -> Solid:
    """A solar wing of the lander, across the line of the rails: folded against the body, or out."""
    c, s = math.cos(rover_figures.RAIL_AZIMUTH_RAD), math.sin(rover_figures.RAIL_AZIMUTH_RAD)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    if out:
        plate = box((-0.1, side * 2.15, 0.62), (0.6, 0.95, 0.02), CELLS)
    else:
        plate = box((-0.1, side * 1.22, 0.05), (0.6, 0.02, 0.55), CELLS)
    return plate.moved(turn, (0.0, 0.0, 0.0))


def rails(records: Mapping[str, Any]) -> list[Solid]:
    """The two rails, between upright and down on the ground, in the lander's body frame."""
    c, s = math.cos(rover_figures.RAIL_AZIMUTH_RAD), math.sin(rover_figures.RAIL_AZIMUTH_RAD)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    extension = min(max(float(records["ramp"]["extension"]), 0.0), 1.0) if "ramp" in records else 0.0
    found = []
    for k, side in enumerate((1.0, -1.0)):
        down = math.radians(24.0)
        if "ramp.rails" in records and records["ramp.rails"]["down"]:
            down = float(records["ramp.rails"]["slope_rad"][k])
        angle = STOWED_RAD + extension * (down - STOWED_RAD)
        middle, half, length = side * rover_figures.RAIL_MIDDLE_M, rover_figures.RAIL_HALF_WIDTH_M, rover_figures.RAIL_LENGTH_M
        hinge = (rover_figures.HINGE_M, 0.0, rover_figures.DECK_Z_M)
        x = rover_figures.HINGE_M
        rail = [
            box((x + 0.5 * length, middle + edge * half, rover_figures.DECK_Z_M), (0.5 * length, 0.015, 0.03), METAL)
            for edge in (-1.0, 1.0)
        ]
        rail += [box((x + 0.05 + 0.25 * n, middle, rover_figures.DECK_Z_M - 0.015), (0.02, half, 0.01), METAL) for n in range(20)]
        found.append(together(*rail).turned_about_y(hinge, angle).moved(turn, (0.0, 0.0, 0.0)))
    return found


def lander(records: Mapping[str, Any]) -> Solid:
    """In the site frame."""
    body = records["lander"]
    out = int(body["outcome"]) == LANDED
    parts = [lander_hull(), wing(1.0, out), wing(-1.0, out), *rails(records)]
    return together(*parts).moved(matrix_of(body["quaternion_site_from_body"]), body["position_m"])


@cache
def rover_hull(head: bool) -> Solid:
    """Box, wings and mast; the mast's head only when somebody else looks."""
    foot, top = rover_figures.MAST_FOOT_M, rover_figures.MAST_TOP_M
    parts = [
        box(rover_figures.HULL_CENTRE_M, rover_figures.HULL_HALF_M, FOIL),
        tube(foot, (top[0], top[1], top[2] - 0.09), 0.035, PAINT, 8),
    ]
    for side in (-1.0, 1.0):
        parts.append(box((-0.08, side * 0.74, 0.25), (0.5, 0.36, 0.012), CELLS))
    if head:
        parts += [box(top, (0.07, 0.17, 0.08), PAINT)]
        parts += [tube((top[0] + 0.07, y, top[2]), (top[0] + 0.13, y, top[2]), 0.035, CELLS, 10) for y in (-0.135, 0.135)]
    return together(*parts)


@cache
def wheel() -> Solid:
    """About the y axis, at the origin."""
    half, radius = 0.5 * rover_figures.WHEEL_WIDTH_M, rover_figures.WHEEL_RADIUS_M
    rim = tube((0.0, -half, 0.0), (0.0, half, 0.0), radius, METAL, 20, caps=False)
    hub = tube((0.0, -half, 0.0), (0.0, half, 0.0), 0.05, METAL, 10)
    spokes = [box((0.0, 0.0, 0.0), (0.012, 0.02, radius), METAL).turned_about_y((0.0, 0.0, 0.0), n * math.pi / 4.0) for n in range(4)]
    return together(rim, hub, *spokes)


def _suspension(records: Mapping[str, Any], left: bool) -> list[Solid]:
    """One side's rocker, bogie and wheels."""
    body, side = records["rover"], 1.0 if left else -1.0
    steering = records["rover.actuation"]["steering_angle_rad"] if "rover.actuation" in records else np.zeros(4)
    rocker_at, bogie_at = ((p[0], side * p[1], p[2]) for p in (rover_figures.ROCKER_PIVOT_M, rover_figures.BOGIE_PIVOT_M))
    rocker_rad, bogie_rad = (float(body["suspension_rad"][k + (0 if left else 1)]) for k in (0, 2))
    rocker: list[Solid] = []
    bogie: list[Solid] = []
    for w in range(6):
        at = rover_figures.WHEEL_POSITION_M[w]
        if (at[1] > 0) != left:
            continue
        heading = float(steering[rover_figures.STEERED_WHEEL.index(w)]) if w in rover_figures.STEERED_WHEEL else 0.0
        c, s = math.cos(heading), math.sin(heading)
        turned = wheel().turned_about_y((0.0, 0.0, 0.0), float(body["wheel_angle_rad"][w]))
        own = bogie if w % 3 else rocker
        own.append(turned.moved(np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]), at))
        knee = (at[0], side * rover_figures.ROCKER_PIVOT_M[1], at[2] + 0.17)
        own.append(tube(bogie_at if w % 3 else rocker_at, knee, 0.022, METAL, 6))
        own.append(tube(knee, (at[0], at[1] - side * 0.09, at[2]), 0.022, METAL, 6))
    rocker.append(tube(rocker_at, bogie_at, 0.022, METAL, 6))
    rocker += [part.turned_about_y(bogie_at, bogie_rad) for part in bogie]
    return [part.turned_about_y(rocker_at, rocker_rad) for part in rocker]


def rover(records: Mapping[str, Any], head: bool) -> Solid | None:
    """In the site frame; None when the scenario has no rover body."""
    body = records["rover"]
    if int(body["motion"]) == NOWHERE:
        return None
    parts = [rover_hull(head), *_suspension(records, True), *_suspension(records, False)]
    return together(*parts).moved(matrix_of(body["quaternion_site_from_body"]), body["position_m"])
