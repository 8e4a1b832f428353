"""What every bus does, of every kind, whatever moves its far side."""

import socket
from collections.abc import Iterator

import pytest

from hal.backends import BackEndError, Place, open_back_end, read_plan
from hal.core.arena import Arena
from hal.core.bus import UNIT_OCTETS, UNITS, Bus
from hal.sim.far_end import CanFarEnd, FarEnd
from tests.hal.rig import CanLink, SerialLink, TcpLink, wait_until

KINDS = ("can", "uart", "spacewire")


class Rings:
    """The far side is the ring itself."""

    def __init__(self, near: Bus, far: Bus) -> None:
        self.near = near

    def bring(self, units: list[tuple[int, bytes]]) -> None:
        for identifier, octets in units:
            self.near.push(octets, 3, identifier)

    def take(self) -> list[tuple[int, bytes]]:
        return [unit[1:] for unit in iter(lambda: self.near.pop(to_flight=False), None)]

    def close(self) -> None:
        """Nothing to give back."""


class Simulated(Rings):
    """A far end with its line, as simulated devices have it."""

    def __init__(self, near: Bus, far: Bus) -> None:
        self.near, self.far, self.tick = near, far, 3
        self.end = FarEnd(Arena("world", 1 << 18), f"{near.name}.end", near, far)

    def bring(self, units: list[tuple[int, bytes]]) -> None:
        for identifier, octets in units:
            self.far.push(octets, self.tick, identifier)
        self.end.slot.call(self.tick)

    def take(self) -> list[tuple[int, bytes]]:
        self.end.slot.call(self.tick)
        return [unit[1:] for unit in iter(lambda: self.far.pop(to_flight=False), None)]


class Real(Rings):
    """A real back end, with us at the other end of its medium."""

    made_by: type[TcpLink] | type[CanLink] | type[SerialLink]

    def __init__(self, near: Bus, far: Bus) -> None:
        self.near, self.link = near, self.made_by(near, far)
        self.link.tick = 3

    def bring(self, units: list[tuple[int, bytes]]) -> None:
        for identifier, octets in units:
            self.link.far.push(octets, 3, identifier)
        self.link.bring(self.near)

    def take(self) -> list[tuple[int, bytes]]:
        self.link.take(self.near)
        return [unit[1:] for unit in iter(lambda: self.link.far.pop(to_flight=False), None)]

    def close(self) -> None:
        self.link.close()


class OverTcp(Real):
    made_by = TcpLink


class OverCan(Real):
    made_by = CanLink


class OverSerial(Real):
    made_by = SerialLink


PLACES = [(kind, place) for kind in KINDS for place in (Rings, Simulated, OverTcp)] + [("can", OverCan), ("uart", OverSerial)]


@pytest.fixture(params=PLACES, ids=lambda place: f"{place[0]}-{place[1].__name__}")
def bus(request: pytest.FixtureRequest) -> Iterator[tuple[Bus, Rings]]:
    kind, made_by = request.param
    arena = Arena("harness", 1 << 19)
    near, far = Bus(arena, "near", kind), Bus(arena, "far", kind)
    place = made_by(near, far)
    yield near, place
    place.close()


def identifiers(kind: str) -> list[int]:
    return [0, 0, 0] if kind == "uart" else [0x101, 0x202, 0x7FF]


def test_what_a_device_says_comes_in_order_with_its_tick(bus) -> None:
    near, place = bus
    said = list(zip(identifiers(near.kind), [b"\x01", b"\x02\x03", b"\x04\x05\x06"], strict=True))
    place.bring(said)
    heard = [near.pop() for _ in range(near.waiting())]
    assert [unit[0] for unit in heard] == [3] * len(heard)
    if near.kind == "uart":  # a UART has octets, not units
        assert b"".join(unit[2] for unit in heard) == b"\x01\x02\x03\x04\x05\x06"
    else:
        assert [unit[1:] for unit in heard] == said


def test_what_flight_says_reaches_the_far_side(bus) -> None:
    near, place = bus
    octets = bytes(range(7))
    near.push(octets, 3, identifiers(near.kind)[1], to_flight=False)
    assert place.take() == [(identifiers(near.kind)[1], octets)]


