from flight.apps.odometry import Odometry
from flight.ports import AppLinks
from hal.core.arena import Arena
from hal.core.slot import SlotCode

class Mobility:
    arena: Arena
    slot: SlotCode
    def __init__(self, arena: Arena, links: AppLinks, odometry: Odometry, *drives: object, tick_s: float = ...) -> None: ...
