"""One line of a HAL file puts a real device into an otherwise simulated vehicle: here a small IMU on a TCP port stands for it."""

import socket
import subprocess
import sys
import threading

import pytest

from ground.bench import Emulator
from tests.house import PATIENCE_S, eventually


class QuietImu:
    """Listens; sends whatever it is told to, to whoever connects. It knows nothing of this project but the port."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.connected = threading.Event()
        threading.Thread(target=self._life, daemon=True).start()

    def _life(self):
        self.connection, _ = self.server.accept()
        self.connected.set()

    def close(self):
        self.server.close()
        if self.connected.is_set():
            self.connection.close()


@pytest.fixture
def imu():
    made = QuietImu()
    yield made
    made.close()


def hal_file(tmp_path, line):
    path = tmp_path / "hal.toml"
    path.write_text(f"[buses]\n{line}\n")
    return path


def flight(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "flight", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def test_a_bus_that_a_hal_file_makes_real_is_moved_by_the_device_and_by_nothing_else(tmp_path, imu):
    path = hal_file(tmp_path, f'"lander.imu" = "tcp:127.0.0.1:{imu.port}"')
    with Emulator(scenario="surface", speed="real", hal=path) as emulator:
        assert imu.connected.wait(PATIENCE_S)
        bench = emulator.bench
        bench.run_until([["lander.altimeter.sequence", ">", 3]], 20)
        assert bench.peek("lander.imu.sequence") == 0
        bench.resume()
        imu.connection.sendall(b"\xa5" * 64)  # not a frame: the driver must hear it and refuse it
        assert eventually(lambda: bench.status()["hardware"]["lander.imu"]["received"] > 0)
        assert bench.peek("lander.imu.sequence") == 0
        assert bench.peek("lander.altimeter.validity") == 1


def test_one_real_drive_shares_the_bus_with_nine_simulated_ones(tmp_path, imu):
    path = hal_file(tmp_path, f'"rover.can" = {{address = "tcp:127.0.0.1:{imu.port}", devices = ["wheel.2"]}}')
    with Emulator(scenario="rover-on-ground", speed="real", hal=path) as emulator:
        bench = emulator.bench
        bench.resume()
        assert imu.connected.wait(PATIENCE_S)
        imu.connection.settimeout(PATIENCE_S)
        octets, asked = b"", (0x603).to_bytes(4, "big") + (8).to_bytes(4, "big") + bytes.fromhex("40001000")
        while asked not in octets:  # the driver of wheel 2 looks for its node outside
            octets += imu.connection.recv(4096)
        assert eventually(lambda: [bench.peek(f"rover.wheel.{w}.validity") for w in range(6)] == [1, 1, 0, 1, 1, 1])


def test_real_devices_are_refused_at_any_speed_but_real(tmp_path):
    path = hal_file(tmp_path, '"lander.imu" = "tcp:127.0.0.1:9"')
    done = flight("--scenario", "surface", "--speed", "5", "--hal", path)
    assert done.returncode == 2
    assert "use --speed real" in done.stderr


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('"lander.nothing" = "tcp:127.0.0.1:9"', "there is no bus 'lander.nothing'"),
        ('"lander.imu" = "smoke:signals"', "begins with none of"),
        (
            '"rover.can" = {address = "can:virtual:x", devices = ["engine"]}',
            "devices must be some of steering.0, steering.1, steering.2, steering.3, wheel.0",
        ),
        ('"lander.imu" = {address = "tcp:127.0.0.1:9", devices = ["imu"]}', "only one device can hang on"),
        ('"lander.imu" = "tcp:127.0.0.1:1"', "nobody answers"),
    ],
)
def test_a_hal_file_that_cannot_be_followed_is_refused_with_the_reason(tmp_path, line, reason):
    anywhere = ("--tc", "127.0.0.1:0", "--tm", "127.0.0.1:0")
    done = flight("--scenario", "surface", "--speed", "real", *anywhere, "--hal", hal_file(tmp_path, line))
    assert done.returncode != 0
    assert reason in done.stderr
