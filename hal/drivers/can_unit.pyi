from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.drivers.can_controller import CanController

class CanUnitDriver:
    name: str
    arena: Arena
    can: CanController
    read_slot: SlotCode
