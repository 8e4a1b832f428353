from flight.computer import Computer
from flight.doors.inbox import Inbox
from flight.doors.outlet import Outlet
from flight.record_log import RecordLog
from flight.telemetry import TelemetryStore
from hal.core.arena import Arena
from hal.core.slot import SlotCode

class Radio:
    slot: SlotCode
    names: list[str]
    def __init__(
        self, harness: Arena, inbox: Inbox, log: RecordLog, computers: list[Computer], spacecraft_ids: list[int], bare_frames: bool = False
    ) -> None: ...

class Downlink:
    slot: SlotCode
    def __init__(self, telemetry: TelemetryStore, outlet: Outlet, spacecraft_id: int, ticks_per_second: int) -> None: ...
