"""Power fails at any moment: nothing that was reported stored is lost, and nothing that was shown."""

from __future__ import annotations

import contextlib
import json
import random
import re
import socket
import subprocess
import sys
import threading
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import click
import pytest

from flight.apps.recorder import HEADING, path_of
from flight.storage import Storage
from ground.archive import Archive
from ground.bench import Emulator, EmulatorError
from ground.commanding import CommandStatus, stage_of
from ground.decode import EventReport, Verification, decode
from ground.telemetry import history
from ground.text import event_line, stage_line
from hal.flash import FlashMemory
from tests.bench.modem import Listener, command, send
from tests.house import PATIENCE_S
from wire.dictionary import LANDER
from wire.shapes import event_shape, report_shape
from wire.time_scales import utc_text

BOOT, STORED, SYSTEM = LANDER.event("boot"), LANDER.event("file_stored"), LANDER.report("system")
STORED_ID = STORED.id.to_bytes(2, "big")
LIVES = 6  # on one state directory
REWRITTEN = 0  # number of a file that is written again and again; all others are written once
SENDING_S = 0.008
LEAVING = re.compile(r"  (released|radiated \([A-Z]+\))$")  # what the station says of itself: no packet stands behind it
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")  # what the console puts before whatever came from the spacecraft
MOMENTS = {("20", "start"): (0.2, 1.5), ("20", "ports"): (0.0, 0.5), ("20", "file"): (0.0, 0.5), ("real", "file"): (0.0, 1.0)}


@dataclass
class Life:
    """What the station was told in one run of the emulator."""

    ready: bool = False
    boots: set[int] = field(default_factory=set)
    stored: dict[int, tuple[int, int]] = field(default_factory=dict)  # number: octets, CRC-32

    def read(self, listener: Listener) -> None:
        for vehicle, service, _, data in listener.packets:
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


def live(state: Path, speed: str, moment: str, seconds: float, first_file: int) -> Life:
    """Start on `state`, store one file after the other, and die so long after a moment: "start", "ports", or "file", the first reported."""
    life = Life()
    emulator = Emulator(scenario="surface", speed=speed, state=state, bench=False)
    came = {name: threading.Event() for name in ("start", "ports", "file")}

    def kill() -> None:
        while emulator.process is None:
            time.sleep(0.001)
        came["start"].set()
        came[moment].wait()
        time.sleep(seconds)
        emulator.process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with contextlib.suppress(EmulatorError, OSError):
            emulator.start()
            life.ready = True
            came["ports"].set()
            listen(emulator, life, first_file, came["file"])
    finally:
        for each in came.values():
            each.set()
        killer.join()
        emulator.kill()
    return life


def listen(emulator: Emulator, life: Life, first_file: int, reported: threading.Event) -> None:
    """Until the end comes."""
    with Listener(emulator.tm) as listener, socket.create_connection(emulator.tc, timeout=PATIENCE_S) as uplink:
        sender = threading.Thread(target=store_files, args=(uplink, first_file))
        sender.start()
        with contextlib.suppress(ConnectionResetError):
            listener.until(lambda: any(packet[1] == 5 and packet[3][:2] == STORED_ID for packet in listener.packets))
            reported.set()
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


