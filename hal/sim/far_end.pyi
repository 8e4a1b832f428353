from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.slot import SlotCode
from hal.sim.faults import FaultPoint

class LinePoint:
    point: FaultPoint
    kind: str
    def __init__(self, arena: Arena, device: str, bus: Bus, behind: LinePoint | None = None, delayed: int = 0) -> None: ...

class CanFarEnd:
    bus: Bus
    bus_line: LinePoint
    slot: SlotCode
    def __init__(self, arena: Arena, name: str, bus: Bus, outside: Bus | None = None) -> None: ...

class FarEnd:
    bus: Bus
    bus_line: LinePoint
    slot: SlotCode
    def __init__(self, arena: Arena, name: str, bus: Bus, device_side: Bus) -> None: ...
