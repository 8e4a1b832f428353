from collections.abc import Mapping
from typing import Any

from flight.doors.outlet import Outlet
from flight.link import Radio
from hal.core.arena import Arena
from hal.core.slot import SlotCode

COUNTERS: tuple[str, ...]
CAPACITY_OCTETS: int

class Channel:
    arena: Arena
    slot: SlotCode
    settings: dict[str, dict[str, float]]
    def __init__(
        self, radio: Radio, outlet: Outlet, settings: Mapping[str, Mapping[str, float]], coded_octets: int, tick_ns: int
    ) -> None: ...
    def start(self, seed: int) -> None: ...
    def restart(self, name: str, seed: int) -> None: ...
    def set(self, name: str, settings: Mapping[str, float], tick: int) -> None: ...
    def ticks(self, seconds: float) -> int: ...
    def status(self) -> dict[str, dict[str, Any]]: ...
    def settings_now(self, name: str) -> dict[str, float]: ...