class Notebook(FlashMemory):
    """A flash that notes each change: block, octets before and after."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[tuple[int, bytes, bytes]] = []

    def _change(self, block: int, octets: bytes) -> None:
        self.changes.append((block, self.block(block), octets))
        super()._change(block, octets)


def interrupted(changes: list[tuple[int, bytes, bytes]], count: int, torn: bool) -> Storage:
    """What lies in the flash when power fails after so many changes, or within the next."""
    flash = FlashMemory()
    for block, _, after in changes[:count]:
        flash.overlay[block] = after
    if torn:
        block, before, after = changes[count]
        differing = [place for place, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] or [0]
        middle = differing[len(differing) // 2]
        flash.overlay[block] = after[:middle] + before[middle:]
    return Storage(flash)


@pytest.mark.parametrize("torn", [False, True], ids=["between changes", "within a change"])
def test_each_file_is_the_old_or_the_new_one_wherever_power_fails(torn: bool) -> None:
    flash = Notebook()
    storage = Storage(flash)
    storage.format()
    formatted = len(flash.changes)
    written: list[tuple[int, str, bytes]] = []
    for number in range(9):
        name, octets = path_of(number % 4), bytes([number]) * (2000 + 700 * number)
        storage.write(name, octets)
        written.append((len(flash.changes), name, octets))
    for count in range(formatted, len(flash.changes) + 1 - torn):
        after = interrupted(flash.changes, count, torn)
        done = {name: octets for at, name, octets in written if at <= count}
        under_way = next((name, octets) for at, name, octets in written if at > count) if count < len(flash.changes) else None
        for name, octets in done.items():
            found = after.read(name)
            assert found == octets or (name, found) == under_way
        if count % 8 == 0:
            after.write("/next", b"goes on")
            assert after.read("/next") == b"goes on"


def test_a_start_that_was_cut_off_while_formatting_leaves_a_flash_that_can_be_started_from() -> None:
    flash = Notebook()
    Storage(flash).format()
    for count in range(len(flash.changes)):
        after = interrupted(flash.changes, count, torn=False)
        if not after.is_formatted():
            after.format()
        after.write("/log/00001.csv", b"stored")
        assert after.read("/log/00001.csv") == b"stored"


@pytest.mark.long(200)
@pytest.mark.timeout(3600)
def test_no_file_that_was_reported_stored_is_lost_when_the_power_fails(tmp_path: Path, repetitions: int) -> None:
    seed = random.randrange(10**9)
    print("seed", seed)
    draw = random.Random(seed)
    starts = last_boot = files = 0
    kept: dict[int, tuple[int, int]] = {}
    state = tmp_path
    for number in range(max(LIVES, repetitions)):
        if number % LIVES == 0:
            state, kept, starts, last_boot = tmp_path / str(number), {}, 0, 0
        speed, moment = draw.choice(list(MOMENTS)) if number % LIVES else ("20", "file")
        seconds = draw.uniform(*MOMENTS[speed, moment])
        life = live(state, speed, moment, seconds, 1 + 1000 * (number % LIVES))
        print(f"{number}: at speed {speed} killed {seconds:.3f} s after {moment}: boots {life.boots}, {len(life.stored)} files")
        kept |= life.stored
        names = hold(state, kept if number % LIVES == LIVES - 1 else life.stored)
        assert {path_of(n).rpartition("/")[2] for n in kept} <= set(names)
        starts += life.ready
        assert len(life.boots) <= 1
        for boot in life.boots:
            assert max(starts, last_boot + 1) <= boot <= number % LIVES + 1
            last_boot = boot
        files += len(life.stored)
    assert files > 0
    with Emulator(scenario="surface", speed="20", state=state, bench=False) as emulator, Listener(emulator.tm) as listener:
        send(emulator.tc, command("lander", "store_log", 0, file=60_000))
        assert listener.hears("lander", 1, 7)
        after = Life()
        after.read(listener)
        assert set(after.stored) == {60_000}
        assert all(boot > last_boot for boot in after.boots)
    hold(state, kept | after.stored)


def ground(emulator: Emulator, archive: Path, *words: str) -> subprocess.Popen[str]:
    """A program of the ground, its words on pipes."""
    doors = [f"--{door}={host}:{port}" for door, (host, port) in (("tm", emulator.tm), ("tc", emulator.tc))]
    name, *rest = words
    arguments = [sys.executable, "-m", "ground", name, *doors, f"--archive={archive}", "--speed=20", *rest]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def shown_until_killed(program: subprocess.Popen[str], lines: str, seconds: float) -> list[str]:
    """The whole lines that a program showed until so long after its first one, with `lines` on its standard input."""
    assert program.stdin is not None
    assert program.stdout is not None
    writer = threading.Thread(target=write, args=(program.stdin, lines))
    writer.start()
    shown = program.stdout.readline()
    killer = threading.Timer(seconds, program.kill)
    killer.start()
    shown += program.stdout.read()
    killer.join()
    writer.join()
    program.stdout.close()
    program.wait()
    return shown.rpartition("\n")[0].splitlines()


def write(pipe: TextIO, lines: str) -> None:
    with contextlib.suppress(OSError):
        pipe.write(lines)
        pipe.flush()
    with contextlib.suppress(OSError):
        pipe.close()


def archived_values(archive: Archive, name: str) -> set[tuple[str, float]]:
    """Time and value of every sample of a parameter."""
    times, values = [], []
    for branch in archive.branches():
        found = history(archive, branch.id, name)
        times += found[0].tolist()
        values += found[1].tolist()
    return {(utc_text(at), value) for at, value in zip(times, values, strict=True)}


def archived_lines(archive: Archive) -> set[str]:
    """What the console would say of every event and every report about a command."""
    found = set()
    commands = archive.commands()
    for decoded in map(decode, archive.packets()):
        if isinstance(decoded, EventReport):
            found.add(click.unstyle(event_line(decoded)))
        if isinstance(decoded, Verification):
            for sent in commands:
                if sent.request == decoded.request:
                    status = CommandStatus(sent.text.split()[0], sent.text, sent.request, sent.sent_ns)
                    found.add(click.unstyle(stage_line(status, stage_of(status.name, decoded))))
    return found


@pytest.mark.long(200)
@pytest.mark.timeout(3600)
def test_no_packet_that_was_shown_is_lost_when_the_station_dies(tmp_path: Path, repetitions: int) -> None:
    seed = random.randrange(10**9)
    print("seed", seed)
    draw = random.Random(seed)
    typed = "".join(f"lander.ping\nlander.store_log file={number}\nrover.ping\n" for number in range(1000))
    with Emulator(scenario="surface", speed="20", bench=False) as emulator:
        for number in range(max(2, repetitions)):
            seconds = draw.uniform(0.0, 0.6)
            values = shown_until_killed(ground(emulator, tmp_path, "tm", "--follow", "--json", "lander.system.uptime_s"), "", seconds)
            lines = shown_until_killed(ground(emulator, tmp_path, "console"), typed, seconds)
            told = {line for line in lines if STAMP.match(line) and not LEAVING.search(line)}
            print(f"{number}: killed {seconds:.3f} s after the first line, {len(values)} values and {len(told)} lines shown")
            with Archive(tmp_path) as archive:
                samples = [json.loads(line) for line in values]
                assert {(row["time"], row["raw"]) for row in samples} <= archived_values(archive, "lander.system.uptime_s")
                assert told <= archived_lines(archive)
            assert values
