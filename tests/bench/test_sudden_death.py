"""Power fails at any moment: nothing that was reported stored is lost, and nothing that was shown."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flight.apps.recorder import HEADING, path_of
from flight.storage import Storage
from ground.bench import Emulator, EmulatorError
from hal.flash import FlashMemory
from tests.bench.modem import Listener, command, send
from wire.dictionary import LANDER
from wire.shapes import event_shape, report_shape

BOOT, STORED, SYSTEM = LANDER.event("boot"), LANDER.event("file_stored"), LANDER.report("system")
LIVES = 6  # on one state directory
REWRITTEN = 0  # number of a file that is written again and again; all others are written once
SENDING_S = 0.008


@dataclass
class Life:
    """What the station was told in one run of the emulator."""

    ready: bool = False
    boots: set[int] = field(default_factory=set)
    stored: dict[int, tuple[int, int]] = field(default_factory=dict)  # number: octets, CRC-32
    accepted: int = 0

    def read(self, listener: Listener) -> None:
        for vehicle, service, subtype, data in listener.packets:
            if vehicle != "lander":
                continue
            number = int.from_bytes(data[:2], "big")
            if (service, number) == (5, BOOT.id):
                self.boots.add(event_shape(BOOT).parse(data)["boot_count"])
            if (service, number) == (5, STORED.id):
                event = event_shape(STORED).parse(data)
                self.stored[event["number"]] = event["size"], event["crc32"]
            if (service, number) == (3, SYSTEM.id):
                self.boots.add(report_shape(LANDER, SYSTEM).parse(data)["system.boot_count"])
            self.accepted += (service, subtype) == (1, 1)


def live(state: Path, speed: str, seconds: float, first_file: int, ready: bool) -> Life:
    """Start on `state`, store one file after the other, and die so long after the process began, or after it was ready."""
    life = Life()
    emulator = Emulator(scenario="surface", speed=speed, state=state, bench=False)
    started = threading.Event()

    def kill() -> None:
        while emulator.process is None:
            time.sleep(0.001)
        if ready:
            started.wait()
        time.sleep(seconds)
        emulator.process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with contextlib.suppress(EmulatorError, OSError):
            emulator.start()
            life.ready = True
            started.set()
            listen(emulator, life, first_file)
    finally:
        started.set()
        killer.join()
        emulator.kill()
    return life


def listen(emulator: Emulator, life: Life, first_file: int) -> None:
    """Until the end comes."""
    with Listener(emulator.tm) as listener, socket.create_connection(emulator.tc, timeout=20) as uplink:
        sender = threading.Thread(target=store_files, args=(uplink, first_file))
        sender.start()
        with contextlib.suppress(ConnectionResetError):
            listener.until(lambda: False)
        life.read(listener)
        sender.join()


def store_files(uplink: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        for count in range(0x4000):
            number += count % 3 != 0
            uplink.sendall(command("lander", "store_log", count, file=number if count % 3 else REWRITTEN))
            time.sleep(SENDING_S)


def hold(state: Path, stored: dict[int, tuple[int, int]]) -> list[str]:
    """The image can be mounted, and holds every file with the octets that were reported; the names of all files.

    Of a file that was being written again, what was reported may have been replaced, but by a whole one.
    """
    if not (state / "lander.flash").exists():
        assert not stored
        return []
    flash = FlashMemory(path=state / "lander.flash")
    storage = Storage(flash)
    try:
        for number, (size, crc32) in stored.items():
            octets = storage.read(path_of(number))
            if number == REWRITTEN:
                lines = octets.decode("ascii").splitlines(keepends=True)
                assert lines[0] == HEADING
                assert all(line.count(",") == 4 and line.endswith("\n") for line in lines)
            else:
                assert (len(octets), zlib.crc32(octets)) == (size, crc32)
        return storage.names("/log") if storage.is_formatted() else []
    finally:
        flash.close()


@pytest.mark.long(200)
@pytest.mark.timeout(3600)
def test_no_file_that_was_reported_stored_is_lost_when_the_power_fails(tmp_path: Path, repetitions: int) -> None:
    seed = random.randrange(10**9)
    print("seed", seed)
    draw = random.Random(seed)
    starts = last_boot = files = answered = 0
    kept: dict[int, tuple[int, int]] = {}
    state = tmp_path
    for number in range(max(LIVES, repetitions)):
        if number % LIVES == 0:
            state, kept, starts, last_boot = tmp_path / str(number), {}, 0, 0
        speed, ready = draw.choice([("20", False), ("20", True), ("20", True), ("real", True)])
        seconds = draw.uniform(*{("20", False): (0.2, 1.5), ("20", True): (0.0, 0.8), ("real", True): (1.0, 2.5)}[speed, ready])
        life = live(state, speed, seconds, 1 + 1000 * (number % LIVES), ready)
        print(f"{number}: {speed}, killed {seconds:.3f} s after {'its ports' if ready else 'its start'}: {life.boots}, {len(life.stored)} files")
        kept |= life.stored
        names = hold(state, kept if number % LIVES == LIVES - 1 else life.stored)
        assert {path_of(n).rpartition("/")[2] for n in kept} <= set(names)
        starts += life.ready
        assert len(life.boots) <= 1
        for boot in life.boots:
            assert max(starts, last_boot + 1) <= boot <= number % LIVES + 1
            last_boot = boot
        files += len(life.stored)
        answered += life.accepted > 0
    assert files > answered > 0
    with Emulator(scenario="surface", speed="20", state=state, bench=False) as emulator, Listener(emulator.tm) as listener:
        send(emulator.tc, command("lander", "store_log", 0, file=60_000))
        assert listener.hears("lander", 1, 7)
        after = Life()
        after.read(listener)
        assert set(after.stored) == {60_000}
        assert all(boot > last_boot for boot in after.boots)
    hold(state, kept | after.stored)
