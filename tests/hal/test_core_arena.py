"""Arenas: records that lie flat in one block, the symbol table that is read off them, and memory that can be denied."""

import subprocess
import sys

import numpy as np
import pytest

from hal.core import arena as arena_module
from hal.core.arena import UNITS, Arena, unit_of
from hal.core.bus import Bus
from hal.core.random import RandomSource
from tests.house import ROOT

PAGE = 16384


def test_a_new_arena_is_whole_pages_of_zeros_with_nothing_taken() -> None:
    arena = Arena("lander", 1000)
    assert (arena.name, arena.capacity, arena.used, arena.records) == ("lander", PAGE, 0, {})
    assert arena.address % 4096 == 0


def test_records_lie_one_behind_the_other_on_cache_lines() -> None:
    arena = Arena("a")
    arena.octets("first", 3)
    arena.octets("second", 65)
    arena.octets("third", 1)
    assert [(r.name, r.offset, r.size) for r in arena.records.values()] == [("first", 0, 3), ("second", 64, 65), ("third", 192, 1)]
    assert arena.used == 193


def test_a_record_is_taken_once() -> None:
    arena = Arena("a")
    arena.octets("nav", 8)
    with pytest.raises(ValueError, match="already holds a record 'nav'"):
        arena.octets("nav", 8)


def test_an_arena_refuses_what_does_not_fit_and_keeps_what_it_has() -> None:
    arena = Arena("a", PAGE)
    arena.octets("most", PAGE - 64)
    with pytest.raises(MemoryError, match="no room for 65 octets of 'more'"):
        arena.octets("more", 65)
    arena.octets("last", 64)
    assert arena.used == arena.capacity


def test_an_empty_record_is_refused() -> None:
    with pytest.raises(MemoryError, match="no room for 0 octets"):
        Arena("a").octets("nothing", 0)


def test_the_view_of_a_record_is_the_memory_itself() -> None:
    arena = Arena("a")
    arena.octets("flag", 4)[:] = [1, 2, 3, 4]
    assert arena.save() == b"\x01\x02\x03\x04"
    arena.memory()[2] = 9
    assert list(arena.view("flag")) == [1, 2, 9, 4]


def test_saved_octets_put_back_restore_every_record_and_later_writes_do_not_touch_the_copy() -> None:
    arena = Arena("a")
    source = RandomSource(arena, "noise")
    source.seed(1)
    saved = arena.save()
    draws = [source.gaussian() for _ in range(5)]
    assert arena.save() != saved
    arena.load(saved)
    assert [source.gaussian() for _ in range(5)] == draws


def test_octets_of_another_length_are_refused_and_change_nothing() -> None:
    arena = Arena("a")
    arena.octets("record", 4)[:] = 7
    for wrong in (b"\0" * 3, b"\0" * 5):
        with pytest.raises(ValueError, match="holds 4 octets, not"):
            arena.load(wrong)
    assert arena.save() == b"\x07" * 4


def test_clearing_zeroes_what_was_taken() -> None:
    arena = Arena("a")
    arena.octets("record", 100)[:] = 255
    arena.clear()
    assert arena.save() == bytes(100)


def test_the_symbol_table_is_read_off_the_struct() -> None:
    arena = Arena("harness")
    Bus(arena, "imu", "uart")
    RandomSource(arena, "noise")
    at = arena.records["noise"].offset
    found = {symbol.name: symbol for symbol in arena.symbols()}
    assert [(name, s.offset - at, s.type) for name, s in found.items() if name.startswith("noise.")] == [
        ("noise.counter", 0, "u8"),
        ("noise.key[0]", 8, "u4"),
        ("noise.key[1]", 12, "u4"),
        ("noise.has_spare", 16, "u4"),
        ("noise.pad", 20, "u4"),
        ("noise.spare", 24, "f8"),
    ]
    assert not any(name.startswith("bus.imu.to_flight.units") for name in found)  # plain octets are no symbols


def test_a_symbol_names_the_octets_that_hold_its_value() -> None:
    arena = Arena("a")
    arena.octets("before", 10)
    source = RandomSource(arena, "noise")
    for _ in range(3):
        source.uniform()
    symbol = arena.symbol("noise.counter")
    assert arena.memory()[symbol.offset : symbol.offset + 8].view("<u8")[0] == 3


def test_an_unknown_symbol_or_record_is_a_key_error() -> None:
    arena = Arena("a")
    RandomSource(arena, "noise")
    for name in ("noise.nothing", "nobody.counter", "noise"):
        with pytest.raises(KeyError):
            arena.symbol(name)
    with pytest.raises(KeyError):
        arena.view("nobody")


def test_nested_structs_and_arrays_become_dotted_and_indexed_symbols() -> None:
    inner = np.dtype([("rate_rad_s", "<f8", (3,)), ("valid", "u1")], align=True)
    outer = np.dtype([("tick", "<i8"), ("imu", inner), ("altitude_m", "<f4")], align=True)
    found = [(s.name, s.offset, s.type, s.unit) for s in arena_module._scalars(outer, "nav", 128)]
    assert found == [
        ("nav.tick", 128, "i8", "tick"),
        ("nav.imu.rate_rad_s[0]", 136, "f8", "rad/s"),
        ("nav.imu.rate_rad_s[1]", 144, "f8", "rad/s"),
        ("nav.imu.rate_rad_s[2]", 152, "f8", "rad/s"),
        ("nav.imu.valid", 160, "u1", ""),
        ("nav.altitude_m", 168, "f4", "m"),
    ]


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("altitude_m", "m"),
        ("velocity_m_s[2]", "m/s"),
        ("specific_force_m_s2", "m/s2"),
        ("rate_rad_s", "rad/s"),
        ("torque_n_m", "N.m"),
        ("impulse_n_s", "N.s"),
        ("inertia_kg_m2", "kg.m2"),
        ("flow_kg_s", "kg/s"),
        ("on_time_s", "s"),
        ("delay_ns", "ns"),
        ("since_tick", "tick"),
        ("nav.imu.temperature_k", "K"),
        ("sequence", ""),
        ("chasm", ""),
    ],
)
def test_the_end_of_a_name_is_its_unit(field: str, unit: str) -> None:
    assert unit_of(field) == unit


def test_every_unit_is_found_by_its_own_suffix() -> None:
    assert [unit_of("value" + suffix) for suffix, _ in UNITS] == [unit for _, unit in UNITS]


def denied(last_line: str) -> subprocess.CompletedProcess[str]:
    program = f"""
from hal.core.arena import Arena
world = Arena("world")
truth = world.octets("truth", 8)
truth[:] = 5
world.deny_access(True)
{last_line}
print("read", truth[0])
"""
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)


def test_reading_or_writing_denied_memory_ends_the_process() -> None:
    for attempt in ("truth[0]", "truth[0] = 6", "world.save()"):
        result = denied(attempt)
        assert result.returncode < 0  # by a signal: SIGSEGV on Linux, SIGBUS on macOS
        assert "read" not in result.stdout


def test_memory_allowed_again_holds_what_it_held() -> None:
    result = denied("world.deny_access(False)")
    assert (result.returncode, result.stdout) == (0, "read 5\n")
