from typing import Any

from flight.link import Radio
from flight.ports import AppLinks
from flight.services.service import Handler
from flight.telemetry import TelemetryStore
from hal.core.arena import Arena
from hal.core.slot import SlotCode

REJECTED: str

class RequestService:
    slot: SlotCode
    reply_slot: SlotCode
    def __init__(
        self, arena: Arena, telemetry: TelemetryStore, radio: Radio, vehicle: str, apids: list[int], mode_owner: Any,
        own: AppLinks, apps: list[AppLinks], event_rejected: int, ticks_per_second: int,
    ) -> None: ...  # fmt: skip
    def serve(self, apid: int, handler: Handler, modes: int = ...) -> None: ...
