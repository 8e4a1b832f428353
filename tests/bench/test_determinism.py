"""The same bytes through the doors: whenever commands come, at whatever pace, and in real time, the recording says it all."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

import pytest

from flight.recording import read_recording
from ground.bench import Bench, Emulator
from tests.bench.modem import Listener, command, send
from tests.house import PATIENCE_S, eventually
from wire.dictionary import LANDER

BOOTED_TICKS = 150
SOME_TICKS = 600


def flight(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """A subcommand of the emulator: exit status and what it found."""
    done = subprocess.run([sys.executable, "-m", "flight", *map(str, arguments), "--json"], capture_output=True, text=True, timeout=300)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def replayed(path: Path) -> dict[str, Any]:
    """A recording is replayed, to the same bytes."""
    status, found = flight("replay", path)
    assert (status, found["same"], found["difference"], found["damage"], found["ended"]) == (0, True, None, None, True)
    return found


def command_at_whim(craft: Emulator, draw: random.Random, count: int) -> None:
    """Commands to all vehicles at moments that no run has a second time, a file with each third, some in halves.

    Each second one is on board before the next is sent, however long the emulator is held up: they do not come all at once.
    """
    sent = 0
    for number in range(count):
        time.sleep(draw.uniform(0.0, 0.08))
        vehicle = draw.choice(["lander", "rover", "relay"])
        octets = command(vehicle, "ping", number)
        if number % 3 == 0:
            octets += command("lander", "store_log", number, file=number)
        cut = draw.randrange(len(octets))
        if number % 5 == 4:
            octets = octets[:cut]
        send(craft.tc, octets)
        sent += len(octets)
        assert number % 2 or eventually(lambda expected=sent: craft.bench.peek("harness.radio.octets") >= expected)


@pytest.mark.parametrize(("scenario", "speed"), [("hover", "20"), ("surface", "200")])
def test_a_paced_run_replays_whenever_its_commands_came(tmp_path: Path, scenario: str, speed: str) -> None:
    path = tmp_path / "run"
    with Emulator(scenario=scenario, speed=speed, seed=6, record=path) as emulator:
        bench = emulator.bench
        with Listener(emulator.tm) as listener:
            command_at_whim(emulator, random.Random(6), 10)
            send(emulator.tc, command("lander", "store_log", 99, file=99))
            assert listener.until(lambda: stored(listener))
        if scenario == "hover":
            bench.inject("lander.altimeter", "off")
            send(emulator.tc, command("lander", "land"))
        tick = bench.status()["tick"]
        assert eventually(lambda: bench.status()["tick"] > tick + SOME_TICKS)
        assert emulator.stop() == 0
    assert replayed(path)["digests"] >= 5
    uplinks = [entry for entry in read_recording(path).inputs() if entry.kind == "uplink"]
    assert len({entry.tick for entry in uplinks}) >= 5


def stored(listener: Listener) -> bool:
    """The file that was asked for last is reported stored."""
    event = LANDER.event("file_stored").id.to_bytes(2, "big") + (99).to_bytes(2, "big")
    return any(packet[:2] == ("lander", 5) and packet[3].startswith(event) for packet in listener.packets)


def one_command(path: Path, octets: bytes) -> None:
    """A run with a command at a tick of its own, and others before and behind."""
    with Emulator(scenario="hover", speed="max", seed=7, record=path) as emulator:
        bench = emulator.bench
        bench.run(ticks=321)
        send(emulator.tc, command("lander", "ping", 1))
        bench.run(ticks=112)
        send(emulator.tc, octets)
        bench.run(ticks=300)
        send(emulator.tc, command("rover", "ping", 3))
        bench.run(ticks=300)
        assert emulator.stop() == 0


def test_the_first_difference_of_two_recordings_is_named(tmp_path: Path) -> None:
    same, again, other, later = (tmp_path / name for name in ("same", "again", "other", "later"))
    one_command(same, command("lander", "store_log", 2, file=2))
    one_command(again, command("lander", "store_log", 2, file=2))
    one_command(other, command("lander", "store_log", 2, file=3))
    assert flight("diff", same, again) == (0, {"same": True, "header": {}, "first_difference": None, "damage": [None, None]})

    status, found = flight("diff", same, other)
    assert (status, found["same"], found["header"]) == (1, False, {})
    first = found["first_difference"]
    assert [(first[side]["what"], first[side]["kind"], first[side]["tick"]) for side in "ab"] == [("input", "uplink", 433)] * 2
    assert first["a"]["payload"] != first["b"]["payload"]
    told = subprocess.run(
        [sys.executable, "-m", "flight", "diff", str(same), str(other)], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert told.returncode == 1
    assert "first difference: input tick 433 kind uplink" in told.stdout

    with Emulator(scenario="hover", speed="max", seed=8, record=later) as emulator:
        emulator.bench.run(seconds=10.0)
        emulator.stop()
    status, found = flight("diff", same, later)
    assert (status, found["header"]) == (1, {"seed": [7, 8]})


class Crowd:
    """A bench client that asks for the longest answers there are without a pause: the emulator's Python is kept busy beside its loop."""

    def __init__(self, craft: Emulator) -> None:
        self.bench = Bench(*craft.ports["bench"])
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.ask)
        self.asked = 0

    def ask(self) -> None:
        while not self.over.is_set():
            self.bench.symbols()
            self.asked += 1

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        self.bench.close()