def test_the_largest_unit_passes_unchanged(bus) -> None:
    near, place = bus
    octets = bytes(n % 251 for n in range(UNIT_OCTETS[near.kind]))
    place.bring([(identifiers(near.kind)[0], octets)])
    assert b"".join(near.pop()[2] for _ in range(near.waiting())) == octets


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_ring_refuses_and_counts_and_a_unit_too_long_too(kind: str) -> None:
    arena = Arena("harness", 1 << 19)
    bus = Bus(arena, "near", kind)
    assert all(bus.push(b"x", n) for n in range(UNITS[kind]))
    assert not bus.push(b"y")
    bus.flush()
    assert not bus.push(bytes(UNIT_OCTETS[kind] + 8))
    assert arena.view("bus.near.to_flight")["dropped"] == 2
    assert bus.pop() is None


@pytest.mark.parametrize("speed", ["max", "1", "8", ""])
def test_a_real_back_end_refuses_every_speed_but_real(speed: str) -> None:
    bus = Bus(Arena("harness", 1 << 16), "lander.imu", "uart")
    with pytest.raises(BackEndError, match="keeps its own time: it needs --speed real"):
        open_back_end(bus, "serial:/dev/ttyUSB0", speed)


@pytest.mark.parametrize(
    ("kind", "address", "reason"),
    [
        ("uart", "modem:/dev/null", "begins with none of serial, can, tcp"),
        ("uart", "can:virtual:here", "is uart: can carries can"),
        ("can", "serial:/dev/null", "is can: serial carries uart"),
        ("uart", "serial:/dev/farside-is-not-there", "cannot be opened"),
        ("uart", "tcp:127.0.0.1:nothing", "nobody answers"),
        ("can", "can:nosuchinterface:0", "cannot be opened"),
    ],
)
def test_an_address_that_cannot_be_opened_says_why(kind: str, address: str, reason: str) -> None:
    with pytest.raises(BackEndError, match=reason):
        open_back_end(Bus(Arena("harness", 1 << 16), "bus", kind), address, "real")


def test_a_connection_that_ends_leaves_a_silent_bus_and_its_reason() -> None:
    bus = Bus(Arena("harness", 1 << 16), "lander.imu", "uart")
    with socket.create_server(("127.0.0.1", 0)) as server:
        back_end = open_back_end(bus, f"tcp:127.0.0.1:{server.getsockname()[1]}", "real")
        server.accept()[0].close()
    wait_until(lambda: back_end.failure != "")
    assert "closed the connection" in back_end.failure
    assert bus.pop() is None
    back_end.close()


def test_a_stream_that_is_not_ours_ends_the_connection() -> None:
    bus = Bus(Arena("harness", 1 << 16), "rover.can", "can")
    with socket.create_server(("127.0.0.1", 0)) as server:
        back_end = open_back_end(bus, f"tcp:127.0.0.1:{server.getsockname()[1]}", "real")
        other, _ = server.accept()
    other.sendall(b"GET / HTTP/1.1\r\n\r\n")
    wait_until(lambda: back_end.failure != "")
    assert "not ours" in back_end.failure
    back_end.close()
    other.close()


def test_a_hal_file_names_the_buses_that_are_real() -> None:
    assert read_plan('[buses]\n"lander.imu" = "serial:/dev/ttyUSB0"\n') == {"lander.imu": Place("serial:/dev/ttyUSB0")}
    shared = read_plan('[buses]\n"lander.can" = {address = "can:virtual:x", devices = ["legs"]}\n')
    assert shared == {"lander.can": Place("can:virtual:x", ("legs",))}
    assert read_plan("") == {}
    for wrong in ("[buses", '[devices]\nimu = "x"\n', '[buses]\n"lander.imu" = 3\n'):
        with pytest.raises(BackEndError):
            read_plan(wrong)


def test_real_devices_share_a_can_bus_with_simulated_ones() -> None:
    harness = Arena("harness", 1 << 18)
    near, outside = Bus(harness, "near", "can"), Bus(harness, "outside", "can")
    end = CanFarEnd(Arena("world", 1 << 18), "bench.bus.can", near, outside)
    near.push(b"\x01\x02", 5, 0x601, to_flight=False)
    outside.push(b"\x7f", 5, 0x701)
    end.slot.call(5)
    assert outside.pop(to_flight=False) == (5, 0x601, b"\x01\x02")
    assert near.pop() == (5, 0x701, b"\x7f")
