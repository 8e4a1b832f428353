"""The radio door through real sockets, with nothing behind it but its two queues."""

from __future__ import annotations

import contextlib
import random
import socket
import subprocess
import sys
import threading

import pytest

from flight.doors.inbox import SOURCE_UDP, Inbox
from flight.doors.loopback import is_loopback
from flight.doors.outlet import FRAME_LENGTH, Outlet
from flight.doors.pumps import MAX_DATAGRAM
from flight.doors.radio import CLIENTS, RadioDoor
from tests.flight.radio_bench import CADU_LENGTH, LOOPBACK, client, drain, frame, octets_of, radio, read
from tests.house import PATIENCE_S, eventually

# Sync marker, then the first octets of frame(0), all zero, under the randomiser of CCSDS 131.0: its sequence itself.
ZERO_FRAME_CADU_START = bytes.fromhex("1ACFFC1D FF480EC09A0D70BC")


def test_octets_of_telecommand_clients_reach_the_inbox_apart() -> None:
    with radio() as door, client(door.tc) as one, client(door.tc) as other:
        one.sendall(b"from one")
        door.settle()
        other.sendall(b"from the other")
        door.settle()
        chunks = drain(door.inbox)
    sources = {source for source, _ in chunks}
    assert len(sources) == 2
    by_source = {source: [chunk for each, chunk in chunks if each == source] for source in sources}
    assert sorted(by_source.values()) == [[b"", b"from one"], [b"", b"from the other"]]


def test_a_source_number_that_is_used_again_begins_anew() -> None:
    with radio() as door:
        for text in (b"first", b"second"):
            with client(door.tc) as connection:
                connection.sendall(text)
                door.settle()
            assert eventually(lambda: door.counters["telecommand"]["clients"] == 0)
        assert drain(door.inbox) == [(0, b""), (0, b"first"), (0, b""), (0, b"second")]


def test_a_megabyte_of_noise_on_the_telecommand_port_arrives_whole_and_is_counted() -> None:
    noise = random.Random(6).randbytes(1 << 20)
    got = bytearray()
    with radio(inbox=Inbox(8192)) as door, client(door.tc) as connection:
        sender = threading.Thread(target=lambda: connection.sendall(noise))
        sender.start()
        assert eventually(lambda: got.extend(octets_of(drain(door.inbox))) or len(got) >= len(noise))  # type: ignore[func-returns-value]
        sender.join()
        assert bytes(got) == noise
        assert door.counters["telecommand"]["octets"] == len(noise)


def test_a_telecommand_client_waits_while_the_inbox_is_full_and_others_are_not_lost() -> None:
    with radio(inbox=Inbox(4200)) as door, client(door.tc) as connection:
        connection.sendall(bytes(20000))
        assert eventually(lambda: door.inbox.is_full)
        door.settle()  # does not wait for what cannot get in
        got = bytearray()
        assert eventually(lambda: got.extend(octets_of(drain(door.inbox))) or len(got) == 20000)  # type: ignore[func-returns-value]


def test_one_datagram_is_one_unit_and_bad_ones_are_counted_by_reason() -> None:
    with radio() as door, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in (b"first", b"", bytes(MAX_DATAGRAM + 1), bytes(MAX_DATAGRAM), b"last"):
            sender.sendto(datagram, door.tc)
            door.settle()
        assert drain(door.inbox) == [
            (SOURCE_UDP, b""),
            (SOURCE_UDP, b"first"),
            (SOURCE_UDP, b""),
            (SOURCE_UDP, bytes(MAX_DATAGRAM)),
            (SOURCE_UDP, b""),
            (SOURCE_UDP, b"last"),
        ]
        counted = door.counters["telecommand"]
        assert (counted["datagrams"], counted["empty"], counted["oversized"], counted["no_room"]) == (5, 1, 1, 0)


def test_a_datagram_that_finds_no_room_is_lost_and_counted() -> None:
    with radio(inbox=Inbox(64)) as door, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(3):
            sender.sendto(bytes(40), door.tc)
        assert eventually(lambda: door.counters["telecommand"]["datagrams"] == 3)
        assert door.counters["telecommand"]["no_room"] == 2
        assert drain(door.inbox)[:2] == [(SOURCE_UDP, b""), (SOURCE_UDP, bytes(40))]


def test_frames_leave_as_whole_coded_units_in_order() -> None:
    with radio() as door, client(door.tm) as listener, client(door.tm) as second:
        door.settle()
        for number in range(20):
            door.outlet.put(frame(number))
        got = read(listener, 20 * CADU_LENGTH)
        assert got[: len(ZERO_FRAME_CADU_START)] == ZERO_FRAME_CADU_START
        units = [got[i : i + CADU_LENGTH] for i in range(0, len(got), CADU_LENGTH)]
        assert all(unit.startswith(b"\x1a\xcf\xfc\x1d") for unit in units)
        mask = units[0][4:8]
        assert [bytes(a ^ b for a, b in zip(unit[4:8], mask, strict=True)) for unit in units] == [n.to_bytes(4, "big") for n in range(20)]
        assert read(second, 20 * CADU_LENGTH) == got
        assert eventually(lambda: door.counters["telemetry"]["frames_sent"] == 40)  # counted behind the send


