from hal.core.arena import Arena

RESET_POWER_ON: int
RESET_COMMAND: int
RESET_WATCHDOG: int
RESET_BENCH: int
ACTION_NONE: int
ACTION_OFF: int
ACTION_ON: int
ACTION_RESET: int

class Computer:
    name: str
    index: int
    arena: Arena
    sealed: bool
    def __init__(
        self, name: str, index: int, harness: Arena, arena: Arena, *, budget_ns: int, watchdog_ticks: int, boot_ticks: int
    ) -> None: ...
    def seal(self) -> None: ...
    def amend_image(self, record: str) -> None: ...
    def load_image(self) -> None: ...
    def request(self, action: int, cause: int = ...) -> None: ...
    @property
    def running(self) -> bool: ...
    @property
    def boot_count(self) -> int: ...
