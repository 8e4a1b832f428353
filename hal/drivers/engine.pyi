from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.drivers.can_controller import CanController
from hal.drivers.can_unit import CanUnitDriver

COMMAND_ID: int
STATUS_ID: int
HOURS_ID: int

class EngineDriver(CanUnitDriver):
    write_slot: SlotCode
    def __init__(self, arena: Arena, can: CanController, name: str, tick_s: float = ..., timeout_s: float = ...) -> None: ...
