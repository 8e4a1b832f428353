from hal.core.arena import Arena
from hal.core.slot import SlotCode
from hal.core.supply import Supply
from hal.sim.power_figures import Plant

class PowerPlant:
    name: str
    slot: SlotCode
    def __init__(self, arena: Arena, plant: Plant) -> None: ...
    def feed(self, supply: Supply) -> None: ...
    def start(self, state_of_charge: float, deployed: bool) -> None: ...
