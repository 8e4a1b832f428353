from flight.services.service import Handler
from flight.telemetry import TelemetryStore

class TestService:
    handlers: list[Handler]
    def __init__(self, telemetry: TelemetryStore) -> None: ...