def test_without_listeners_a_frame_is_only_counted() -> None:
    with radio() as door:
        for number in range(10_000):
            door.outlet.put(frame(number))
        assert door.outlet.counters == {"frames": 10_000, "lost": 0, "waits": 0, "readers": 0}
        assert door.counters["telemetry"]["frames_sent"] == 0


def test_a_telemetry_client_that_goes_gives_its_place_back() -> None:
    with radio() as door:
        with client(door.tm):
            door.settle()
            assert door.counters["telemetry"]["clients"] == 1
        assert eventually(lambda: door.outlet.put(frame(1)) or door.counters["telemetry"]["clients"] == 0)  # type: ignore[func-returns-value]
        assert door.outlet.counters["readers"] == 0


def test_a_listener_that_says_it_will_send_nothing_is_still_served() -> None:
    with radio() as door, client(door.tm) as listener:
        listener.shutdown(socket.SHUT_WR)
        door.settle()
        door.outlet.put(frame(7))
        assert len(read(listener, CADU_LENGTH)) == CADU_LENGTH


def test_noise_on_the_telemetry_port_is_counted_and_thrown_away() -> None:
    noise = random.Random(7).randbytes(1 << 20)
    with radio() as door, client(door.tm) as listener:
        listener.sendall(noise)
        assert eventually(lambda: door.counters["telemetry"]["ignored"] == len(noise))
        door.outlet.put(frame(1))
        assert len(read(listener, CADU_LENGTH)) == CADU_LENGTH


def test_a_slow_telemetry_client_slows_a_lockstep_loop_and_loses_nothing() -> None:
    count = 6000  # more than the sockets and the ring hold
    with radio(outlet=Outlet(frames=64)) as door, client(door.tm) as slow:
        door.settle()
        loop = threading.Thread(target=lambda: [door.outlet.put(frame(number)) for number in range(count)])
        loop.start()
        assert eventually(lambda: door.outlet.counters["waits"] > 0)
        assert door.outlet.counters["frames"] < count
        assert len(read(slow, count * CADU_LENGTH)) == count * CADU_LENGTH
        loop.join(PATIENCE_S)
        assert door.counters["telemetry"]["lost"] == 0


def test_a_slow_telemetry_client_in_real_time_loses_the_oldest_and_the_last_frame_comes() -> None:
    count = 20_000
    with radio(outlet=Outlet(frames=64, lossy=True)) as door, client(door.tm) as slow:
        door.settle()
        for number in range(count):
            door.outlet.put(frame(number))
        assert door.outlet.counters["waits"] == 0
        last = bytes(a ^ b for a, b in zip(frame(count - 1)[:4], bytes.fromhex("FF480EC0"), strict=True))
        units = 0
        while read(slow, CADU_LENGTH)[4:8] != last:
            units += 1
        assert door.counters["telemetry"]["lost"] == count - units - 1 > 0


def test_a_datagram_subscribes_its_sender_to_frames() -> None:
    with radio() as door, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.settimeout(PATIENCE_S)
        listener.sendto(b"", door.tm)
        assert eventually(lambda: door.outlet.counters["readers"] == 1)
        for number in range(3):
            door.outlet.put(frame(number))
        got = [listener.recv(4096) for _ in range(3)]
        assert [len(unit) for unit in got] == [CADU_LENGTH] * 3
        assert got[0].startswith(ZERO_FRAME_CADU_START)
        listener.sendto(b"again", door.tm)
        assert eventually(lambda: door.counters["telemetry"]["ignored"] == 5)
        assert door.counters["telemetry"]["subscriptions"] == 1


def test_more_clients_than_there_are_places_are_refused_and_counted() -> None:
    with radio() as door:
        connections = [socket.create_connection(door.tc, timeout=PATIENCE_S) for _ in range(CLIENTS)]
        door.settle()
        with client(door.tc) as refused:
            assert refused.recv(1) == b""
        assert door.counters["telecommand"]["refused"] == 1
        assert door.counters["telecommand"]["clients"] == CLIENTS
        connections.pop().close()
        assert eventually(lambda: door.counters["telecommand"]["clients"] == CLIENTS - 1)
        with client(door.tc) as accepted:
            accepted.sendall(b"now")
            door.settle()
            assert b"now" in octets_of(drain(door.inbox))
        for connection in connections:
            connection.close()


BURST = """
import socket, sys
for number in range(int(sys.argv[2])):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=100) as connection:
        connection.sendall(bytes([number]))
"""


