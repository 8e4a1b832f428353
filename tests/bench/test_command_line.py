"""`python -m flight` as a program: what it says, where it listens, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ground.bench import Emulator, EmulatorError
from tests.bench.modem import Listener, command
from tests.house import PATIENCE_S, eventually

ANY = ["--tc", "127.0.0.1:0", "--tm", "127.0.0.1:0"]


def flight(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flight", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE_S, **options
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--speed", "max"], "only a bench can let time pass: add --bench H:P"),
        (["--speed", "fast"], "a speed is real, max or a factor"),
        (["--link", "moon"], "invalid choice"),
        (["--tc", "10025"], "is not HOST:PORT"),
        (["--tm", "127.0.0.1:70000"], "is not HOST:PORT"),
        (["--hal", "/nowhere.toml"], "No such file"),
        (["--tc", "0.0.0.0:0"], "make keys with `farside keys new FILE` and give --keys FILE to both programs, or say --insecure"),
        (["--tm", "[::]:0"], "make keys with `farside keys new FILE` and give --keys FILE to both programs, or say --insecure"),
        (["--tm", "localhost.localdomain:0"], "or say --insecure if you mean it"),
        (["--bench", "0.0.0.0:0", "--keys", "k", "--state", "s"], "no keys guard the bench door"),
        (["--keys", "k"], "--keys needs --state DIR"),
        (["replay"], "required: file"),
        (["land"], "invalid choice"),
    ],
)
def test_a_wrong_command_line_is_refused_with_the_reason(arguments: list[str], says: str) -> None:
    done = flight(*arguments)
    assert done.returncode == 2
    assert says in done.stderr


@pytest.mark.parametrize(
    ("text", "speed", "says"),
    [
        ('[buses]\n"lander.imu" = "serial:/dev/null"\n', "2", "use --speed real"),
        ('[bus."lander.imu"]\nbackend = "serial"\n', "real", "a HAL file holds one table [buses]"),
        ("[bus", "real", "--hal"),
    ],
)
def test_a_hal_file_that_cannot_be_is_refused(tmp_path: Path, text: str, speed: str, says: str) -> None:
    (tmp_path / "hal.toml").write_text(text)
    done = flight("--hal", tmp_path / "hal.toml", "--speed", speed)
    assert done.returncode == 2
    assert says in done.stderr


def test_an_unknown_scenario_is_refused_with_those_there_are() -> None:
    done = flight("--scenario", "moonbase", *ANY)
    assert done.returncode == 3
    assert "surface" in done.stderr


@pytest.mark.parametrize("seed", ["-1", str(1 << 64)])
def test_a_seed_that_no_generator_takes_is_refused(seed: str) -> None:
    done = flight("--seed", seed, *ANY)
    assert (done.returncode, done.stderr.splitlines()) == (
        3,
        [f"farside emulator: a seed is a number from 0 to 18446744073709551615, not {seed}"],
    )


def test_a_port_that_is_taken_is_said_and_nothing_is_left_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = flight("--tc", f"127.0.0.1:{port}", "--tm", "127.0.0.1:0")
    assert done.returncode == 3
    assert f"--tc 127.0.0.1:{port}" in done.stderr


def test_the_first_line_and_the_ports_file_tell_where_it_listens(tmp_path: Path) -> None:
    ports = tmp_path / "ports.json"
    arguments = [*ANY, "--bench", "127.0.0.1:0", "--speed", "max", "--seed", "7", "--ports-file", str(ports), "--json"]
    with subprocess.Popen([sys.executable, "-m", "flight", *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert {name: said[name] for name in ("tc", "tm", "bench")} == json.loads(ports.read_text())
        assert (said["scenario"], said["seed"], said["speed"]) == ("surface", 7, "max")
        for name in ("tc", "tm", "bench"):
            socket.create_connection(tuple(said[name]), timeout=PATIENCE_S).close()
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("speed", ["real", "50", "max"])
def test_a_signal_ends_it_in_order(number: signal.Signals, speed: str) -> None:
    with Emulator(speed=speed) as emulator:
        assert emulator.process is not None
        emulator.process.send_signal(number)
        assert emulator.process.wait(PATIENCE_S) == 0
        emulator.stop()
        assert emulator.said() == ""


def test_a_signal_gets_through_while_the_loop_waits_for_a_slow_reader() -> None:
    with Emulator(speed="max") as emulator, Listener(emulator.tm):
        emulator.bench.resume()
        assert eventually(lambda: emulator.bench.status()["outlet"]["waits"] > 0)
        assert emulator.stop() == 0


def test_a_state_directory_serves_one_emulator_at_a_time(tmp_path: Path) -> None:
    with Emulator(speed="max", state=tmp_path) as emulator:
        with pytest.raises(EmulatorError, match="is in use by another emulator"):
            Emulator(speed="max", state=tmp_path).start()
        emulator.kill()
    with Emulator(speed="max", state=tmp_path) as emulator:
        assert emulator.bench.step().tick == 1


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom ground.bench import Emulator\n"
        "emulator = Emulator(speed='max').start()\nprint(emulator.process.pid, flush=True)\ntime.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    assert eventually(lambda: not is_alive(child))


def is_alive(process: int) -> bool:
    """Neither gone nor a zombie that nobody has waited for."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True)
    return not done.stdout.strip().startswith("Z") and bool(done.stdout.strip())


def test_an_emulator_that_cannot_start_says_why() -> None:
    with pytest.raises(EmulatorError, match="there is no scenario 'moonbase'"):
        Emulator(scenario="moonbase").start()


def test_an_insecure_listener_that_others_can_reach_is_warned_of() -> None:
    with Emulator(speed="max", tc="0.0.0.0:0", arguments=["--insecure"]) as emulator:
        emulator.stop()
        assert "whoever reaches it can command this spacecraft" in emulator.said()


def test_there_is_no_bench_door_unless_asked_for() -> None:
    with Emulator(bench=False, speed="real") as emulator:
        assert set(emulator.ports) == {"tc", "tm"}
        with pytest.raises(EmulatorError, match="no bench door"):
            emulator.bench.status()


def test_a_paced_run_answers_a_no_op() -> None:
    with Emulator(speed="20") as emulator, Listener(emulator.tm) as listener:
        assert eventually(lambda: emulator.bench.status()["time_s"] > 10)
        with socket.create_connection(emulator.tc, timeout=PATIENCE_S) as connection:
            connection.sendall(command("rover", "ping"))
            assert listener.hears("rover", 17, 2)


def test_faults_and_devices_are_listed_as_json() -> None:
    faults = json.loads(flight("faults").stdout)
    assert {"device", "kind"} <= set(faults[0])
    assert {row["vehicle"] for row in json.loads(flight("devices").stdout)} >= {"lander"}
