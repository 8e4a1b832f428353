from hal.core.arena import Arena

class TelemetryStore:
    arena: Arena
    def __init__(self, arena: Arena, apids: list[int]) -> None: ...