def test_a_real_time_run_with_its_python_kept_busy_replays(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with Emulator(scenario="hover", speed="real", seed=9, record=path) as emulator:
        with Listener(emulator.tm) as listener, Crowd(emulator) as crowd:
            assert listener.until(lambda: listener.count("lander", 3, 25) > 0)
            command_at_whim(emulator, random.Random(9), 9)
            send(emulator.tc, command("lander", "store_log", 99, file=99))
            assert listener.until(lambda: stored(listener))
            assert eventually(lambda: crowd.asked > 0)
        octets = emulator.bench.snapshot()
        send(emulator.tc, command("lander", "land"))
        emulator.bench.run(seconds=1.2)
        emulator.bench.restore(octets)
        run_until_digests(emulator, 4)
        assert emulator.stop() == 0
    assert replayed(path)["digests"] >= 4


def run_until_digests(craft: Emulator, count: int) -> None:
    """Let real time pass until so many full seconds have their digest: those that a machine lags behind in have none."""
    for _ in range(60):
        craft.bench.run(seconds=1.2)
        if len(craft.bench.digests(1)) >= count:
            return
    raise AssertionError(f"{len(craft.bench.digests(1))} of {count} digests in a minute of real time: {craft.bench.status()}")


def hold_up(craft: Emulator, octets: bytes) -> None:
    """The process stands still, with a command waiting. What was missed is made up for at once: the worker can hardly keep up with that."""
    assert craft.process is not None
    craft.process.send_signal(signal.SIGSTOP)
    send(craft.tc, octets)
    time.sleep(1.2)
    craft.process.send_signal(signal.SIGCONT)
    time.sleep(0.3)


def test_a_real_time_run_that_was_held_up_and_reset_replays(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with Emulator(scenario="surface", speed="real", seed=10, record=path) as emulator:
        bench = emulator.bench
        assert eventually(lambda: bench.status()["tick"] > BOOTED_TICKS)
        hold_up(emulator, command("lander", "store_log", 1, file=1) + command("lander", "reset_computer", 2))
        assert eventually(lambda: bench.status()["computers"]["lander"]["boot_count"] == 2)
        assert eventually(lambda: bench.peek("lander.recorder.slot.published") > 1)
        for count in range(3, 20):
            hold_up(emulator, command("lander", "store_log", count, file=count))
            if bench.peek("lander.recorder.slot.overruns"):
                break
        assert bench.peek("lander.recorder.slot.overruns") > 0
        run_until_digests(emulator, 3)
        assert emulator.stop() == 0
    assert any(entry.kind == "late" for entry in read_recording(path).inputs())
    assert replayed(path)["digests"] >= 3


def test_a_real_time_run_of_the_bench_table_replays(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with Emulator(scenario="bench", speed="real", seed=11, record=path) as emulator:
        with Crowd(emulator) as crowd, Listener(emulator.tm) as listener:
            assert listener.until(lambda: listener.count("relay", 3, 25) > 0)
            for number in range(20):
                send(emulator.tc, command("relay", "ping", number))
                time.sleep(0.03)
            assert listener.hears("relay", 17, 2, times=20), (listener.count("relay", 17, 2), emulator.bench.status())
            assert eventually(lambda: crowd.asked > 0)
        emulator.bench.slot("relay.housekeeping.slot", cost_factor=3.0)
        run_until_digests(emulator, 2)
        assert emulator.stop() == 0
    assert replayed(path)["digests"] >= 2


@pytest.mark.long(20)
def test_a_fresh_process_goes_on_from_a_snapshot_with_commands_queued_and_a_file_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repetitions: int
) -> None:
    seed = random.randrange(10**9)
    print("seed", seed)
    draw = random.Random(seed)
    with Emulator(scenario="hover", speed="max", seed=12) as here:
        bench = here.bench
        for number in range(max(3, repetitions)):
            bench.reset("hover", 12)
            bench.run(ticks=draw.randrange(120, 900))
            for count in range(4):
                bench.uplink(command("lander", "store_log", count, file=count) + command("lander", "hk_report", 10 + count, report=3))
            bench.run(ticks=draw.randrange(1, 10))
            bench.uplink(command("lander", "land", 20) + command("rover", "ping", 21))
            bench.run(ticks=1)
            assert bench.peek("lander.recorder.slot.running") == 1
            assert bench.peek("lander.recorder.commands.head") > bench.peek("lander.recorder.commands.tail")
            bench.save(tmp_path / str(number))
            tick, digest = bench.status()["tick"], bench.digest()
            end, seconds = bench.run(seconds=4.0), bench.digests()
            monkeypatch.setenv("PYTHONHASHSEED", str(number))
            with Emulator(scenario="surface", speed="max", seed=1) as elsewhere:
                assert elsewhere.bench.load(tmp_path / str(number)) == digest
                assert elsewhere.bench.status()["tick"] == tick
                assert elsewhere.bench.run(seconds=4.0) == end
                assert elsewhere.bench.digests(tick // 100 + 1) == [row for row in seconds if row[0] > tick // 100]
