from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.slot import SlotCode

class PacketHeadDriver:
    name: str
    arena: Arena
    bus: Bus
    read_slot: SlotCode
    write_slot: SlotCode
