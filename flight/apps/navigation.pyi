from collections.abc import Mapping

from flight.ports import AppLinks
from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.drivers.altimeter import AltimeterDriver
from hal.drivers.imu import ImuDriver

DEGRADED_ALTIMETER: int
DEGRADED_IMU: int
DEGRADED_STATE: int
DEGRADED_ALTITUDE: int

class Navigation:
    arena: Arena
    slot: SlotCode
    def __init__(self, arena: Arena, links: AppLinks, imu: ImuDriver, altimeter: AltimeterDriver, tick_s: float = ...) -> None: ...
    def load_state(self, uploaded: Mapping[str, float]) -> None: ...
