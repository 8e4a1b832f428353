from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.drivers.uart_sensor import UartSensorDriver

class PowerUnitDriver(UartSensorDriver):
    def __init__(self, arena: Arena, bus: Bus, name: str, tick_s: float = ..., timeout_s: float = ...) -> None: ...
