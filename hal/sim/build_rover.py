"""The rover's devices: the wheel drive on CAN."""

from __future__ import annotations

from typing import Final

from hal.sim.builder import Builder
from hal.sim.far_end import CanFarEnd
from hal.sim.wheel import SimWheel

FAULTABLE: Final[dict[str, str]] = {"rover.wheel": "wheel", "rover.bus.can": "can"}


def build(builder: Builder) -> None:
    """The far end of the bus `rover.can`."""
    if "rover.can" in builder.buses:
        can = CanFarEnd(builder.arena, "rover.bus.can", builder.buses["rover.can"], builder.outside.get("rover.can"))
        wheel = SimWheel(builder.arena, can, tick_s=builder.tick_s)
        builder.broken_at("rover.bus.can", bytes=[can.bus_line.point])
        builder.broken_at("rover.wheel", physics=[wheel.part], bytes=[wheel.line.point], value=[wheel.value])
        builder.actuator(can.slot)
        builder.actuator(wheel.slot)
