from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.sim.sensor import SimSensor

class SimImu(SimSensor):
    def __init__(self, arena: Arena, bus: Bus, name: str = ..., bus_name: str = ..., tick_s: float = ..., body: str = ...) -> None: ...
