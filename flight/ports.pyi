from hal.core.arena import Arena

STAGE_STARTED: int
STAGE_START_FAILED: int
STAGE_COMPLETED: int
STAGE_FAILED: int
QUEUE_DEPTH: int

class AppLinks:
    name: str
    arena: Arena
    def __init__(self, arena: Arena, name: str) -> None: ...
