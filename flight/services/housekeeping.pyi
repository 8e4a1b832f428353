from flight.services.service import Handler
from flight.telemetry import TelemetryStore
from hal.core.arena import Arena
from hal.core.slot import SlotCode
from wire.packer import PackTable

class HousekeepingService:
    handlers: list[Handler]
    slot: SlotCode
    def __init__(self, arena: Arena, telemetry: TelemetryStore, reports: list[tuple[int, int, int, bool, PackTable]]) -> None: ...
