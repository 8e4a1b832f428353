"""What the spacecraft takes from outside: commands by radio, frames and services; lines at the bench door; files that it wrote."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import xxhash

from flight import recording, state
from flight.doors.bench import BenchDoor
from flight.doors.bench_methods import fits
from flight.farm import Farm
from flight.nonvolatile import FIELDS, NonVolatile
from flight.security import Security
from flight.security_numbers import Numbers
from hal.core.arena import Arena
from tests.flight.secured import SecuredStation
from tests.flight.station import Station, relay_mission
from tests.fuzz.frames import framed, sized, uplink_frame
from tests.fuzz.messages import KEY_TEXT
from tests.fuzz.mutate import Shape
from tests.fuzz.run import Fuzzed, Take, exact, scratch
from tests.fuzz.streams import repaired
from wire import cltu, key_file, pus, sdls, segment
from wire.commands import encode_command
from wire.dictionary import DICTIONARIES
from wire.dictionary.rows import DEDUCED
from wire.frame_shapes import build_tc_frame

RELAY = DICTIONARIES["relay"]
COMMANDS = [row for row in RELAY.commands if row.name != "reset_computer"]  # a flipped bit makes one of these often enough
LONGEST_TICKS = 20_000
KEYS = key_file.parse(KEY_TEXT, 0o600)


def farm_decoder() -> Take:
    farm = Farm()

    def take(octets: bytes) -> None:
        event, accepted = farm.frame(exact(octets))
        assert 1 <= event <= 9
        assert not accepted or event in (1, 6)
        assert farm.guard()
        assert 1 <= farm.record["state"] <= 3

    return take


def request(random: Random) -> bytes:
    """A telecommand packet for the relay: a command of its dictionary with arguments of the right length, or any."""
    row = random.choice(COMMANDS)
    data = random.randbytes(random.randrange(12))
    if not row.arguments:
        data = encode_command("relay", row.name)
    elif row.counted and not any(argument.kind == DEDUCED for argument in row.arguments):
        data = b"\0\1" + random.choice((RELAY.reports, RELAY.parameters))[0].id.to_bytes(2, "big")
    elif row.counted:
        parameter = random.choice(RELAY.parameters)
        data = b"\0\1" + parameter.id.to_bytes(2, "big") + random.randbytes(8)
    elif row.function is not None:
        data = row.function.to_bytes(2, "big") + random.randbytes(random.choice((1, 2, 4, 8)))
    return pus.build_tc(row.apid, random.getrandbits(14), row.service, row.subtype, data)


class Spacecraft:
    """The relay's computer, made once in a process; every block begins where it is, and leaves it running."""

    station: Station | None = None

    @classmethod
    def ready(cls) -> Station:
        if cls.station is None:
            cls.station = Station(relay_mission())
            cls.station.mission.run(1001)
        return cls.station


def mission_decoder(unit: Callable[[bytes], bytes], spacecraft: type[Spacecraft] = Spacecraft) -> Callable[[], Take]:
    """One tick for each input, and those that a restart takes. All telemetry can be read, whatever went up, and the next unit is taken."""

    def decoder() -> Take:
        station = spacecraft.ready()
        (computer,) = [vehicle.computer for vehicle in station.mission.vehicles]

        def take(octets: bytes) -> None:
            up = unit(octets)
            if up:
                assert station.mission.inbox.put(0, up, False)
            station.mission.run(1)
            for _ in range(LONGEST_TICKS):  # a command may have restarted the computer, and a full telemetry queue holds requests back
                if computer.running and not station.mission.inbox.pending:
                    break
                station.listen()
                station.mission.run(1)
            assert computer.running
            assert not station.mission.inbox.pending, "the radio takes nothing any more"
            station.listen()
            station.packets.clear()

        return take

    return decoder


class SecuredSpacecraft(Spacecraft):
    """The same with keys: what is not sealed, or sealed once already, goes no further."""

    station: Station | None = None

    @classmethod
    def ready(cls) -> Station:
        if cls.station is None:
            mission = relay_mission(security=Security(KEYS, scratch() / "state"))
            cls.station = SecuredStation(mission, KEYS)
            cls.station.mission.run(1001)
        return cls.station


