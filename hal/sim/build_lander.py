"""The lander's first devices: engine, thrusters and leg contacts on CAN, inertial unit, laser altimeter."""

from __future__ import annotations

from typing import Final

from hal.core.world import WorldSlot
from hal.sim.altimeter import SimAltimeter
from hal.sim.builder import Builder
from hal.sim.engine import SimEngine
from hal.sim.far_end import CanFarEnd
from hal.sim.imu import SimImu
from hal.sim.legs import SimLegs
from hal.sim.mechanism import SimMechanism
from hal.sim.thrusters import SimThrusters

VALVE_UNITS: Final = 4
THRUSTERS: Final = 28

FAULTABLE: Final[dict[str, str]] = {
    "lander.imu": "imu",
    "lander.altimeter": "altimeter",
    "lander.legs": "legs",
    "lander.engine": "engine",
    "lander.mechanism": "mechanism",
    "lander.thrusters": "thrusters",
    **{f"lander.thruster.{t}": "thruster" for t in range(THRUSTERS)},
    **{f"lander.valve_unit.{u}": "valve_unit" for u in range(VALVE_UNITS)},
    "lander.bus.imu": "uart",
    "lander.bus.altimeter": "uart",
    "lander.bus.can": "can",
}


def build(builder: Builder) -> None:
    """The far ends of the buses `lander.can`, `lander.imu` and `lander.altimeter`."""
    arena, buses, tick_s = builder.arena, builder.buses, builder.tick_s
    if "lander.can" in buses:
        can = CanFarEnd(arena, "lander.bus.can", buses["lander.can"], builder.outside.get("lander.can"))
        engine, legs = SimEngine(arena, can, tick_s=tick_s), SimLegs(arena, can, tick_s=tick_s)
        thrusters = SimThrusters(arena, can, tick_s=tick_s)
        mechanism = SimMechanism(arena, can, tick_s=tick_s)
        lines = [line.point for line in thrusters.lines]
        builder.broken_at("lander.bus.can", bytes=[can.bus_line.point])
        builder.broken_at("lander.engine", physics=[engine.part], bytes=[engine.line.point], value=[engine.value])
        builder.broken_at("lander.mechanism", physics=[mechanism.part], bytes=[mechanism.line.point], value=[mechanism.value])
        builder.broken_at("lander.legs", bytes=[legs.line.point], value=[legs.value])
        builder.broken_at("lander.thrusters", physics=thrusters.thrusters, bytes=lines)
        for u in range(VALVE_UNITS):
            builder.broken_at(f"lander.valve_unit.{u}", physics=[thrusters.units[u]], bytes=[lines[u]])
        for t in range(THRUSTERS):
            builder.broken_at(f"lander.thruster.{t}", physics=[thrusters.thrusters[t]])
        for slot in (can.slot, engine.slot, thrusters.slot, mechanism.slot):
            builder.actuator(slot)
        builder.sensors.append(WorldSlot(legs.slot))
    if "lander.imu" in buses:
        builder.sensor(SimImu(arena, buses["lander.imu"], tick_s=tick_s), vehicle="lander", name="imu")
    if "lander.altimeter" in buses:
        builder.sensor(SimAltimeter(arena, buses["lander.altimeter"], tick_s=tick_s), vehicle="lander", name="altimeter")
