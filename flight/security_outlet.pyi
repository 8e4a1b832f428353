from typing_extensions import Buffer

from flight.doors.outlet import Outlet, OutletReader

class SealedEnds:
    clear: Outlet
    sealed: Outlet
    reader: OutletReader
    def __init__(self, clear: Outlet) -> None: ...
    def take(self) -> bytes | None: ...
    def give(self, frame: Buffer) -> None: ...
