"""Inbox and outlet: the two queues between the radio's pumps and the loop."""

from __future__ import annotations

import threading

import pytest

from flight.doors.inbox import Inbox
from flight.doors.outlet import Outlet
from tests.flight.radio_bench import drain, frame
from tests.house import PATIENCE_S, eventually


def test_chunks_come_out_of_the_inbox_in_order_with_their_source() -> None:
    inbox = Inbox(64)
    assert inbox.take() is None
    for lap in range(40):  # many times round the ring
        inbox.put(3, b"")
        inbox.put(3, bytes([lap]) * 17)
        inbox.put(5, b"second")
        assert drain(inbox) == [(3, b""), (3, bytes([lap]) * 17), (5, b"second")]
    assert inbox.counters == {"octets": 40 * 23, "taken": 40 * 23, "chunks": 120, "refused": 0}


def test_a_chunk_longer_than_the_reader_has_room_for_comes_in_pieces() -> None:
    inbox = Inbox(64)
    inbox.put(1, bytes(range(40)))
    inbox.put(2, b"next")
    assert [inbox.take(16) for _ in range(4)] == [(1, bytes(range(16))), (1, bytes(range(16, 32))), (1, bytes(range(32, 40))), (2, b"next")]
    assert inbox.pending == 0


def test_a_full_inbox_refuses_who_cannot_wait_and_holds_who_can() -> None:
    inbox = Inbox(64)
    assert inbox.put(0, bytes(40))
    assert not inbox.put(1, bytes(40), wait=False)
    assert inbox.counters["refused"] == 1
    done = threading.Event()
    waiting = threading.Thread(target=lambda: (inbox.put(2, bytes(40)), done.set()))
    waiting.start()
    assert eventually(lambda: inbox.is_full)
    assert not done.is_set()
    assert inbox.take() == (0, bytes(40))
    waiting.join(PATIENCE_S)
    assert done.is_set()
    assert inbox.take() == (2, bytes(40))


def test_a_closed_inbox_lets_waiting_writers_go() -> None:
    inbox = Inbox(64)
    inbox.put(0, bytes(50))
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(inbox.put(1, bytes(50))))
    waiting.start()
    assert eventually(lambda: inbox.is_full)
    inbox.close()
    waiting.join(PATIENCE_S)
    assert answers == [False]


def test_the_inbox_says_what_it_cannot_hold() -> None:
    inbox = Inbox(64)
    with pytest.raises(ValueError, match="more than the inbox holds"):
        inbox.put(0, bytes(64))
    with pytest.raises(ValueError, match="source 18 is not below 18"):
        inbox.put(18, b"x")
    with pytest.raises(ValueError, match="64 octets to 1 GiB"):
        Inbox(10)


def test_every_reader_of_the_outlet_gets_every_frame_from_its_beginning_on() -> None:
    outlet = Outlet(frames=4)
    outlet.put(frame(0))
    first = outlet.reader()
    outlet.put(frame(1))
    second = outlet.reader()
    outlet.put(frame(2))
    assert [first.take(), first.take(), first.take()] == [frame(1), frame(2), None]
    assert [second.take(), second.take()] == [frame(2), None]
    assert outlet.counters == {"frames": 3, "lost": 0, "waits": 0, "readers": 2}


def test_in_real_time_a_slow_reader_loses_the_oldest_frames_and_is_told() -> None:
    outlet = Outlet(frames=4, lossy=True)
    slow, quick = outlet.reader(), outlet.reader()
    for number in range(10):
        outlet.put(frame(number))
        assert quick.take() == frame(number)
    assert [slow.take() for _ in range(5)] == [frame(6), frame(7), frame(8), frame(9), None]
    assert (slow.lost, quick.lost, outlet.counters["lost"]) == (6, 0, 6)


def test_in_lockstep_the_loop_waits_for_the_slowest_reader() -> None:
    outlet = Outlet(frames=4)
    slow = outlet.reader()
    loop = threading.Thread(target=lambda: [outlet.put(frame(number)) for number in range(9)])
    loop.start()
    assert eventually(lambda: outlet.counters["waits"] == 1)
    assert outlet.counters["frames"] == 5  # four are in the ring, the fifth is in the loop's hand
    assert [slow.take(wait=True) for _ in range(9)] == [frame(number) for number in range(9)]
    loop.join(PATIENCE_S)
    assert slow.lost == 0


@pytest.mark.parametrize("release", ["close", "end", "interrupt"])
def test_the_loop_is_released_from_a_reader_that_has_gone(release: str) -> None:
    outlet = Outlet(frames=2)
    gone = outlet.reader()
    loop = threading.Thread(target=lambda: [outlet.put(frame(number)) for number in range(5)])
    loop.start()
    assert eventually(lambda: outlet.counters["waits"] == 1)
    {"close": gone.close, "end": gone.end, "interrupt": outlet.interrupt}[release]()
    loop.join(PATIENCE_S)
    assert not loop.is_alive()
    if release == "interrupt":
        outlet.resume()
        assert [gone.take() for _ in range(6)] == [*(frame(number) for number in range(5)), None]
        assert gone.lost == 0


def test_an_interrupted_loop_that_goes_on_and_on_loses_the_oldest_frames_in_the_end() -> None:
    outlet = Outlet(frames=2)
    slow = outlet.reader()
    outlet.interrupt()
    for number in range(300):
        outlet.put(frame(number))
    assert slow.take() == frame(300 - 258)
    assert slow.lost == 300 - 258


def test_room_can_be_waited_for_between_two_ticks() -> None:
    outlet = Outlet(frames=2)
    slow = outlet.reader()
    outlet.wait_for_room()
    outlet.put(frame(0))
    outlet.put(frame(1))
    for release in (slow.take, outlet.interrupt):
        waiting = threading.Thread(target=outlet.wait_for_room)
        before = outlet.counters["waits"]
        waiting.start()
        assert eventually(lambda before=before: outlet.counters["waits"] == before + 1)
        release()
        waiting.join(PATIENCE_S)
        assert not waiting.is_alive()
        outlet.put(frame(2))


def test_a_draining_reader_gets_what_was_put_before_and_no_more() -> None:
    outlet = Outlet(frames=8)
    reader = outlet.reader()
    outlet.put(frame(1))
    reader.end(drain=True)
    outlet.put(frame(2))
    assert reader.take(wait=True) == frame(1)
    assert reader.take(wait=True) is None


def test_the_outlet_has_so_many_places_and_gives_them_back() -> None:
    outlet = Outlet(frames=2)
    readers = [outlet.reader() for _ in range(24)]
    with pytest.raises(OSError, match="all 24 places"):
        outlet.reader()
    readers[7].close()
    assert outlet.reader().take() is None
    with pytest.raises(ValueError, match="1115 octets, not 3"):
        outlet.put(b"abc")
