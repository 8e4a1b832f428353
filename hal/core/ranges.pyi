from hal.core.arena import Arena

class RangeRecord:
    arena: Arena
    def __init__(self, arena: Arena) -> None: ...
