"""Sequence numbers over a thousand losses of power at each end: none comes twice, and none that was accepted is fresh again.

A life of the spacecraft is the whole emulator, forked from a process that has imported it (every twentieth is a process of its own) and
killed at any moment, from its first instruction on. A life of the station takes numbers and sends for real, two programs at a time.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from ground import keys as key_files
from ground.bench import Emulator
from ground.keys import DownlinkSecurity, Numbers, UplinkSecurity
from tests.house import ROOT
from wire import cadu, cltu, frame_shapes, fsr, pus, tm_frame
from wire.dictionary import LANDER
from wire.sdls import Direction, Mask, Mode

SPACECRAFT = LANDER.vehicle.spacecraft_id
PATIENCE_S = 120.0
FORKS = """
import json, os, sys
{imports}
for line in sys.stdin:
    words = json.loads(line)
    child = os.fork()
    if child == 0:
        os.dup2(2, 1)
        {life}
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
SPACECRAFT_FORKS = FORKS.format(
    imports="""
import flight.conductor, flight.doors.bench, flight.doors.radio, flight.mission, flight.recording, flight.replay, flight.scenarios
import flight.security, flight.security_downlink, hal.sim.world, wire.export
from flight.__main__ import main
""",
    life="main(words)",
)
STATION_FORKS = FORKS.format(
    imports="""
from pathlib import Path
from ground.endpoint import Endpoint
from ground.options import StationOptions
from ground.station import Station
def command_without_end(port, folder, keys):
    with Station(StationOptions(Endpoint(*port), Endpoint("127.0.0.1", 9), Path(folder), 1.0, "lab", Path(keys))) as station:
        while True:
            station.command("lander.ping")
""",
    life="command_without_end(*words)",
)


