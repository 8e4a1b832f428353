from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.slot import SlotCode

class CanController:
    name: str
    arena: Arena
    bus: Bus
    slot: SlotCode
    def __init__(self, arena: Arena, bus: Bus, name: str) -> None: ...
