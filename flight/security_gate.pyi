from flight.link import Downlink, Radio
from flight.ports import AppLinks
from flight.services.requests import RequestService
from flight.telemetry import TelemetryStore
from flight.transmitter import Transmitter
from hal.core.arena import Arena
from hal.core.slot import SlotCode

INTERNAL: int

class Gate:
    gather: SlotCode
    deliver: SlotCode
    def __init__(
        self,
        arena: Arena,
        harness: Arena,
        vehicle: str,
        radio: Radio,
        requests: RequestService,
        part: Downlink | Transmitter,
        telemetry: TelemetryStore,
        own: AppLinks,
        event_rejected: int,
        lead: int,
        tail: int,
        patience_ticks: int,
    ) -> None: ...
