from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.sim.sensor import SimSensor

class SimPowerUnit(SimSensor):
    def __init__(self, arena: Arena, bus: Bus, vehicle: str = ..., tick_s: float = ...) -> None: ...
