from enum import IntEnum

from flight.ports import AppLinks
from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.drivers.wheel import WheelDriver

class MobilityPhase(IntEnum):
    WHEEL_STOPPED = 0
    WHEEL_ASKING = 1
    WHEEL_TURNING = 2
    WHEEL_STOPPING = 3

class Mobility:
    arena: Arena
    slot: SlotCode
    def __init__(self, arena: Arena, links: AppLinks, wheel: WheelDriver, tick_s: float = ...) -> None: ...