def sealed(random: Random) -> bytes:
    """A request in a frame under a number from a few: most come once, some again."""
    frame = build_tc_frame(RELAY.vehicle.spacecraft_id, 0, request(random))
    return sdls.seal_tc(KEYS.sender("relay", sdls.Direction.TC).unit, frame, random.getrandbits(18))


def candidate(octets: bytes) -> bytes:
    return cltu.encode(octets) if 0 < len(octets) <= 1024 else b""


def packet_to_uplink(octets: bytes) -> bytes:
    return cltu.encode(build_tc_frame(RELAY.vehicle.spacecraft_id, 0, octets)) if 0 < len(octets) <= 1016 else b""


def radio_stream(random: Random) -> bytes:
    """One frame of any kind, or a request in one; or in segments, of which one may be missing, by BD or in a sequence of its own."""
    kind = random.randrange(3)
    if kind == 0:
        return cltu.encode(uplink_frame(random))
    if kind == 1:
        return cltu.encode(build_tc_frame(RELAY.vehicle.spacecraft_id, 0, request(random)))
    parts = segment.split(request(random), random.randrange(1, 12))
    map_id, bypass, number = random.randrange(3), random.getrandbits(1) == 1, random.getrandbits(8)
    frames = [
        build_tc_frame(RELAY.vehicle.spacecraft_id, 0, data, map_id, flags, bypass, number + place & 0xFF)
        for place, (flags, data) in enumerate(parts)
    ]
    if random.randrange(4) == 0:
        del frames[random.randrange(len(frames))]
    return b"".join(map(cltu.encode, frames[:8]))


# --- the bench door


