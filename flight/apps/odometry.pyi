from hal.core.arena import Arena
from hal.core.slot import SlotCode

class Odometry:
    arena: Arena
    slot: SlotCode
    def __init__(self, arena: Arena, imu: object, *drives: object, tick_s: float = ...) -> None: ...
