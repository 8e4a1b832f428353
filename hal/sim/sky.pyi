from hal.core.arena import Arena
from hal.core.ranges import RangeRecord
from hal.core.slot import SlotCode

class SkyModel:
    slot: SlotCode
    ranges: RangeRecord
    def __init__(self, arena: Arena, tick_s: float = ...) -> None: ...
    def start(self, epoch_tai_s: float, relay_phase: float) -> None: ...
