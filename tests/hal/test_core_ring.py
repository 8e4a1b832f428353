"""Rings: bounded, first in first out, counted when full, whole in an arena's octets, and safe between two threads."""

import sys
import threading
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.core.arena import Arena
from hal.core.bus import UNIT_OCTETS, UNITS, Bus
from tests.interposer import compiled


def uart() -> tuple[Arena, Bus]:
    arena = Arena("harness")
    return arena, Bus(arena, "imu", "uart")


def state(arena: Arena, direction: str = "to_flight"):
    return arena.view(f"bus.imu.{direction}")


def test_units_come_out_in_the_order_in_which_they_went_in() -> None:
    _, bus = uart()
    for i in range(10):
        assert bus.push(bytes([i] * i), tick=100 + i, id=7 * i)
    assert bus.waiting() == 10
    assert [bus.pop() for _ in range(11)] == [(100 + i, 7 * i, bytes([i] * i)) for i in range(10)] + [None]


def test_a_full_ring_refuses_and_counts_and_keeps_the_oldest() -> None:
    arena, bus = uart()
    accepted = [bus.push(bytes([i]), tick=i) for i in range(UNITS["uart"] + 3)]
    assert accepted == [True] * 64 + [False] * 3
    assert state(arena)["dropped"] == 3
    assert bus.waiting() == 64
    assert bus.pop() == (0, 0, b"\0")
    assert bus.push(b"again", tick=99)
    assert state(arena)["dropped"] == 3


def test_a_unit_that_is_too_long_is_refused_and_counted() -> None:
    arena, bus = uart()
    assert bus.push(bytes(UNIT_OCTETS["uart"]))
    assert not bus.push(bytes(UNIT_OCTETS["uart"] + 1))
    assert (state(arena)["head"], state(arena)["dropped"]) == (1, 1)


def test_an_empty_unit_is_a_unit() -> None:
    _, bus = uart()
    bus.push(b"", tick=3, id=5)
    assert bus.pop() == (3, 5, b"")


def test_a_ring_runs_on_over_the_roll_over_of_its_counters() -> None:
    arena, bus = uart()
    record = state(arena)
    record["head"] = record["tail"] = 2**64 - 3
    for i in range(6):
        assert bus.push(bytes([i]), tick=i)
    assert bus.waiting() == 6
    assert [bus.pop()[0] for _ in range(6)] == list(range(6))
    assert bus.pop() is None


@pytest.mark.parametrize(("count", "bit"), [("head", 7), ("head", 40), ("head", 63), ("tail", 3), ("tail", 40), ("tail", 63)])
def test_a_ring_with_counts_that_cannot_be_gives_up_what_waits_and_goes_on(count: str, bit: int) -> None:
    arena, bus = uart()
    for i in range(3):
        bus.push(bytes([i]))
    state(arena)[count] = int(state(arena)[count]) ^ 1 << bit
    assert bus.waiting() <= UNITS["uart"]
    assert bus.pop() is None
    assert bus.push(b"again")
    assert bus.pop() == (0, 0, b"again")
    assert bus.pop() is None


def test_a_unit_whose_length_was_flipped_stays_within_its_place() -> None:
    arena, bus = uart()
    bus.push(b"abc", tick=1, id=2)
    arena.view("bus.imu.to_flight.units")[15] ^= 0x80  # the highest bit of the length
    tick, number, octets = bus.pop() or (0, 0, b"")
    assert (tick, number, octets[:3], len(octets)) == (1, 2, b"abc", UNIT_OCTETS["uart"])


def test_the_octets_of_the_arena_hold_the_whole_ring() -> None:
    arena, bus = uart()
    for i in range(5):
        bus.push(bytes([i]), tick=i)
    bus.pop()
    saved = arena.save()
    other_arena, other = uart()
    other_arena.load(saved)
    assert [other.pop() for _ in range(5)] == [bus.pop() for _ in range(5)]
    assert other_arena.save() == arena.save()


@given(st.lists(st.one_of(st.none(), st.binary(max_size=70)), max_size=300))
def test_a_ring_does_what_a_bounded_queue_does(steps: list[bytes | None]) -> None:
    arena, bus = uart()
    model: deque[tuple[int, int, bytes]] = deque()
    dropped = 0
    for tick, step in enumerate(steps):
        if step is None:
            assert bus.pop() == (model.popleft() if model else None)
        elif len(model) == 64 or len(step) > 64:
            assert not bus.push(step, tick=tick)
            dropped += 1
        else:
            assert bus.push(step, tick=tick, id=tick)
            model.append((tick, tick, step))
    assert bus.waiting() == len(model)
    assert state(arena)["dropped"] == dropped


@pytest.fixture(scope="module")
def threads():
    sys.path.insert(0, str(compiled("ring_threads")))
    import ring_threads

    yield ring_threads
    sys.path.pop(0)


@pytest.mark.long(20_000_000)
def test_two_threads_of_c_pass_every_unit_whole_and_in_order(threads, repetitions: int) -> None:
    arena, bus = uart()
    whole: list[int] = []
    reader = threading.Thread(target=lambda: whole.append(threads.take_numbered(bus, repetitions)))
    reader.start()
    threads.push_numbered(bus, repetitions)
    reader.join()
    assert whole == [repetitions]
    assert (state(arena)["head"], state(arena)["tail"], bus.waiting()) == (repetitions, repetitions, 0)
