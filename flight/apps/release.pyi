from enum import IntEnum

from flight.ports import AppLinks
from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.drivers.imu import ImuDriver
from hal.drivers.mechanism import MechanismDriver

class ReleaseStep(IntEnum):
    RELEASE_IDLE = 0
    RELEASE_CHECK = 1
    RELEASE_RAILS = 2
    RELEASE_HOLD_DOWNS = 3
    RELEASE_SECURE = 4

class Release:
    arena: Arena
    slot: SlotCode
    def __init__(self, arena: Arena, links: AppLinks, mechanism: MechanismDriver, imu: ImuDriver, tick_s: float = ...) -> None: ...
