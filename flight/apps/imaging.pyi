from flight.ports import AppLinks
from hal.core.arena import Arena
from hal.core.slot import SlotCode

class Imaging:
    arena: Arena
    slot: SlotCode
    def __init__(
        self, arena: Arena, links: AppLinks, camera_driver: object, *, vehicle: str, camera: str, tick_s: float = ...,
        altitude: str | None = ..., position: str | None = ..., quaternion: str | None = ..., phase: str | None = ...,
    ) -> None: ...  # fmt: skip
