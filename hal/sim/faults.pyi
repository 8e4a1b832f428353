from collections.abc import Sequence

from hal.core.arena import Arena
from hal.core.random import RandomSource

KINDS: tuple[str, ...]
DEPTHS: tuple[str, ...]

class FaultMembers:
    def __init__(self, arena: Arena, name: str) -> None: ...

class FaultPoint:
    device: str
    depth: str
    random: RandomSource
    def __init__(self, arena: Arena, device: str, depth: str, members: FaultMembers | None = None, place: int = 0) -> None: ...
    def inject(self, kind: int, parameters: Sequence[float], tick: int) -> None: ...
    def clear(self, kind: int) -> None: ...
    def active(self) -> tuple[str, ...]: ...
