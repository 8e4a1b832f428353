from enum import IntEnum

from flight.apps.navigation import Navigation
from flight.ports import AppLinks
from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.drivers.engine import EngineDriver
from hal.drivers.legs import LegsDriver

EVIDENCE_LEGS: int
EVIDENCE_ALTITUDE: int
EVIDENCE_REST: int

class GuidancePhase(IntEnum):
    PHASE_IDLE = 0
    PHASE_HOVER = 1
    PHASE_APPROACH = 2
    PHASE_SLOW_DESCENT = 3
    PHASE_CUT_OFF = 4
    PHASE_STANDING = 5

class Guidance:
    arena: Arena
    slot: SlotCode
    def __init__(
        self,
        arena: Arena,
        links: AppLinks,
        navigation: Navigation,
        legs: LegsDriver,
        engine: EngineDriver,
        cycle_s: float = ...,
        tick_s: float = ...,
    ) -> None: ...
