from hal.core.random import RandomSource
from hal.core.slot import SlotCode
from hal.sim.far_end import LinePoint
from hal.sim.faults import FaultPoint

class SimSensor:
    name: str
    random: RandomSource
    bus_line: LinePoint
    line: LinePoint
    value: FaultPoint
    slot: SlotCode
    @property
    def points(self) -> tuple[FaultPoint, ...]: ...
    def seed(self, seed: int) -> None: ...
