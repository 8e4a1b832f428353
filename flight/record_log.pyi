LOG_UPLINK: int
LOG_CHARGES: int
LOG_LATE: int

class RecordLog:
    enabled: bool
    def __init__(self, capacity: int = ...) -> None: ...
    def drain(self) -> list[tuple[int, int, bytes]]: ...
