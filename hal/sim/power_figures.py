"""Power and heat of the three vehicles in figures. All are choices of ours but those marked with their source (facts: change4).

Published: RHU 120 W thermal of the rover (section 4; the lander is given the same), at least 2.5 W electric of the lander's RTG by night
(section 1), wings of the relay over 780 W and its battery 45 Ah (section 6); here at 29 V.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Plant:
    """Areas in m2, powers in W, heat capacities in J/K, conductances in W/K. Nodes: electronics, battery, wing, structure."""

    name: str
    wing_m2: float
    battery_j: float
    base_w: float  # what is always on: receivers, the power unit itself
    computer_w: float  # the computer, with what only runs under it: sensors, transmitter
    heater_w: float  # of the battery
    rtg_w: float  # electric
    rhu_w: float  # heat, in the electronics' box
    capacity_j_k: tuple[float, float, float, float]
    to_battery_w_k: float  # electronics to battery
    to_structure_w_k: tuple[float, float, float]  # from electronics, battery and wing
    radiator_m2: float  # of the electronics, louvred
    structure_m2: float
    on_ground: bool  # sees the Moon below, and the Sun only above its horizon


WATT_HOUR_J: Final = 3600.0

PLANTS: Final = (
    Plant(
        "lander", 3.2, 3480 * WATT_HOUR_J, 60.0, 150.0, 30.0, 2.5, 120.0,
        (60e3, 30e3, 12e3, 120e3), 2.0, (0.35, 0.1, 0.2), 1.1, 3.0, True,
    ),
    Plant(
        "rover", 1.2, 900 * WATT_HOUR_J, 6.0, 50.0, 12.0, 0.0, 120.0,
        (20e3, 8e3, 4.5e3, 20e3), 0.8, (0.12, 0.04, 0.1), 0.5, 0.8, True,
    ),
    Plant(
        "relay", 2.3, 1305 * WATT_HOUR_J, 120.0, 330.0, 25.0, 0.0, 0.0,
        (50e3, 20e3, 8.6e3, 100e3), 1.5, (0.8, 0.2, 0.2), 1.0, 2.5, False,
    ),
)  # fmt: skip
