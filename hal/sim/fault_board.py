"""The fault board: every point where something can be broken, by name; starts and ends faults, and prints the matrix.

A kind may be named alone or with its depth (`value.stuck`). Alone it acts where one would expect it: of a sensor, what changes the
number acts on the value and what changes the talking on the bytes; of an actuator, on the part if a part can have it; of a bus, on bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hal.sim.fault_table import CLASSES, SENSOR_CLASSES, SENSOR_VALUE_FIRST, TIMED, Cell, Parameter
from hal.sim.faults import DEPTHS, KINDS, FaultPoint

Points = Mapping[str, Sequence[FaultPoint]]  # depth -> points; several for a device of many parts


class FaultBoard:
    """Devices by name, each of a class of the fault table. Times are turned into ticks of `tick_s`."""

    def __init__(self, tick_s: float = 0.01) -> None:
        self._tick_s = tick_s
        self._devices: dict[str, tuple[str, Points]] = {}

    def add(self, device: str, table_class: str, points: Points) -> None:
        """Register a device. Raises ValueError when it is there already or its points are not those of its class."""
        wanted = {depth for depth, row in CLASSES[table_class].items() if isinstance(row, dict)}
        if device in self._devices or set(points) != wanted:
            raise ValueError(f"{device}: registered twice, or has points for {sorted(points)} instead of {sorted(wanted)}")
        self._devices[device] = (table_class, points)

    def inject(self, device: str, kind: str, parameters: Mapping[str, float], tick: int) -> None:
        """Start a fault now; an active one of the same kind starts anew. Raises ValueError with the reason of a refusal."""
        table_class, points = self._find(device)
        depth, name = self._depth(device, table_class, kind)
        cell = _cell(table_class, depth, name)
        if isinstance(cell, str):
            raise ValueError(f"{device}: {depth}.{name} is refused: {cell}")
        values = self._values(f"{device} {depth}.{name}", cell, name, parameters)
        for point in points[depth]:
            point.inject(KINDS.index(name), values, tick)

    def clear(self, device: str, kind: str | None, tick: int) -> None:
        """End one kind (at one depth if it is named, else at all), or every fault of a device."""
        _, points = self._find(device)
        depth, _, name = kind.rpartition(".") if kind else ("", "", "")
        if (name and name not in KINDS) or (depth and depth not in DEPTHS):
            raise ValueError(f"{kind!r} is no fault: kinds are {', '.join(KINDS)}, depths {', '.join(DEPTHS)}")
        for here, several in points.items():
            for point in several if depth in ("", here) else ():
                for number in [KINDS.index(name)] if name else range(len(KINDS)):
                    point.clear(number)

    def active(self) -> list[dict[str, Any]]:
        """What is broken now: device, depth, kind."""
        return [
            {"device": point.device, "depth": depth, "kind": kind}
            for _, points in self._devices.values()
            for depth, several in points.items()
            for point in several
            for kind in point.active()
        ]

    def seed(self, seed: int) -> None:
        """Key the stream of every point for a run."""
        for _, points in self._devices.values():
            for several in points.values():
                for point in several:
                    point.random.seed(seed)

    def matrix(self) -> list[dict[str, Any]]:
        """One row for each device, depth and kind."""
        return matrix({device: table_class for device, (table_class, _) in self._devices.items()})

    def _find(self, device: str) -> tuple[str, Points]:
        if device not in self._devices:
            raise ValueError(f"no device {device!r}: there are {', '.join(self._devices)}")
        return self._devices[device]

    def _depth(self, device: str, table_class: str, kind: str) -> tuple[str, str]:
        depth, _, name = kind.rpartition(".")
        if name not in KINDS or (depth and depth not in DEPTHS):
            raise ValueError(f"{device}: {kind!r} is no fault: kinds are {', '.join(KINDS)}, depths {', '.join(DEPTHS)}")
        return depth or default_depth(table_class, name), name

    def _values(self, where: str, cell: Cell, kind: str, given: Mapping[str, float]) -> list[float]:
        unknown = set(given) - {parameter.name for parameter in cell.parameters}
        if unknown:
            raise ValueError(f"{where}: no parameter {sorted(unknown)}; there are {[p.name for p in cell.parameters]}")
        values = [0.0] * 4
        for parameter in cell.parameters:
            value = float(given.get(parameter.name, parameter.default))
            if not parameter.low <= value <= parameter.high:
                raise ValueError(f"{where}: {parameter.name} = {value:g} is not within {parameter.low:g} to {parameter.high:g}")
            values[parameter.place] = max(1.0, round(value / self._tick_s)) if kind in TIMED else value
        return values


def default_depth(table_class: str, kind: str) -> str:
    """The depth at which a kind acts when none is named."""
    if table_class in SENSOR_CLASSES:
        order = ["value", "bytes", "physics"] if kind in SENSOR_VALUE_FIRST else ["bytes", "value", "physics"]
    else:
        order = ["physics", "bytes", "value"]
    return next((depth for depth in order if isinstance(_cell(table_class, depth, kind), Cell)), order[0])


def matrix(devices: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows for some devices, given as name and class of the fault table."""
    rows = []
    for device, table_class in devices.items():
        for depth in DEPTHS:
            for kind in KINDS:
                cell = _cell(table_class, depth, kind)
                supported = isinstance(cell, Cell)
                rows.append(
                    {
                        "device": device,
                        "depth": depth,
                        "kind": kind,
                        "supported": supported,
                        "default": supported and default_depth(table_class, kind) == depth,
                        "reason": "" if isinstance(cell, Cell) else cell,
                        "effect": cell.effect if isinstance(cell, Cell) else "",
                        "parameters": [_plain(p) for p in cell.parameters] if isinstance(cell, Cell) else [],
                    }
                )
    return rows


def _cell(table_class: str, depth: str, kind: str) -> Cell | str:
    row = CLASSES[table_class][depth]
    return row if isinstance(row, str) else row[kind]


def _plain(parameter: Parameter) -> dict[str, Any]:
    return {name: getattr(parameter, name) for name in ("name", "unit", "default", "low", "high")}
