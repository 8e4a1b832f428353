"""Handles: what a bench can take hold of in a mission: faults, truth, computers, slots, symbols. All that is done is logged as input."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flight.computer import ACTION_OFF, ACTION_ON, ACTION_RESET, RESET_BENCH
from hal.registry import device_rows

if TYPE_CHECKING:
    from flight.channel import Channel
    from flight.doors.inbox import Inbox
    from flight.doors.outlet import Outlet
    from flight.executive import Executive
    from flight.hardware import Hardware
    from flight.space import Space
    from flight.symbols import Symbols
    from flight.vehicle import Vehicle
    from hal.core.arena import Arena
    from hal.core.world import World

ACTIONS = {"on": ACTION_ON, "off": ACTION_OFF, "reset": ACTION_RESET}
SHOWN = ("running", "boot_count", "reset_cause", "overruns", "shed", "crashes", "frame_last_ns")  # of each computer, in `status`


class Handles(ABC):
    """The part of a mission that a bench takes hold of, between two ticks."""

    world: World
    executive: Executive
    harness: Arena
    vehicles: list[Vehicle]
    names: Symbols
    inbox: Inbox
    outlet: Outlet
    hardware: Hardware | None
    real_time: bool
    punctuality: dict[str, bool]
    tick_ns: int
    link: str
    space: Space | None
    channel: Channel | None

    @property
    def tick(self) -> int:
        """The tick about to run."""
        return self.executive.tick

    @abstractmethod
    def reset(self, scenario: str, seed: int, options: Mapping[str, float] | None = None) -> None:
        """Go to the start of a scenario."""

    @abstractmethod
    def restore(self, octets: bytes) -> None:
        """Go to the time of a snapshot."""

    @abstractmethod
    def _log_input(self, kind: str, payload: bytes | Mapping[str, Any]) -> None:
        """Log an input with the present tick."""

    def inject(self, device: str, kind: str, parameters: Mapping[str, float]) -> None:
        """Start a fault. Raises ValueError with the reason when it is not supported."""
        self.world.inject(device, kind, parameters, self.tick)
        self._log_input("inject", {"device": device, "kind": kind, "parameters": dict(parameters)})

    def clear(self, device: str, kind: str | None = None) -> None:
        """End one fault of a device, or all of them."""
        self.world.clear(device, kind, self.tick)
        self._log_input("clear", {"device": device, "kind": kind})

    def set_channel(self, side: str, settings: Mapping[str, float]) -> None:
        """Change one direction of the link's channel, "up" or "down"; what is not named is off. Raises ValueError."""
        if self.channel is None:
            raise ValueError("no channel is modelled: start the emulator with --channel (`--channel clear` does nothing yet)")
        self.channel.set(side, settings, self.tick)
        self._log_input("set_channel", {"side": side, "settings": dict(settings)})

    def faults(self) -> Sequence[Mapping[str, Any]]:
        """The matrix of what can be broken."""
        return self.world.faults()

    def devices(self) -> list[dict[str, Any]]:
        """The registry of devices, of the vehicles that are here."""
        return [row for row in device_rows() if any(vehicle.name == row["vehicle"] for vehicle in self.vehicles)]

    def truth(self) -> dict[str, Any]:
        """What no on-board computer can know."""
        return self.world.truth()

    def computer(self, vehicle: str, action: str) -> None:
        """Power of a computer: on, off or reset. Raises ValueError."""
        found = {v.name: v.computer for v in self.vehicles}
        if vehicle not in found or action not in ACTIONS:
            raise ValueError(f"computers are {', '.join(found)}; actions are {', '.join(ACTIONS)}")
        self._log_input("computer", {"vehicle": vehicle, "action": action})
        found[vehicle].request(ACTIONS[action], RESET_BENCH)

    def apply(self, kind: str, payload: Any) -> None:
        """Take an input of a recording at the present tick. Charges and late completions are given to the executive beforehand."""
        if kind == "uplink":
            self.inbox.put(int.from_bytes(payload[:4], "little"), payload[4:])
        elif kind in ("inject", "reset", "clear", "computer", "poke", "slot", "set_channel"):
            getattr(self, kind)(**payload)
        elif kind == "restore":
            self.restore(payload)
        elif kind not in ("charges", "late"):
            raise ValueError(f"an input of kind {kind!r} is not known to this build")

    def slot(self, name: str, cost_factor: float = 1.0, hung: bool = False) -> None:
        """A fault of computing: make one slot of the table slower, or hang it. Raises ValueError."""
        names = [row.name for row in self.executive.rows]
        if name not in names:
            raise ValueError(f"there is no slot {name!r}")
        self._log_input("slot", {"name": name, "cost_factor": cost_factor, "hung": hung})
        slots = self.harness.view("executive.slots")
        slots["cost_factor"][names.index(name)] = cost_factor
        slots["hung"][names.index(name)] = hung

    def status(self) -> dict[str, Any]:
        """How the run fares: pace, computers, frames."""
        computers = {v.name: self.harness.view(f"computer.{v.name}") for v in self.vehicles}
        return {
            "time_s": self.tick * self.tick_ns * 1e-9,
            "real_time": self.real_time,
            **self.executive.pacing,
            **self.punctuality,
            "computers": {name: {key: c[key].item() for key in SHOWN} for name, c in computers.items()},
            "outlet": self.outlet.counters,
            "link": self.link,
            "space": {} if self.space is None else self.space.status(),
            "channel": {} if self.channel is None else self.channel.status(),
            "hardware": {} if self.hardware is None else self.hardware.status(),
        }

    def symbols(self, prefix: str = "") -> list[dict[str, str]]:
        """Every symbol that begins so, with type and unit."""
        return self.names.list(prefix)

    def peek(self, symbol: str) -> float | int:
        """The value behind a symbol. Raises KeyError."""
        value: float | int = self.names.memory(symbol)[0].item()
        return value

    def poke(self, symbol: str, value: float) -> None:
        """Overwrite the value behind a symbol. Raises KeyError, or ValueError for a value that it cannot hold."""
        memory = self.names.memory(symbol)
        try:
            memory.copy()[0] = value  # what is refused must not be in the log, where a replay would meet it again
        except (OverflowError, ValueError) as error:
            raise ValueError(f"{symbol} is of type {memory.dtype} and cannot hold {value}") from error
        self._log_input("poke", {"symbol": symbol, "value": value})
        memory[0] = value
