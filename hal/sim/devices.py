"""Builds every simulated device whose bus is given, in the order in which their slots must run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.world import WorldSlot
from hal.sim.altimeter import SimAltimeter
from hal.sim.engine import SimEngine
from hal.sim.far_end import CanFarEnd
from hal.sim.fault_board import FaultBoard, matrix
from hal.sim.faults import FaultPoint
from hal.sim.imu import SimImu
from hal.sim.legs import SimLegs
from hal.sim.thrusters import SimThrusters
from hal.sim.wheel import SimWheel

VALVE_UNITS: Final = 4
THRUSTERS: Final = 28

# Everything that can be broken, with its class of the fault table.
FAULTABLE: Final[dict[str, str]] = {
    "lander.imu": "imu",
    "lander.altimeter": "altimeter",
    "lander.legs": "legs",
    "lander.engine": "engine",
    "lander.thrusters": "thrusters",
    **{f"lander.thruster.{t}": "thruster" for t in range(THRUSTERS)},
    **{f"lander.valve_unit.{u}": "valve_unit" for u in range(VALVE_UNITS)},
    "rover.wheel": "wheel",
    "lander.bus.imu": "uart",
    "lander.bus.altimeter": "uart",
    "lander.bus.can": "can",
    "rover.bus.can": "can",
}


class Seeded(Protocol):
    """What a run starts with a seed."""

    def seed(self, seed: int) -> None: ...


class Devices(NamedTuple):
    """`actuator_slots` run before physics, `sensor_slots` after it. `seed` starts a run: call it at every reset."""

    actuator_slots: tuple[WorldSlot, ...]
    sensor_slots: tuple[WorldSlot, ...]
    faultables: FaultBoard
    seeded: tuple[Seeded, ...]

    def seed(self, seed: int) -> None:
        """Key every stream, draw this run's biases."""
        for each in self.seeded:
            each.seed(seed)


def build_devices(arena: Arena, buses: Mapping[str, Bus], tick_s: float = 0.01, outside: Mapping[str, Bus] | None = None) -> Devices:
    """The far ends of the buses `lander.imu`, `lander.altimeter`, `lander.can` and `rover.can`, as far as they are given.

    The records `lander` and `lander.actuation` must have been taken in `arena`. A CAN bus in `outside` is shared with real
    devices: the far side of that second bus is in a back end's hands.
    """
    board = FaultBoard(tick_s)
    outside = outside or {}
    actuators: list[WorldSlot] = []
    sensors: list[WorldSlot] = []
    seeded: list[Seeded] = [board]

    def broken_at(device: str, **points: Sequence[FaultPoint]) -> None:
        board.add(device, FAULTABLE[device], points)

    if "lander.can" in buses:
        can = CanFarEnd(arena, "lander.bus.can", buses["lander.can"], outside.get("lander.can"))
        engine, legs = SimEngine(arena, can, tick_s=tick_s), SimLegs(arena, can, tick_s=tick_s)
        thrusters = SimThrusters(arena, can, tick_s=tick_s)
        lines = [line.point for line in thrusters.lines]
        broken_at("lander.bus.can", bytes=[can.bus_line.point])
        broken_at("lander.engine", physics=[engine.part], bytes=[engine.line.point], value=[engine.value])
        broken_at("lander.legs", bytes=[legs.line.point], value=[legs.value])
        broken_at("lander.thrusters", physics=thrusters.thrusters, bytes=lines)
        for u in range(VALVE_UNITS):
            broken_at(f"lander.valve_unit.{u}", physics=[thrusters.units[u]], bytes=[lines[u]])
        for t in range(THRUSTERS):
            broken_at(f"lander.thruster.{t}", physics=[thrusters.thrusters[t]])
        actuators += [WorldSlot(can.slot), WorldSlot(engine.slot), WorldSlot(thrusters.slot)]
        sensors.append(WorldSlot(legs.slot))
    if "lander.imu" in buses:
        imu = SimImu(arena, buses["lander.imu"], tick_s=tick_s)
        broken_at("lander.imu", bytes=[imu.line.point], value=[imu.value])
        broken_at("lander.bus.imu", bytes=[imu.bus_line.point])
        sensors.append(WorldSlot(imu.slot))
        seeded.append(imu)
    if "lander.altimeter" in buses:
        altimeter = SimAltimeter(arena, buses["lander.altimeter"], tick_s=tick_s)
        broken_at("lander.altimeter", bytes=[altimeter.line.point], value=[altimeter.value])
        broken_at("lander.bus.altimeter", bytes=[altimeter.bus_line.point])
        sensors.append(WorldSlot(altimeter.slot))
        seeded.append(altimeter)
    if "rover.can" in buses:
        can = CanFarEnd(arena, "rover.bus.can", buses["rover.can"], outside.get("rover.can"))
        wheel = SimWheel(arena, can, tick_s=tick_s)
        broken_at("rover.bus.can", bytes=[can.bus_line.point])
        broken_at("rover.wheel", physics=[wheel.part], bytes=[wheel.line.point], value=[wheel.value])
        actuators += [WorldSlot(can.slot), WorldSlot(wheel.slot)]
    return Devices(tuple(actuators), tuple(sensors), board, tuple(seeded))


def fault_rows() -> list[dict[str, Any]]:
    """The whole matrix of device, depth and kind as plain rows, for `farside faults`."""
    return matrix(FAULTABLE)
