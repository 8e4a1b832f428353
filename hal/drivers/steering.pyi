from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.drivers.can_controller import CanController

STEPS: tuple[tuple[int, int, int], ...]

class SteeringDriver:
    name: str
    arena: Arena
    can: CanController
    read_slot: SlotCode
    write_slot: SlotCode
    def __init__(
        self, arena: Arena, can: CanController, name: str, node: int = ..., tick_s: float = ..., timeout_s: float = ...
    ) -> None: ...
