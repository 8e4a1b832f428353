from hal.core.arena import Arena

UNIT_OCTETS: dict[str, int]
UNITS: dict[str, int]

class Bus:
    name: str
    kind: str
    arena: Arena
    def __init__(self, arena: Arena, name: str, kind: str) -> None: ...
    def push(self, data: bytes, tick: int = 0, id: int = 0, to_flight: bool = True) -> bool: ...  # noqa: A002
    def pop(self, to_flight: bool = True) -> tuple[int, int, bytes] | None: ...
    def waiting(self, to_flight: bool = True) -> int: ...
    def flush(self) -> None: ...
