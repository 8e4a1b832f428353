from flight.apps.guidance import Guidance
from flight.ports import AppLinks
from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.drivers.engine import EngineDriver
from hal.drivers.thrusters import ThrustersDriver

class Control:
    arena: Arena
    slot: SlotCode
    def __init__(
        self,
        arena: Arena,
        links: AppLinks,
        guidance: Guidance,
        engine: EngineDriver,
        thrusters: ThrustersDriver,
        cycle_s: float = ...,
        tick_s: float = ...,
    ) -> None: ...
    def allocation(self, which: int, axis: int) -> dict[int, float]: ...
