from typing import Any

from flight.farm import Farm
from flight.link import Downlink, Radio
from flight.ports import AppLinks
from flight.services.service import Handler
from flight.telemetry import TelemetryStore
from hal.core.arena import Arena
from hal.core.slot import SlotCode

REJECTED: str

class RequestService:
    slot: SlotCode
    reply_slot: SlotCode
    farm: Farm
    def __init__(
        self, arena: Arena, telemetry: TelemetryStore, radio: Radio, downlink: Downlink, vehicle: str, apids: list[int], maps: list[int],
        mode_owner: Any, own: AppLinks, apps: list[AppLinks], event_rejected: int, ticks_per_second: int,
    ) -> None: ...  # fmt: skip
    def serve(self, apid: int, handler: Handler, modes: int = ...) -> None: ...
