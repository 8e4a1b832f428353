from hal.core.slot import SlotCode
from hal.sim.far_end import LinePoint
from hal.sim.faults import FaultPoint

class SimCanUnit:
    name: str
    line: LinePoint
    value: FaultPoint
    part: FaultPoint
    slot: SlotCode
    @property
    def points(self) -> tuple[FaultPoint, ...]: ...
    def seed(self, seed: int) -> None: ...
