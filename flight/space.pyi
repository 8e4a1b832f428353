from flight.doors.outlet import Outlet
from flight.link import Radio
from hal.core.arena import Arena
from hal.core.ranges import RangeRecord
from hal.core.slot import SlotCode

CAPACITY_OCTETS: int

class Space:
    arena: Arena
    slot: SlotCode
    def __init__(self, ranges: RangeRecord, radio: Radio, outlet: Outlet, tick_ns: int) -> None: ...
    def status(self) -> dict[str, int]: ...
