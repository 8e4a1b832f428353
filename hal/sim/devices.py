"""Builds every simulated device whose bus is given, group by group, in the order in which their slots must run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.world import WorldPythonSlot, WorldSlot
from hal.sim import build_cameras, build_lander, build_power, build_rover, build_sensors
from hal.sim.builder import Builder, Seeded
from hal.sim.fault_board import FaultBoard, matrix

# One module a group: its rows of FAULTABLE, and `build(builder)`.
GROUPS: Final = (build_lander, build_sensors, build_rover, build_power, build_cameras)

# Everything that can be broken, with its class of the fault table.
FAULTABLE: Final[dict[str, str]] = {device: table_class for group in GROUPS for device, table_class in group.FAULTABLE.items()}


class Devices(NamedTuple):
    """`actuator_slots` run before physics, `sensor_slots` after it. `seed` starts a run: call it at every reset."""

    actuator_slots: tuple[WorldSlot, ...]
    sensor_slots: tuple[WorldSlot, ...]
    faultables: FaultBoard
    seeded: tuple[Seeded, ...]
    python_slots: tuple[WorldPythonSlot, ...]

    def seed(self, seed: int) -> None:
        """Key every stream, draw this run's biases."""
        for each in self.seeded:
            each.seed(seed)


def build_devices(
    arena: Arena,
    buses: Mapping[str, Bus],
    tick_s: float = 0.01,
    outside: Mapping[str, Bus] | None = None,
    parts: Mapping[str, Any] | None = None,
) -> Devices:
    """The far ends of the buses that are given, by names like `lander.imu`.

    The bodies' records must have been taken in `arena`; `parts` are models of the world that devices ask (see `Builder`). A CAN bus
    in `outside` is shared with real devices: the far side of that second bus is in a back end's hands.
    """
    builder = Builder(arena, buses, tick_s, FAULTABLE, outside, parts)
    for group in GROUPS:
        group.build(builder)
    return Devices(tuple(builder.actuators), tuple(builder.sensors), builder.board, tuple(builder.seeded), tuple(builder.python_slots))


def fault_rows() -> list[dict[str, Any]]:
    """The whole matrix of device, depth and kind as plain rows, for `farside faults`."""
    return matrix(FAULTABLE)
