from flight.services.service import Handler
from flight.telemetry import TelemetryStore
from hal.core.arena import Arena
from wire.dictionary.rows import Parameter
from wire.packer import PackTable

class ParameterService:
    handlers: list[Handler]
    def __init__(self, arena: Arena, telemetry: TelemetryStore, parameters: tuple[Parameter, ...], table: PackTable) -> None: ...
