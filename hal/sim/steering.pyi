from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.sim.far_end import CanFarEnd, LinePoint
from hal.sim.faults import FaultPoint

class SimSteering:
    name: str
    line: LinePoint
    value: FaultPoint
    part: FaultPoint
    slot: SlotCode
    def __init__(self, arena: Arena, can: CanFarEnd, index: int = ..., tick_s: float = ...) -> None: ...
    @property
    def points(self) -> tuple[FaultPoint, ...]: ...
    def seed(self, seed: int) -> None: ...
