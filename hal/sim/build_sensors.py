"""The lander's sensors for the whole descent: star tracker, radar, gamma altimeter, imaging laser."""

from __future__ import annotations

from typing import Final

from hal.sim.builder import Builder
from hal.sim.gamma_altimeter import SimGammaAltimeter
from hal.sim.imaging_laser import SimImagingLaser
from hal.sim.radar import SimRadar
from hal.sim.star_tracker import SimStarTracker

FAULTABLE: Final[dict[str, str]] = {
    "lander.star_tracker": "star_tracker",
    "lander.radar": "radar",
    "lander.gamma_altimeter": "gamma_altimeter",
    "lander.imaging_laser": "imaging_laser",
    "lander.bus.star_tracker": "uart",
    "lander.bus.radar": "uart",
    "lander.bus.gamma_altimeter": "uart",
    "lander.bus.imaging_laser": "spacewire",
}


def build(builder: Builder) -> None:
    """The far ends of the buses `lander.star_tracker`, `lander.radar`, `lander.gamma_altimeter` and `lander.imaging_laser`."""
    arena, buses, tick_s = builder.arena, builder.buses, builder.tick_s
    if "lander.star_tracker" in buses:
        builder.sensor(SimStarTracker(arena, buses["lander.star_tracker"], tick_s=tick_s), vehicle="lander", name="star_tracker")
    if "lander.radar" in buses:
        radar = SimRadar(arena, buses["lander.radar"], builder.parts["terrain"], tick_s=tick_s)
        builder.sensor(radar, vehicle="lander", name="radar")
    if "lander.gamma_altimeter" in buses:
        gamma = SimGammaAltimeter(arena, buses["lander.gamma_altimeter"], tick_s=tick_s)
        builder.sensor(gamma, vehicle="lander", name="gamma_altimeter")
    if "lander.imaging_laser" in buses:
        laser = SimImagingLaser(arena, buses["lander.imaging_laser"], builder.parts["terrain"], tick_s=tick_s)
        builder.sensor(laser, vehicle="lander", name="imaging_laser")
