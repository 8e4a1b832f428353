"""Where the rover is at the start of a scenario, and its states in words."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from hal.core.arena import Arena
from hal.sim import rover_figures as figures
from hal.sim.rover import Rover
from hal.sim.scenarios import START_NOWHERE, START_ROLLED_OFF, Scenario

ROVER_MOTIONS: Final = ("aboard", "free", "nowhere")
ROVER_OUTCOMES: Final = ("upright", "tipped over", "fallen off the ramp", "lost by its model")
SETTLE_S: Final = 15.0


def rails_direction(quaternion_site_from_body: np.ndarray) -> float:
    """Heading (rad, from east towards north) of the lander's rails."""
    w, x, y, z = quaternion_site_from_body
    forward, left = math.cos(figures.RAIL_AZIMUTH_RAD), math.sin(figures.RAIL_AZIMUTH_RAD)
    east = (1 - 2 * (y * y + z * z)) * forward + 2 * (x * y - w * z) * left
    north = 2 * (x * y + w * z) * forward + (1 - 2 * (x * x + z * z)) * left
    return math.atan2(north, east)


def start_rover(rover: Rover, arena: Arena, row: Scenario, tick_s: float) -> None:
    """Aboard the lander, or rolled off and at rest before it; the lander has been placed. Raises RuntimeError when it finds no rest."""
    if row.soil_share >= 0.0:
        (low, high), (least, most) = figures.COHESION_RANGE_PA, figures.FRICTION_RANGE_RAD
        rover.set_soil(low + row.soil_share * (high - low), least + row.soil_share * (most - least))
    if row.start == START_NOWHERE:
        return
    if row.start != START_ROLLED_OFF:
        rover.aboard()
        return
    lander, ramp = arena.view("lander"), arena.view("ramp")
    ramp["extension"], ramp["released"] = 1.0, 1
    rails = rails_direction(lander["quaternion_site_from_body"])
    heading = rails + row.rover_turn_rad
    east = float(lander["position_m"][0]) + row.rover_distance_m * math.cos(rails)
    north = float(lander["position_m"][1]) + row.rover_distance_m * math.sin(rails)
    if row.made_ground >= 0.5:
        make_ground(rover, row, east, north, heading)
    rover.place(east, north, heading)
    if not rover.settle(round(SETTLE_S / tick_s)):
        raise RuntimeError(f"the rover found no rest on the ground of this seed within {SETTLE_S:g} s")


def make_ground(rover: Rover, row: Scenario, east: float, north: float, heading: float) -> None:
    """A plane that rises ahead of the rover, and a ball sunk to its middle before the left wheels."""
    rise = math.tan(row.slope_rad)
    slope = rise * math.cos(heading), rise * math.sin(heading)
    ahead, left = row.rock_distance_m * math.cos(row.slope_rad), figures.TRACK_M / 2.0
    x = east + ahead * math.cos(heading) - left * math.sin(heading)
    y = north + ahead * math.sin(heading) + left * math.cos(heading)
    rover.set_ground(*slope, (x, y, slope[0] * x + slope[1] * y), row.rock_m)
