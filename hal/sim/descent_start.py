"""Where the descent starts, at perilune before the site, and what this run's lander is like: dispersions from a stream of their own."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from hal.core.arena import Arena
from hal.core.random import RandomSource
from hal.sim.lander import Lander
from hal.sim.lander_figures import PAD_HEIGHT_M
from hal.sim.pose import Quaternion, multiply, small_turn, upright
from hal.sim.scenarios import Scenario
from hal.sim.site import GM_M3_S2, MOON_RATE_RAD_S, RADIUS_M, map_coordinates

MEAN_RADIUS_M: Final = RADIUS_M + 5_935.0
APOLUNE_M: Final = 100_000.0  # above the mean sphere (facts: change4, section 7)
CUT: Final = 3.0  # standard deviations

RECORD: Final = np.dtype(
    [("mass_kg", "<f8"), ("thrust_factor", "<f8"), ("isp_factor", "<f8"), ("position_m", "<f8", 3), ("velocity_m_s", "<f8", 3)]
)


class Dispersions:
    """The record `lander.dispersion`: by how much this run's lander and orbit differ from what everybody believes of them."""

    def __init__(self, arena: Arena) -> None:
        self.random = RandomSource(arena, "random.dispersion")
        self.record = arena.record("lander.dispersion", RECORD)
        self.record["thrust_factor"] = self.record["isp_factor"] = 1.0

    def draw(self, seed: int, row: Scenario) -> None:
        """Key the stream and draw: mass, thrust, specific impulse, position and velocity of each axis, in this order."""
        self.random.seed(seed)
        self.record["mass_kg"] = self._draw() * row.mass_sigma_kg
        self.record["thrust_factor"] = 1.0 + self._draw() * row.thrust_sigma
        self.record["isp_factor"] = 1.0 + self._draw() * row.isp_sigma
        self.record["position_m"] = [self._draw() * row.position_sigma_m for _ in range(3)]
        self.record["velocity_m_s"] = [self._draw() * row.speed_sigma_m_s for _ in range(3)]

    def give(self, arena: Arena) -> None:
        """Hand thrust and specific impulse to the engine, where there is one."""
        if "device.lander.engine" in arena.records:
            engine = arena.view("device.lander.engine")
            for factor in ("thrust_factor", "isp_factor"):
                engine[factor] = self.record[factor]

    def _draw(self) -> float:
        while abs(value := self.random.gaussian()) > CUT:
            pass
        return value


def orbit(row: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Position and velocity (site frame, relative to the Moon) at perilune, `distance_m` over the ground before the site."""
    angle = row.distance_m / RADIUS_M
    ahead = np.array([math.sin(row.azimuth_rad), math.cos(row.azimuth_rad), 0.0])  # of the flight, at the site
    up = np.array([0.0, 0.0, 1.0])
    radius, far = MEAN_RADIUS_M + row.perilune_m, MEAN_RADIUS_M + APOLUNE_M
    speed = math.sqrt(2.0 * GM_M3_S2 * (1.0 / radius - 1.0 / (radius + far)))
    centre = radius * (math.cos(angle) * up - math.sin(angle) * ahead)
    forward = math.cos(angle) * ahead + math.sin(angle) * up
    # The orbit's plane is inertial; seen from the Moon it passes over the site, whose own motion is taken away here.
    return centre - RADIUS_M * up, speed * forward - np.cross(MOON_RATE_RAD_S, centre)


def backwards(velocity: np.ndarray, azimuth_rad: float) -> Quaternion:
    """The engine against the velocity, body x towards the ground: upright, x then points back along the flight, and -x sees the sky."""
    z = -velocity / np.linalg.norm(velocity)
    heading = math.atan2(-math.cos(azimuth_rad), -math.sin(azimuth_rad))
    return multiply(upright((float(z[0]), float(z[1]), float(z[2]))), (math.cos(heading / 2.0), 0.0, 0.0, math.sin(heading / 2.0)))


def start_in_orbit(lander: Lander, row: Scenario, dispersions: Dispersions, random: RandomSource) -> None:
    """Place the lander, turned for the ignition and at rest against the stars."""
    position, velocity = orbit(row)
    attitude = multiply(backwards(velocity, row.azimuth_rad), small_turn([random.gaussian() * row.attitude_sigma_rad for _ in range(3)]))
    position = position + dispersions.record["position_m"]
    velocity = velocity + dispersions.record["velocity_m_s"]
    propellant = row.propellant_kg + float(dispersions.record["mass_kg"])
    lander.place(tuple(position), tuple(velocity), attitude, propellant, rate_rad_s=(0.0, 0.0, 0.0))


def height_above_site(position: np.ndarray) -> float:
    """What stands for altitude in orbit: of the footpads, were the lander upright, above the sphere through the site."""
    x, y, z = (float(component) for component in position)
    return float(map_coordinates((x, y, z))[2]) + PAD_HEIGHT_M


def along_track(row: Scenario, position: np.ndarray) -> np.ndarray:
    """The unit vector of the flight over the ground at a position."""
    x, y, z = position
    centre = np.array([x, y, z + RADIUS_M])
    up = centre / np.linalg.norm(centre)
    ahead = np.array([math.sin(row.azimuth_rad), math.cos(row.azimuth_rad), 0.0])
    flat = ahead - up * float(ahead @ up)
    return np.asarray(flat / np.linalg.norm(flat))
