"""Bad inputs of layer 11 at the radio door: storms of connections, clients that trickle, datagrams of every size."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

import flight.doors.radio as door_module
from flight.doors.radio import CLIENTS
from tests.flight.radio_bench import CADU_LENGTH, client, drain, frame, radio, read
from tests.house import PATIENCE_S, eventually

LARGEST = 65_507  # octets that a UDP datagram over IPv4 can carry


def descriptors() -> int:
    """Open descriptors of this process; 0 where the system does not list them."""
    listed = Path("/proc/self/fd")
    return len(os.listdir(listed)) if listed.is_dir() else 0


@pytest.mark.long(20_000)
@pytest.mark.timeout(3600)
def test_a_storm_of_connections_leaves_no_descriptor_and_no_thread_behind(repetitions: int) -> None:
    with radio() as door:
        door.settle()
        before = descriptors()
        for number in range(repetitions):
            with socket.create_connection(door.tc if number % 2 else door.tm, timeout=PATIENCE_S):
                for _ in range(3):  # a listener that has gone is found when frames are sent to it
                    door.outlet.put(frame(number))

        def is_quiet() -> bool:
            door.outlet.put(frame(0))
            return descriptors() == before and all(door.counters[port]["clients"] == 0 for port in ("telecommand", "telemetry"))

        assert eventually(is_quiet)
        with client(door.tc) as sender, client(door.tm) as listener:
            sender.sendall(b"after all that")
            door.settle()
            door.outlet.put(frame(1))
            assert len(read(listener, CADU_LENGTH)) == CADU_LENGTH
            assert b"".join(octets for _, octets in drain(door.inbox)) == b"after all that"


def test_clients_that_trickle_make_way_for_one_that_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "SETTLED_S", 0.0)
    with radio() as door:
        trickling = [socket.create_connection(door.tc, timeout=PATIENCE_S) for _ in range(CLIENTS)]
        door.settle()
        for number, each in enumerate(trickling):
            each.sendall(b"x" * (number + 2))
        trickling[5].sendall(b"")
        door.settle()
        with client(door.tc) as refused:
            assert refused.recv(1) == b""
        assert trickling[0].recv(1) == b""  # it had sent least
        with client(door.tc) as accepted:
            accepted.sendall(b"a command")
            door.settle()
            assert any(octets == b"a command" for _, octets in drain(door.inbox))
        counters = door.counters["telecommand"]
        assert (counters["refused"], counters["made_way"]) == (1, 1)
        for each in trickling:
            each.close()


def test_those_who_have_just_come_do_not_make_way() -> None:
    with radio() as door:
        fresh = [socket.create_connection(door.tc, timeout=PATIENCE_S) for _ in range(CLIENTS)]
        door.settle()
        with client(door.tc) as refused:
            assert refused.recv(1) == b""
        assert door.counters["telecommand"]["made_way"] == 0
        assert door.counters["telecommand"]["clients"] == CLIENTS
        for each in fresh:
            each.close()


def test_datagrams_of_every_size_are_taken_or_counted() -> None:
    sizes = (0, 1, 2, 1186, 4095, 4096, 4097, 9000, LARGEST)
    with radio() as door, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for size in sizes:
            sender.sendto(bytes([0x55]) * size, door.tc)
        assert eventually(lambda: door.counters["telecommand"]["datagrams"] == len(sizes))
        assert door.counters["telecommand"]["empty"] == 1
        assert door.counters["telecommand"]["oversized"] == sum(size > 4096 for size in sizes)
        assert [len(octets) for _, octets in drain(door.inbox) if octets] == [size for size in sizes if 0 < size <= 4096]


def test_a_subscription_of_any_size_from_any_socket_costs_one_place_and_no_more() -> None:
    with radio() as door:
        senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(18)]
        for number, sender in enumerate(senders):
            for size in (min(3000 * number, LARGEST), 5):
                sender.sendto(bytes(size), door.tm)
                assert eventually(lambda: door.counters["telemetry"]["subscriptions"] == min(number + 1, 16))  # noqa: B023
        assert eventually(lambda: door.counters["telemetry"]["no_place"] == 2 * 2)
        for sender in senders:
            sender.close()
