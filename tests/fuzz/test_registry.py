"""No decoder is left out: whatever takes octets has an entry in the registry, or a reason why it is no decoder."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from hal.registry import DEVICES
from tests.fuzz.registry import BY_NAME, ENTRIES, NOT_DECODERS, SIMULATED
from tests.fuzz.run import fault_of, inputs_of
from tests.house import ROOT, module_name, plant, sources

OCTETS = {"bytes", "bytearray", "memoryview", "Buffer", "Payload", "Packet"}
DOORS = {  # and files: what takes a path or a socket
    "flight.doors.bench.BenchDoor", "flight.nonvolatile.NonVolatile", "flight.recording.read_recording", "flight.security_gate.Gate",
    "flight.security_numbers.Numbers", "ground.archive.Archive", "ground.keys.Numbers", "wire.clcw.parse", "wire.fsr.parse",
    "wire.packer.PackTable.unpack",
}  # fmt: skip
HANDS_ON = {"ground.archive.Archive.append", "ground.branch.Timeline.place"}  # packets that ground.packet has read


def takes_octets(node: ast.FunctionDef) -> bool:
    annotations = [a.annotation for a in (*node.args.args, *node.args.kwonlyargs) if a.annotation is not None]
    return any(isinstance(name, ast.Name) and name.id in OCTETS for each in annotations for name in ast.walk(each))


def functions(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from functions(node.body, f"{prefix}.{node.name}")
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and takes_octets(node):
            yield f"{prefix}.{node.name}"


def found(root: Path) -> set[str]:
    """Every public function and method of the packages with a parameter of octets, by the stubs where it is Cython."""
    files = sources(root, suffixes=(".py", ".pyi"))
    return {name for path in files for name in functions(ast.parse(path.read_text()).body, module_name(root, path))}


def unaccounted(names: set[str]) -> set[str]:
    covered = {name for entry in ENTRIES for name in entry.covers} | set(NOT_DECODERS) | HANDS_ON
    return {name for name in names - covered if not name.startswith("hal.sim.")}


def test_whatever_takes_octets_is_fuzzed_or_says_why_not() -> None:
    assert unaccounted(found(ROOT)) == set()
    assert SIMULATED  # the reason of all of hal.sim


def test_a_decoder_without_an_entry_is_seen(tmp_path: Path) -> None:
    plant(tmp_path, "wire/new.py", "def parse(octets: bytes) -> int:\n    return octets[0]")
    plant(tmp_path, "flight/new.pyi", "class Decoder:\n    def feed(self, data: Buffer) -> list[bytes]: ...")
    assert unaccounted(found(tmp_path)) == {"wire.new.parse", "flight.new.Decoder.feed"}


def test_every_driver_is_fuzzed() -> None:
    assert {row.driver for row in DEVICES} - {name for entry in ENTRIES for name in entry.covers} == set()


def test_the_registry_names_nothing_that_is_not_there() -> None:
    fuzzed = {name for entry in ENTRIES for name in entry.covers}
    assert fuzzed - found(ROOT) - {row.driver for row in DEVICES} - DOORS == set()
    assert set(NOT_DECODERS) - found(ROOT) == set()
    for name in fuzzed:
        module, _, rest = name.replace(":", ".").rpartition(".")
        try:
            home = import_module(module)
        except ModuleNotFoundError:
            module, _, cls = module.rpartition(".")
            home = getattr(import_module(module), cls)
        assert hasattr(home, rest), name


def test_the_shares_are_ten_million() -> None:
    assert len(BY_NAME) == len(ENTRIES) >= 30
    assert sum(entry.inputs for entry in ENTRIES) >= 10_000_000
    assert sum(entry.inputs for entry in ENTRIES if entry.compiled) >= 9_000_000


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_same_seed_gives_the_same_inputs_and_another_gives_others(entry) -> None:
    assert list(inputs_of(entry, 1, 0, 20)) == list(inputs_of(entry, 1, 0, 20)) != list(inputs_of(entry, 2, 0, 20))
    assert fault_of(entry, [b""]) == fault_of(entry, [b"", b"\0"]) == ""