class Client:
    """Keeps what the door sends."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendall(self, octets: bytes) -> None:
        self.sent.append(octets)


def echo(method: str, params: Any) -> Any:
    """Types are asked for, as for any method; the parameters come back."""
    for hint in (int, float, str, dict[str, float], list[list[Any]], float | str | None):
        fits(params, hint)
    return {"method": method, "params": params}


def bench_decoder() -> Take:
    door = BenchDoor(("127.0.0.1", 0), echo, max_line=4096)

    def take(octets: bytes) -> None:
        client = Client()
        door._answer_lines(client, io.BytesIO(octets + b"\n"))  # type: ignore[arg-type]
        for line in client.sent:
            answer = json.loads(line, parse_constant=lambda name: pytest_fail(name))
            for each in answer if isinstance(answer, list) else [answer]:
                assert each["jsonrpc"] == "2.0"
                assert ("result" in each) != ("error" in each)

    return take


def pytest_fail(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def bench_line(random: Random) -> bytes:
    params: Any = random.choice(([], [1, 2.5, None], {"ticks": 3}, {"conditions": [["tick", ">", 1e999]]}, [[[[{"a": [1]}]]]]))
    line = {"jsonrpc": "2.0", "id": random.choice((1, "a", None, 2.5)), "method": random.choice(("run", "peek", "x")), "params": params}
    return json.dumps(random.choice((line, line, [line, line]))).encode()


# --- files


def _entry(body: bytes) -> bytes:
    return recording.FRAME.pack(len(body), zlib.crc32(body)) + body


def recorded(random: Random) -> bytes:
    entries = [
        bytes([recording.HEADER_TYPE]) + json.dumps({"seed": random.getrandbits(16)}).encode(),
        recording.INPUT.pack(recording.INPUT_TYPE, random.getrandbits(40), 6) + b"uplink\0" + random.randbytes(9),
        recording.INPUT.pack(recording.INPUT_TYPE, random.getrandbits(40), 6) + b"inject\1" + b'{"device":"imu"}',
        recording.STAMP.pack(recording.DIGEST_TYPE, 7) + b"0123",
        recording.STAMP.pack(recording.END_TYPE, 900) + b'{"digest":"0123"}',
    ]
    return recording.MAGIC + b"".join(_entry(body) for body in entries)


def rechecked(octets: bytearray) -> None:
    """Entries get right lengths where they overrun, and right check sums."""
    at = len(recording.MAGIC)
    while at + 8 < len(octets):
        length = min(int.from_bytes(octets[at : at + 4], "little"), len(octets) - at - 8)
        octets[at : at + 8] = struct.pack("<II", length, zlib.crc32(octets[at + 8 : at + 8 + length]))
        at += 8 + length


def recording_decoder() -> Take:
    path = scratch() / "recording"

    def take(octets: bytes) -> None:
        path.write_bytes(octets)
        try:
            read = recording.read_recording(path)
        except ValueError:
            return
        assert isinstance(read.header, dict)
        for entry in read.entries:
            recording.describe(entry)
        recording.compare(read, read)

    return take


class _Flashless:
    flash = None


def _arena() -> Arena:
    made = Arena("one", 4096)
    made.octets("memory", 64)
    return made


def snapshot(random: Random) -> bytes:
    arena = _arena()
    arena.view("memory")[:] = np.frombuffer(random.randbytes(64), np.uint8)
    return state.pack({"tick": random.getrandbits(40)}, state.signature([arena]), [arena], {}, [], random.randbytes(9))


def rehashed(octets: bytearray) -> None:
    if len(octets) > 16:
        octets[-16:] = xxhash.xxh3_128_digest(bytes(octets[:-16]))


def snapshot_decoder() -> Take:
    arena = _arena()
    signature = state.signature([arena])

    def take(octets: bytes) -> None:
        try:
            header, body = state.unpack(octets)
            state.restore(header, body, signature, [arena], {}, [])
        except (ValueError, KeyError):
            return
        assert len(arena.memory()) == arena.used

    return take


def kept_decoder() -> Take:
    directory = scratch()

    def take(octets: bytes) -> None:
        (directory / "nonvolatile.json").write_bytes(octets)
        computer = dict.fromkeys(FIELDS, 0)
        try:
            NonVolatile(directory).restore("relay", computer)
        except ValueError:
            return
        assert all(type(value) is int for value in computer.values())

    return take


def kept(random: Random) -> bytes:
    return json.dumps({"relay": dict.fromkeys(FIELDS, random.getrandbits(8)), "lander": dict.fromkeys(FIELDS, 1)}).encode()


def numbers(random: Random) -> bytes:
    return json.dumps({"received": {"ab": random.getrandbits(40)}, "sent": {"cd": 65536}}).encode()


def numbers_decoder() -> Take:
    def take(octets: bytes) -> None:
        (scratch() / "security.json").write_bytes(octets)
        try:
            kept = Numbers(scratch())
        except ValueError:
            return
        assert type(kept.received("ab")) is int

    return take


ENTRIES = (
    Fuzzed(
        "farm", ("flight.farm.Farm.frame",), uplink_frame, farm_decoder, 500_000,
        Shape(((0, 2), (2, 2), (4, 1), (5, 1), (6, 2)), framed),
    ),
    Fuzzed(
        "requests", ("flight.doors.inbox.Inbox.put",), request, mission_decoder(packet_to_uplink), 60_000,
        Shape(((0, 2), (2, 2), (7, 1), (8, 1), (11, 2), (13, 2), (15, 2)), sized),
    ),
    Fuzzed(
        "radio", ("flight.doors.inbox.Inbox.put",), radio_stream, mission_decoder(bytes), 60_000,
        Shape(((0, 2), (2, 2), (4, 2)), repaired),
    ),
    Fuzzed(
        "radio.secured", ("flight.security_gate.Gate",), sealed, mission_decoder(candidate, SecuredSpacecraft), 30_000,
        Shape(((0, 2), (2, 2), (5, 1), (6, 2), (8, 4)), framed),
    ),
    Fuzzed("bench", ("flight.doors.bench.BenchDoor",), bench_line, bench_decoder, 100_000, Shape(), False),
    Fuzzed(
        "recording", ("flight.recording.read_recording",), recorded, recording_decoder, 40_000,
        Shape(((20, 4), (28, 1)), rechecked), False,
    ),
    Fuzzed(
        "snapshot", ("flight.state.unpack", "flight.state.restore"), snapshot, snapshot_decoder, 60_000,
        Shape(((19, 4), (23, 4)), rehashed), False,
    ),
    Fuzzed("security.numbers", ("flight.security_numbers.Numbers",), numbers, numbers_decoder, 10_000, Shape(), False),
    Fuzzed("nonvolatile", ("flight.nonvolatile.NonVolatile",), kept, kept_decoder, 20_000, Shape(), False),
)  # fmt: skip
