from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.slot import SlotCode

class CameraDriver:
    name: str
    arena: Arena
    bus: Bus
    read_slot: SlotCode
    write_slot: SlotCode
    def __init__(self, arena: Arena, bus: Bus, name: str, tick_s: float = ..., timeout_s: float = ...) -> None: ...
