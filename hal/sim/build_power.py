"""The power units of all three vehicles."""

from __future__ import annotations

from typing import Final

from hal.sim.builder import Builder
from hal.sim.power_unit import SimPowerUnit

VEHICLES: Final = ("lander", "rover", "relay")

FAULTABLE: Final[dict[str, str]] = {
    **{f"{vehicle}.power_unit": "power_unit" for vehicle in VEHICLES},
    **{f"{vehicle}.bus.power_unit": "uart" for vehicle in VEHICLES},
}


def build(builder: Builder) -> None:
    """The far ends of the buses `VEHICLE.power_unit`. The records `VEHICLE.power` must be there."""
    for vehicle in VEHICLES:
        if f"{vehicle}.power_unit" in builder.buses:
            unit = SimPowerUnit(builder.arena, builder.buses[f"{vehicle}.power_unit"], vehicle, builder.tick_s)
            builder.sensor(unit, vehicle=vehicle, name="power_unit")
