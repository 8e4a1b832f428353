from flight.ports import AppLinks
from hal.core.arena import Arena
from hal.core.slot import SlotCode

class ModeManager:
    slot: SlotCode
    def __init__(
        self, arena: Arena, own: AppLinks, apps: list[AppLinks], modes: int, edges: list[tuple[int, int]], initial: int,
        event_changed: int, event_refused: int,
    ) -> None: ...  # fmt: skip
    @property
    def mode_address(self) -> int: ...
