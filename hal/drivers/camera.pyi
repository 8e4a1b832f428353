from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.drivers.packet_head import PacketHeadDriver

class CameraDriver(PacketHeadDriver):
    def __init__(self, arena: Arena, bus: Bus, name: str, tick_s: float = ..., timeout_s: float = ...) -> None: ...
