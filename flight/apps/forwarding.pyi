from flight.ports import AppLinks
from flight.space import Space
from hal.core.arena import Arena
from hal.core.slot import SlotCode

class Forwarding:
    arena: Arena
    slot: SlotCode
    def __init__(self, arena: Arena, links: AppLinks, tick_s: float = ...) -> None: ...
    def join(self, space: Space) -> None: ...
