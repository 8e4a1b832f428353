from flight.modes import ModeManager
from flight.ports import AppLinks
from flight.services.service import Handler
from wire.dictionary.rows import Command

class FunctionService:
    handlers: list[Handler]
    def __init__(self, functions: list[tuple[Command, AppLinks, int]], mode_owner: ModeManager) -> None: ...
