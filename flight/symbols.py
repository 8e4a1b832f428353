"""Symbols: every scalar of every arena by name, for benches: `world.lander.altitude_m`, `lander.nav.altitude_m`, or a truth name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hal.core.arena import Arena, Symbol
from hal.core.world import World


class Symbols:
    """Look-ups over the arenas of a mission; the world's is called `world`."""

    def __init__(self, arenas: Sequence[Arena], world: World) -> None:
        self.arenas, self.world = {arena.name: arena for arena in arenas}, world

    def find(self, name: str) -> tuple[Arena, Symbol]:
        """By arena and symbol, or by a truth name of the world. Raises KeyError."""
        arena, _, rest = name.partition(".")
        if arena in self.arenas:
            try:
                return self.arenas[arena], self.arenas[arena].symbol(rest)
            except KeyError:
                pass
        try:
            return self.world.arena, self.world.arena.symbol(self.world.truth_symbol(name))
        except KeyError:
            raise KeyError(f"there is no symbol {name!r}; arenas are {', '.join(self.arenas)}; `symbols` lists what they hold") from None

    def memory(self, name: str) -> Any:
        """The live memory of a symbol, an array of one element. Raises KeyError."""
        arena, symbol = self.find(name)
        kind = np.dtype(symbol.type)
        return arena.memory()[symbol.offset : symbol.offset + kind.itemsize].view(kind)

    def condition(self, name: str, operator: str, value: float) -> tuple[int, str, str, float]:
        """What the executive tests: address, type, operator, value. Raises KeyError."""
        arena, symbol = self.find(name)
        return arena.address + symbol.offset, symbol.type, operator, value

    def list(self, prefix: str = "") -> list[dict[str, str]]:
        """Every symbol that begins so, with type and unit."""
        return [
            {"name": f"{name}.{s.name}", "type": s.type, "unit": s.unit}
            for name, arena in self.arenas.items()
            for s in arena.symbols()
            if f"{name}.{s.name}".startswith(prefix)
        ]
