"""Hardware: the buses of a mission that are real, as a HAL file says. One line puts one real device into an otherwise simulated vehicle."""

from __future__ import annotations

from collections.abc import Mapping

from hal.backends import BackEnd, BackEndError, Place, open_back_end
from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.slot import SlotCode
from hal.registry import DEVICES

OUTSIDE_OCTETS = 128 * 1024


class Hardware:
    """Real back ends. A bus that is wholly real is given by the mission; one that is shared has a second bus, whose far side is real.

    What comes from real devices is in no recording: a run with hardware in the loop can be watched, not replayed.
    """

    def __init__(self, plan: Mapping[str, Place]) -> None:
        """Raises BackEndError when a bus is no vehicle's, or nothing answers at the address of a shared one."""
        kinds = {f"{row.vehicle}.{row.bus}": row.bus_kind for row in DEVICES}
        for name in plan:
            if name not in kinds:
                raise BackEndError(f"there is no bus {name!r}; there are {', '.join(sorted(kinds))}")
            there = {row.name for row in DEVICES if f"{row.vehicle}.{row.bus}" == name}
            if not there.issuperset(plan[name].devices):
                raise BackEndError(f"bus {name}: devices must be some of {', '.join(sorted(there))}")
        self.plan = dict(plan)
        self.arena = Arena("outside", OUTSIDE_OCTETS)
        self.outside = {name: Bus(self.arena, name, kinds[name]) for name, place in plan.items() if place.devices}
        for name, bus in self.outside.items():
            if bus.kind != "can":
                raise BackEndError(f"bus {name} is {bus.kind}, which only one device can hang on: give its address alone")
        self._back_ends: list[BackEnd] = []

    @property
    def replaced(self) -> tuple[str, ...]:
        """Devices whose simulated twins must be silent."""
        return tuple(f"{name.split('.')[0]}.{device}" for name, place in self.plan.items() for device in place.devices)

    def open(self, buses: Mapping[str, Bus]) -> list[SlotCode]:
        """Open every address; the slots that must run each tick. Raises BackEndError."""
        for name, place in self.plan.items():
            self._back_ends.append(open_back_end(self.outside.get(name) or buses[name], place.address, "real"))
        return [back_end.slot for back_end in self._back_ends]

    def is_simulated(self, bus: str) -> bool:
        """Whether the world has the far side of a bus."""
        return bus not in self.plan or bus in self.outside

    def status(self) -> dict[str, dict[str, int | str]]:
        """What each back end has moved, and why it stopped if it did."""
        return {
            back_end.bus.name: {"sent": back_end.sent, "received": back_end.received, "failure": back_end.failure}
            for back_end in self._back_ends
        }

    def close(self) -> None:
        """Give the devices back."""
        for back_end in self._back_ends:
            back_end.close()
