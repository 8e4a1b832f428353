"""The radio door through real sockets: what came first is taken first, however late the interpreter lets its threads run."""

from __future__ import annotations

import socket
import threading

from flight.doors.inbox import Inbox
from tests.flight.radio_bench import client, drain, frame, octets_of, radio
from tests.house import eventually


def test_whatever_was_sent_before_settle_is_in_the_inbox_after_it() -> None:
    with radio() as door, client(door.tc) as connection:
        for number in range(50):
            sent = bytes([number]) * 3000
            connection.sendall(sent)
            door.settle()
            assert octets_of(drain(door.inbox)) == sent


def test_whatever_was_sent_in_datagrams_before_settle_is_in_the_inbox_after_it() -> None:
    """An empty datagram has nothing behind which another could be seen."""
    with radio() as door, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(50):
            for sent in (b"", b"", bytes([number])):
                sender.sendto(sent, door.tc)
            door.settle()
            assert octets_of(drain(door.inbox)) == bytes([number])


def test_a_command_never_passes_a_listener_that_came_before_it() -> None:
    """However late the interpreter lets the listener in: it would miss the answer."""
    over = threading.Event()
    hog = threading.Thread(target=lambda: [sum(range(20_000)) for _ in iter(over.is_set, True)])
    with radio() as door, client(door.tc) as sender:
        hog.start()
        try:
            for number in range(10):
                with client(door.tm):
                    sender.sendall(bytes([number]))
                    assert eventually(lambda: door.inbox.counters["octets"] > number)  # noqa: B023
                    assert door.outlet.counters["readers"] == 1
                assert eventually(lambda: door.outlet.put(frame(0)) or door.outlet.counters["readers"] == 0)  # type: ignore[func-returns-value]
        finally:
            over.set()
            hog.join()
        assert octets_of(drain(door.inbox)) == bytes(range(10))


def test_settling_does_not_wait_for_a_sender_that_never_ends() -> None:
    with radio(inbox=Inbox(1 << 20)) as door, client(door.tc) as endless, client(door.tc) as other:
        stop = threading.Event()

        def flood() -> None:
            while not stop.is_set():
                endless.sendall(bytes(1000))

        sender = threading.Thread(target=flood)
        sender.start()
        emptying = threading.Thread(target=lambda: [drain(door.inbox) for _ in iter(stop.is_set, True)])
        emptying.start()
        other.sendall(b"x")
        for _ in range(5):
            door.settle()
        before = door.counters["telecommand"]["octets"]
        assert eventually(lambda: door.counters["telecommand"]["octets"] > before)
        stop.set()
        sender.join()
        emptying.join()
