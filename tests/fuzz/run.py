"""Inputs by the thousand into one decoder, and what to say of the one that breaks it.

Inputs come in blocks. A block has its own random numbers, from seed, decoder and number, and its own fresh decoder, so that any block can
be run again by itself. A hang is ended from outside: by pytest's time-out, or that of the process.
"""

from __future__ import annotations

import atexit
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from tests.fuzz.mutate import Shape, mutate

BLOCK = 500
POOL = 6  # valid units of a block
FEW = 8  # inputs whose octets are made fewer
Take = Callable[[bytes], Any]
PLAIN = Shape()


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """One decoder. `covers`: the public functions that it exercises, as `module.function` or `module.Class.method`.

    `valid` makes a unit as our encoders do; `decoder` makes a fresh one: a function that takes an input, lets pass what the decoder
    declares to raise, and asserts what must hold. `inputs` of the ten million are its share. `compiled`: written in Cython.
    """

    name: str
    covers: tuple[str, ...]
    valid: Callable[[Random], bytes]
    decoder: Callable[[], Take]
    inputs: int
    shape: Shape = PLAIN
    compiled: bool = True


class BrokenError(AssertionError):
    """A decoder did what it must not: the message has seed, block and the input."""


@cache
def scratch() -> Path:
    """A directory of this process, in memory where there is one; gone when the process ends."""
    memory = Path("/dev/shm")
    made = tempfile.TemporaryDirectory(prefix="farside-fuzz-", dir=memory if memory.is_dir() else None)
    atexit.register(made.cleanup)
    return Path(made.name)


def exact(octets: bytes) -> Any:
    """The octets in a buffer of just their length: no zero stands behind the last one, as it does in `bytes`."""
    return np.frombuffer(octets, np.uint8).copy()


def inputs_of(fuzzed: Fuzzed, seed: int, block: int, count: int = BLOCK) -> Iterator[bytes]:
    """The inputs of a block."""
    random = Random(f"{seed}:{fuzzed.name}:{block}")
    pool = [fuzzed.valid(random) for _ in range(POOL)]
    for _ in range(count):
        yield mutate(pool[int(random.random() * POOL)], pool[int(random.random() * POOL)], fuzzed.shape, random)


def error_of(fuzzed: Fuzzed, units: list[bytes]) -> Exception | None:
    """What a fresh decoder raises for these, if anything."""
    take = fuzzed.decoder()
    try:
        for unit in units:
            take(unit)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is reported)
        return error
    return None


def fault_of(fuzzed: Fuzzed, units: list[bytes]) -> str:
    """The same in words, or nothing."""
    error = error_of(fuzzed, units)
    return "" if error is None else "".join(traceback.format_exception(type(error), error, error.__traceback__, chain=False))


def smaller(fuzzed: Fuzzed, units: list[bytes]) -> list[bytes]:
    """Fewer and shorter inputs that go wrong in the same way: the last alone if that will do, then without halves, quarters, octets."""
    kind = type(error_of(fuzzed, units))
    if kind is type(None):
        return units

    def still(fewer: list[bytes]) -> bool:
        return type(error_of(fuzzed, fewer)) is kind

    units = units[-1:] if still(units[-1:]) else _without_parts(units, lambda part: still(list(part)), 2000)
    for i, unit in enumerate(units[:FEW]):
        shorter = _without_parts(list(unit), lambda part, i=i: still([*units[:i], bytes(part), *units[i + 1 :]]), 300)
        units[i] = bytes(shorter)
    return units


def _without_parts(items: list[Any], holds: Callable[[list[Any]], bool], tries: int) -> list[Any]:
    part = max(1, len(items) // 2)
    while tries > 0:
        at = 0
        while at < len(items) and tries > 0:
            tries -= 1
            fewer = items[:at] + items[at + part :]
            if fewer and holds(fewer):
                items = fewer
            else:
                at += part
        if part == 1:
            break
        part //= 2
    return items


def run_block(fuzzed: Fuzzed, seed: int, block: int, count: int = BLOCK, told: Callable[[bytes], None] | None = None) -> None:
    """One block. `told` hears each input before the decoder gets it. Raises BrokenError."""
    take, before = fuzzed.decoder(), []
    for unit in inputs_of(fuzzed, seed, block, count):
        before.append(unit)
        if told is not None:
            told(unit)
        try:
            take(unit)
        except Exception as error:
            least = smaller(fuzzed, before)
            raise BrokenError(
                f"{fuzzed.name} goes wrong at input {len(before) - 1} of block {block}, seed {seed}\n"
                f"again: python -m tests.fuzz {fuzzed.name} --seed {seed} --block {block}\n"
                f"inputs, made smaller: {' '.join(each.hex()[:800] or '(none)' for each in least)}\n"
                f"{fault_of(fuzzed, least) or repr(error)}"
            ) from error


def run(fuzzed: Fuzzed, seed: int, inputs: int, began: Callable[[int], None] | None = None) -> int:
    """So many inputs, in blocks; how many there were. `began` hears the number of each block. Raises BrokenError."""
    blocks = -(-inputs // BLOCK)
    for block in range(blocks):
        if began is not None:
            began(block)
        run_block(fuzzed, seed, block, min(BLOCK, inputs - block * BLOCK))
    return inputs