def test_a_command_a_connection_many_in_a_row_none_is_lost_while_the_interpreter_is_busy() -> None:
    over = threading.Event()

    def hog() -> None:
        while not over.is_set():
            sum(range(20_000))

    hogs = [threading.Thread(target=hog) for _ in range(4)]
    with radio() as door:
        for each in hogs:
            each.start()
        try:
            subprocess.run([sys.executable, "-c", BURST, str(door.tc[1]), str(5 * CLIENTS)], check=True, timeout=PATIENCE_S)
            assert eventually(lambda: door.inbox.counters["octets"] == 5 * CLIENTS)
        finally:
            over.set()
            for each in hogs:
                each.join()
        assert door.counters["telecommand"]["refused"] == 0
        assert sorted(octets_of(drain(door.inbox))) == list(range(5 * CLIENTS))


def test_half_closed_listeners_make_way_when_all_places_are_taken() -> None:
    with radio() as door:
        listeners = [socket.create_connection(door.tm, timeout=PATIENCE_S) for _ in range(CLIENTS)]
        door.settle()
        listeners[0].close()
        assert eventually(lambda: any(each.half_closed for each in list(door._downlinks.values())))
        with client(door.tm) as refused:
            assert refused.recv(1) == b""
        assert eventually(lambda: door.counters["telemetry"]["clients"] == CLIENTS - 1)
        with client(door.tm) as accepted:
            door.settle()
            door.outlet.put(frame(1))
            assert len(read(accepted, CADU_LENGTH)) == CADU_LENGTH
        for listener in listeners:
            listener.close()


def test_dropped_clients_get_what_was_sent_before_and_the_inbox_forgets_what_they_sent() -> None:
    with radio() as door, client(door.tc) as sender, client(door.tm) as listener:
        sender.sendall(b"too late")
        door.settle()
        for number in range(5):
            door.outlet.put(frame(number))
        door.drop_clients()
        assert len(read(listener, 6 * CADU_LENGTH)) == 5 * CADU_LENGTH
        assert sender.recv(1) == b""
        assert drain(door.inbox) == []
        assert door.outlet.counters["readers"] == 0
        with client(door.tc) as again:
            again.sendall(b"new branch")
            door.settle()
            assert drain(door.inbox) == [(0, b""), (0, b"new branch")]


def test_a_client_that_does_not_read_cannot_hold_the_door_open() -> None:
    with radio(outlet=Outlet(frames=64, lossy=True)) as door, client(door.tm):
        door.settle()
        for number in range(20_000):
            door.outlet.put(frame(number))
        door.drop_clients()
        assert door.counters["telemetry"]["clients"] == 0


def test_a_storm_of_clients_while_time_jumps_leaves_nothing_behind() -> None:
    with radio(outlet=Outlet(frames=64)) as door:
        stop = threading.Event()

        def storm(seed: int) -> None:
            draw = random.Random(seed)
            while not stop.is_set():
                with contextlib.suppress(OSError), client(draw.choice((door.tc, door.tm))) as connection:
                    connection.sendall(draw.randbytes(draw.randrange(5000)))
                    if draw.random() < 0.3:
                        connection.shutdown(socket.SHUT_WR)

        storms = [threading.Thread(target=storm, args=(seed,)) for seed in range(4)]
        for each in storms:
            each.start()
        for number in range(150):
            door.outlet.put(frame(number))
            door.settle()
            drain(door.inbox)
            door.drop_clients()
        stop.set()
        for each in storms:
            each.join()
        door.settle()
        door.drop_clients()
        with client(door.tc) as sender, client(door.tm) as listener:
            sender.sendall(b"after the storm")
            door.settle()
            assert octets_of(drain(door.inbox)) == b"after the storm"
            door.outlet.put(frame(1))
            assert len(read(listener, CADU_LENGTH)) == CADU_LENGTH
        assert door.outlet.counters["readers"] == 1


def test_stopping_while_the_inbox_is_full_ends_every_thread() -> None:
    with radio(inbox=Inbox(4200)) as door, client(door.tc) as connection:
        connection.sendall(bytes(20000))
        assert eventually(lambda: door.inbox.is_full)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("radio-")]


def test_streams_and_datagrams_share_a_port_number() -> None:
    with radio() as door:
        assert door.tc[1] != door.tm[1]
        for address in (door.tc, door.tm):
            with pytest.raises(OSError, match="Address already in use"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
                taken.bind(address)


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open() -> None:
    with radio() as door:
        second = RadioDoor(Inbox(), Outlet(), LOOPBACK, door.tm)
        with pytest.raises(OSError, match="Address already in use"):
            second.start()


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", True), ("127.3.2.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)]
)
def test_loopback_hosts_are_told_from_others(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_frames_have_the_length_that_the_wire_gives_them() -> None:
    assert FRAME_LENGTH == 1115
