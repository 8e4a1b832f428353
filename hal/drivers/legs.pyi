from hal.core.arena import Arena
from hal.drivers.can_controller import CanController
from hal.drivers.can_unit import CanUnitDriver

STATUS_ID: int

class LegsDriver(CanUnitDriver):
    def __init__(self, arena: Arena, can: CanController, name: str, tick_s: float = ..., timeout_s: float = ...) -> None: ...
