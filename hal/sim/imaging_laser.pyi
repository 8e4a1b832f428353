from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.sim.sensor import SimSensor
from hal.sim.terrain import Terrain

class SimImagingLaser(SimSensor):
    terrain: Terrain
    def __init__(self, arena: Arena, bus: Bus, terrain: Terrain, name: str = ..., bus_name: str = ..., tick_s: float = ...) -> None: ...
