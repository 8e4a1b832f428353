from flight.link import Downlink
from flight.telemetry import TelemetryStore
from hal.core.slot import SlotCode

class TimeService:
    slot: SlotCode
    def __init__(self, telemetry: TelemetryStore, downlink: Downlink) -> None: ...
