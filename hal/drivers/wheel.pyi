from hal.core.arena import Arena
from hal.drivers.can_controller import CanController
from hal.drivers.canopen_drive import CanopenDriver

STEPS: tuple[tuple[int, int, int], ...]

class WheelDriver(CanopenDriver):
    def __init__(
        self, arena: Arena, can: CanController, name: str, node: int = ..., tick_s: float = ..., timeout_s: float = ...
    ) -> None: ...
