from typing import Any

from flight.computer import Computer
from flight.executive import Executive
from flight.ports import AppLinks
from flight.telemetry import TelemetryStore
from hal.core.arena import Arena
from hal.core.slot import SlotCode

QUEUES: dict[str, int]

class SystemApplication:
    slot: SlotCode
    watchdog: SlotCode
    def __init__(
        self, arena: Arena, links: AppLinks, computer: Computer, telemetry: TelemetryStore, mode_owner: Any, apps: list[AppLinks],
        events: dict[str, int], functions: dict[str, int], modes: dict[str, int], dictionary: int, tick_ns: int,
    ) -> None: ...  # fmt: skip
    def monitor(self, record: str, degraded: int, recovered: int) -> None: ...
    def switch(self, function: int, record: str) -> None: ...
    def attach(self, executive: Executive, first_row: int, patience: list[int]) -> None: ...
