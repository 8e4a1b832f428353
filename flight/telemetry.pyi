from typing import Any

from hal.core.arena import Arena

class TelemetryStore:
    arena: Arena
    def __init__(self, arena: Arena, apids: list[int]) -> None: ...

def clock_ns(record: Any, tick: int) -> int: ...