class Launcher:
    """Forks processes from one that has imported what they need; one at a time."""

    def __init__(self, code: str, errors: Path) -> None:
        self._errors = open(errors, "w+b")  # noqa: SIM115 (closed with the launcher)
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE_S)
        self._errors.close()

    def said(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-2000:].decode(errors="replace")

    def begin(self, words: Sequence[object]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(words), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def kill(self, process: int) -> None:
        """It must have been alive: what ends by itself is an error."""
        assert self._process.stdout is not None
        os.kill(process, signal.SIGKILL)
        status = int(self._process.stdout.readline())
        assert status == -signal.SIGKILL, f"it had ended by itself with {status}: {self.said()}"


def new_keys(folder: Path, tc: Mode = Mode.AUTHENTICATED_ENCRYPTION) -> Path:
    key_files.make(folder / "keys.toml", {Direction.TC: tc, Direction.TM: Mode.AUTHENTICATED_ENCRYPTION}, Mask.WHOLE)
    return folder / "keys.toml"


class Lives:
    """Emulators on one state directory, one after the other."""

    def __init__(self, folder: Path, keys: Path) -> None:
        self.ports, self.state, self._keys = folder / "ports.json", folder / "state", keys
        self.launcher = Launcher(SPACECRAFT_FORKS, folder / "errors")

    @contextmanager
    def life(self) -> Iterator[None]:
        """Begins to fly, and is killed when the block is left."""
        self.ports.unlink(missing_ok=True)
        doors = ["--tc=127.0.0.1:0", "--tm=127.0.0.1:0", f"--ports-file={self.ports}", "--with-parent"]
        process = self.launcher.begin(["--scenario=surface", "--speed=real", f"--keys={self._keys}", f"--state={self.state}", *doors])
        try:
            yield
        finally:
            self.launcher.kill(process)

    def doors(self) -> dict[str, tuple[str, int]]:
        last = time.monotonic() + PATIENCE_S
        while not self.ports.exists():
            assert time.monotonic() < last, self.launcher.said()
            time.sleep(0.002)
        return {name: (host, port) for name, (host, port) in json.loads(self.ports.read_text()).items()}

    @contextmanager
    def own_process(self) -> Iterator[dict[str, tuple[str, int]]]:
        emulator = Emulator(scenario="surface", speed="real", bench=False, keys=self._keys, state=self.state).start()
        try:
            yield emulator.ports
        finally:
            emulator.kill()


class Ears:
    """What both sides of the link have said in all lives: frames down by number, executed requests, numbers on the disk."""

    def __init__(self, keys: Path, state: Path) -> None:
        self.keys, self.numbers, self._state = key_files.read(keys), Numbers(keys), state
        self.highest: dict[int, int] = {}
        self.executed: Counter[bytes] = Counter()
        self.refused = self.frames = 0
        self.kept: dict[str, dict[str, int]] = {"sent": {}, "received": {}}

    def listen(self, octets: bytes) -> None:
        opener = DownlinkSecurity(self.keys, self.numbers)
        channels: dict[bytes, tm_frame.Reassembler] = {}
        for frame in cadu.Synchroniser().feed(octets):
            spi, number = int.from_bytes(frame[6:8], "big"), int.from_bytes(frame[8:20], "big")
            assert number > self.highest.get(spi, -1), f"SPI {spi}: {number} again"
            self.highest[spi] = number
            clear = opener.open(frame)
            assert clear is not None, opener.refused
            self.frames += 1
            report = fsr.parse(int.from_bytes(clear[-6:-2], "big"))
            self.refused += report is not None and report.bad_sequence_number
            key = bytes((clear[0], clear[1] & 0xFE))
            for packet in channels.setdefault(key, tm_frame.Reassembler(len(clear))).feed(clear):
                parsed = pus.parse_tm(packet) if packet[0] & 0x08 else None
                if parsed is not None and (parsed.secondary.service, parsed.secondary.subtype) == (1, 7):
                    self.executed[bytes(parsed.data[:4])] += 1
        opener.store()

    def look(self) -> None:
        """What a death has left on the disk: whole, and nothing lower than before."""
        path = self._state / "security.json"
        if not path.exists():
            return
        kept = json.loads(path.read_text())
        for kind, numbers in self.kept.items():
            assert all(kept[kind].get(name, -1) >= number for name, number in numbers.items()), (self.kept, kept)
        for row in self.keys.rows:
            if row.association.direction == Direction.TM and row.association.spi in self.highest:
                assert kept["sent"][row.fingerprint] > self.highest[row.association.spi]
        self.kept = kept


def ping(count: int) -> bytes:
    row = LANDER.command("ping")
    return frame_shapes.build_tc_frame(SPACECRAFT, 0, pus.build_tc(row.apid, count, row.service, row.subtype, b"", 0b1111, 1))


def fly(doors: dict[str, tuple[str, int]], send: bytes, seconds: float, frames: int = 0) -> bytes:
    """Send, and listen from the first octet on for so long, and until so many frames have come."""
    octets = bytearray()
    with socket.create_connection(doors["tm"], timeout=PATIENCE_S) as down, socket.create_connection(doors["tc"], timeout=PATIENCE_S) as up:
        up.sendall(send)
        octets += down.recv(65536)
        down.settimeout(0.02)
        last = time.monotonic() + seconds
        while time.monotonic() < last or len(octets) < 1279 * frames:
            try:
                octets += down.recv(65536)
            except TimeoutError:
                continue
    return bytes(octets)


@pytest.mark.long(1000)
@pytest.mark.timeout(4 * 3600)
def test_a_spacecraft_that_is_killed_again_and_again_repeats_no_number_and_takes_no_command_twice(tmp_path: Path, repetitions: int) -> None:
    """A quarter die before they are up. The others are sent one new command, before, between or behind three of lives before."""
    seed = random.randrange(10**9)
    print("seed", seed)
    draw = random.Random(seed)
    keys = new_keys(tmp_path, draw.choice(list(key_files.modes_of_the_link())))
    lives = Lives(tmp_path, keys)
    ears, station = Ears(keys, lives.state), UplinkSecurity(key_files.read(keys), Numbers(keys))
    sent: list[bytes] = []
    early = 0
    for n in range(repetitions):
        send = draw.sample(sent, min(3, len(sent)))
        if n % 4 == 3:
            early += 1
            with lives.life():
                time.sleep(draw.uniform(0.0, 1.0))
        else:
            sent.append(cltu.encode(station.seal(ping(n))))
            send.insert(draw.randrange(len(send) + 1), sent[-1])
            octets = b""
            frames = 20 if n < 9 and n % 2 == 0 else 0  # more than a second: on any machine some live to see their command answered
            if n % 20 == 0:
                with lives.own_process() as ports:
                    octets = fly(ports, b"".join(send), draw.uniform(0.0, 0.3), frames)
            else:
                with lives.life():
                    octets = fly(lives.doors(), b"".join(send), draw.uniform(0.0, 0.3), frames)
            ears.listen(octets)
        ears.look()
        assert not ears.executed or max(ears.executed.values()) == 1, f"seed {seed}: a command was executed twice"
    lives.launcher.close()
    print(
        f"{repetitions} lives, {early} killed early: {ears.frames} frames, {len(ears.executed)} of {len(sent)} commands executed and heard,"
    )
    print(f"{ears.refused} reports of a refused replay")
    assert len(ears.highest) == 3
    assert len(ears.executed) > repetitions // 10
    assert repetitions < 50 or ears.refused


class Tap:
    """A telecommand port that writes down what comes, by connection."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(PATIENCE_S)
        self.address: tuple[str, int] = self.server.getsockname()

    def accept(self) -> socket.socket:
        connection, _ = self.server.accept()
        connection.settimeout(PATIENCE_S)
        return connection

    def frames(self, connection: socket.socket) -> list[bytes]:
        """All that was sent until the connection's end, whole frames alone."""
        octets = bytearray()
        with connection:
            while chunk := connection.recv(65536):
                octets += chunk
        return list(cltu.Decoder().feed(bytes(octets)))


@pytest.mark.parametrize("mode", list(key_files.modes_of_the_link()))
@pytest.mark.long(500)
@pytest.mark.timeout(4 * 3600)
def test_a_station_that_is_killed_again_and_again_repeats_no_number(tmp_path: Path, mode: Mode, repetitions: int) -> None:
    """Two programs of it send at the same time, and die one after the other; a thousand deaths in each mode."""
    seed = random.randrange(10**9)
    print("seed", seed)
    draw = random.Random(seed)
    keys = new_keys(tmp_path, mode)
    tap, launchers = Tap(), [Launcher(STATION_FORKS, tmp_path / f"errors{n}") for n in range(2)]
    seen: set[int] = set()
    highest = -1
    head = 8 + (12 if mode == Mode.AUTHENTICATED_ENCRYPTION else 4)
    for n in range(repetitions):
        programs = [each.begin([tap.address, str(tmp_path / "archive"), str(keys)]) for each in launchers]
        connections = [tap.accept() for _ in programs]
        for connection in connections:
            if n % 4:  # most have sent something before they die, at whatever pace
                assert connection.recv(1, socket.MSG_PEEK)
        for launcher, program in zip(launchers, programs, strict=True):
            time.sleep(draw.uniform(0.0, 0.05))
            launcher.kill(program)
        found: list[int] = []
        for connection in connections:
            numbers = [int.from_bytes(frame[8:head], "big") for frame in tap.frames(connection)]
            assert numbers == sorted(set(numbers)), f"seed {seed}, life {n}"
            found += numbers
        assert len(set(found)) == len(found), f"seed {seed}, life {n}: two programs sent under one number"
        assert min(found, default=highest + 1) > highest, f"seed {seed}, life {n}: a number came twice"
        highest = max(found, default=highest)
        seen.update(found)
    for launcher in launchers:
        launcher.close()
    tap.server.close()
    print(f"{2 * repetitions} deaths, {len(seen)} commands, none under a number that came before")
    assert len(seen) > repetitions
