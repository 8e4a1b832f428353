"""Buses: two rings in one arena, sized for what the medium carries in one piece."""

import pytest

from hal.core.arena import Arena
from hal.core.bus import UNIT_OCTETS, UNITS, Bus


@pytest.mark.parametrize(("kind", "octets"), [("can", 8), ("uart", 64), ("spacewire", 1056)])
def test_a_unit_is_what_the_medium_carries_in_one_piece(kind: str, octets: int) -> None:
    bus = Bus(Arena("harness"), "x", kind)
    assert UNIT_OCTETS[kind] == octets
    assert bus.push(bytes(octets), to_flight=False)
    assert not bus.push(bytes(octets + 1), to_flight=False)


@pytest.mark.parametrize("kind", ["can", "uart", "spacewire"])
def test_each_direction_holds_its_number_of_units(kind: str) -> None:
    bus = Bus(Arena("harness"), "x", kind)
    for to_flight in (True, False):
        assert [bus.push(b"", to_flight=to_flight) for _ in range(UNITS[kind] + 1)] == [True] * UNITS[kind] + [False]


def test_the_two_directions_do_not_know_each_other() -> None:
    bus = Bus(Arena("harness"), "x", "can")
    bus.push(b"status", tick=1, id=0x181)
    bus.push(b"set", tick=2, id=0x201, to_flight=False)
    assert (bus.waiting(True), bus.waiting(False)) == (1, 1)
    assert bus.pop(to_flight=False) == (2, 0x201, b"set")
    assert bus.pop() == (1, 0x181, b"status")


def test_a_flush_empties_both_directions_and_later_units_pass() -> None:
    bus = Bus(Arena("harness"), "x", "can")
    for _ in range(5):
        bus.push(b"old")
        bus.push(b"old", to_flight=False)
    bus.flush()
    assert (bus.pop(True), bus.pop(False)) == (None, None)
    bus.push(b"new")
    assert bus.pop() == (0, 0, b"new")


def test_buses_of_one_arena_are_apart_and_named_in_it() -> None:
    arena = Arena("harness")
    first, second = Bus(arena, "rcs0", "can"), Bus(arena, "rcs1", "can")
    first.push(b"one")
    assert second.pop() is None
    assert [name for name in arena.records if not name.endswith(".units")] == [
        "bus.rcs0.to_flight",
        "bus.rcs0.to_device",
        "bus.rcs1.to_flight",
        "bus.rcs1.to_device",
    ]


def test_a_bus_of_an_unknown_kind_and_a_second_of_the_same_name_are_refused() -> None:
    arena = Arena("harness")
    with pytest.raises(ValueError, match=r"kind 'i2c' is none of \['can', 'spacewire', 'uart'\]"):
        Bus(arena, "x", "i2c")
    Bus(arena, "x", "can")
    with pytest.raises(ValueError, match="already holds a record"):
        Bus(arena, "x", "can")
