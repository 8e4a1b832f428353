from flight.ports import AppLinks
from flight.telemetry import TelemetryStore
from hal.core.arena import Arena
from hal.core.slot import SlotCode
from wire.dictionary.rows import Event

class EventService:
    slot: SlotCode
    def __init__(self, arena: Arena, telemetry: TelemetryStore, events: tuple[Event, ...], apps: list[AppLinks]) -> None: ...
