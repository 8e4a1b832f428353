from flight.telemetry import TelemetryStore
from hal.core.slot import SlotCode

class TimeService:
    slot: SlotCode
    def __init__(self, telemetry: TelemetryStore, ticks_per_second: int) -> None: ...
