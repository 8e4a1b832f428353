from typing import Any, NamedTuple, Protocol

from flight.computer import Computer
from flight.ports import AppLinks
from flight.record_log import RecordLog
from flight.telemetry import TelemetryStore
from hal.core.arena import Arena
from hal.core.slot import SlotCode

class Command(NamedTuple):
    token: int
    function: int
    values: tuple[float, ...]

class Event(NamedTuple):
    id: int
    values: tuple[float, ...] = ...

class Reply(NamedTuple):
    token: int
    stage: int
    code: int = ...

class Publish(NamedTuple):
    octets: bytes

class ModeChange(NamedTuple):
    mode: int
    confirmations: int
    token: int = ...

class Packet(NamedTuple):
    octets: bytes
    channel: int

class Application(Protocol):
    def step(self, tick: int, command: Command | None, inputs: dict[str, Any]) -> list[Any]: ...
    def freeze(self) -> bytes: ...
    def thaw(self, octets: bytes) -> None: ...

class PythonSlot:
    name: str
    application: Application
    arena: Arena
    slot: SlotCode
    def __init__(
        self, arena: Arena, computer: Computer | None, links: AppLinks | None, application: Application, log: RecordLog, *, name: str,
        index: int, latency_ticks: int, period_ticks: int = ..., inputs: tuple[str, ...] = ..., record: str | None = ...,
        trigger: str | None = ..., telemetry: TelemetryStore | None = ...,
    ) -> None: ...  # fmt: skip
    def execute(self) -> None: ...
    def frozen(self) -> bytes: ...
    def frozen_at(self, published: int) -> bytes: ...
    def forget(self, published: int) -> None: ...
    @property
    def index(self) -> int: ...
    @property
    def busy(self) -> bool: ...
    def use_thread(self, work_fd: int) -> None: ...
    def expect_late(self, late: dict[int, int]) -> None: ...
    def save(self) -> dict[str, Any]: ...
    def load(self, saved: dict[str, Any]) -> None: ...
    def restart(self) -> None: ...
