from hal.core.arena import Arena
from hal.sim.can_unit import SimCanUnit
from hal.sim.far_end import CanFarEnd

class SimSteering(SimCanUnit):
    def __init__(self, arena: Arena, can: CanFarEnd, index: int = ..., tick_s: float = ...) -> None: ...
