from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.random import RandomSource
from hal.core.slot import SlotCode
from hal.sim.far_end import LinePoint
from hal.sim.faults import FaultPoint

class SimAltimeter:
    name: str
    random: RandomSource
    bus_line: LinePoint
    line: LinePoint
    value: FaultPoint
    slot: SlotCode
    def __init__(self, arena: Arena, bus: Bus, name: str = ..., bus_name: str = ..., tick_s: float = ...) -> None: ...
    @property
    def points(self) -> tuple[FaultPoint, ...]: ...
    def seed(self, seed: int) -> None: ...
