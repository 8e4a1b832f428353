"""The rover's devices: six wheel drives and four steering drives on CAN, the inertial unit."""

from __future__ import annotations

from typing import Any, Final

from hal.sim.builder import Builder
from hal.sim.far_end import CanFarEnd
from hal.sim.imu import SimImu
from hal.sim.steering import SimSteering
from hal.sim.wheel import SimWheel

WHEELS: Final = 6
STEERINGS: Final = 4

FAULTABLE: Final[dict[str, str]] = {
    **{f"rover.wheel.{w}": "wheel" for w in range(WHEELS)},
    **{f"rover.steering.{s}": "steering" for s in range(STEERINGS)},
    "rover.imu": "imu",
    "rover.bus.can": "can",
    "rover.bus.imu": "uart",
}


def build(builder: Builder) -> None:
    """The far ends of the buses `rover.can` and `rover.imu`. The records `rover` and `rover.actuation` must be there."""
    arena, buses, tick_s = builder.arena, builder.buses, builder.tick_s
    if "rover.can" in buses:
        can = CanFarEnd(arena, "rover.bus.can", buses["rover.can"], builder.outside.get("rover.can"))
        builder.broken_at("rover.bus.can", bytes=[can.bus_line.point])
        builder.actuator(can.slot)
        drives: list[Any] = [SimWheel(arena, can, w, tick_s) for w in range(WHEELS)]
        drives += [SimSteering(arena, can, s, tick_s) for s in range(STEERINGS)]
        for drive in drives:
            builder.broken_at(drive.name, physics=[drive.part], bytes=[drive.line.point], value=[drive.value])
            builder.actuator(drive.slot)
    if "rover.imu" in buses:
        imu = SimImu(arena, buses["rover.imu"], "rover.imu", "rover.bus.imu", tick_s, "rover")
        builder.sensor(imu, vehicle="rover", name="imu")
