"""Both programs with the same keys, as operators start them; and the same spacecraft heard and commanded by others."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ground import keys as key_files
from ground.bench import Emulator
from ground.keys import DownlinkSecurity, Numbers
from tests.bench.modem import Listener, command
from tests.ground.programs import ROOT
from tests.house import PATIENCE_S, eventually
from wire import cadu
from wire.sdls import Direction, Mask, Mode

SPEED = "20"


def new_keys(path: Path, tc: Mode = Mode.AUTHENTICATED_ENCRYPTION) -> Path:
    key_files.make(path, {Direction.TC: tc, Direction.TM: Mode.AUTHENTICATED_ENCRYPTION}, Mask.WHOLE)
    return path


def farside(emulator: Emulator, archive: Path, *words: str, speed: str = SPEED) -> subprocess.CompletedProcess[str]:
    name, *rest = words
    doors = [f"--{door}={host}:{port}" for door, (host, port) in (("tm", emulator.tm), ("tc", emulator.tc))]
    arguments = [sys.executable, "-m", "ground", name, *doors, f"--archive={archive}", f"--speed={speed}", *rest]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.mark.parametrize(("mode", "speed"), [(Mode.AUTHENTICATION, SPEED), (Mode.AUTHENTICATED_ENCRYPTION, "real")])
def test_a_station_with_the_keys_commands_and_one_without_does_not(tmp_path: Path, mode: Mode, speed: str) -> None:
    """In lockstep the unit runs inline; in real time on a thread that the loop does not wait for."""
    ours, theirs = new_keys(tmp_path / "ours", mode), new_keys(tmp_path / "theirs", mode)
    ground = "1" if speed == "real" else speed
    with Emulator(scenario="surface", speed=speed, keys=ours, state=tmp_path / "state") as emulator:
        done = farside(emulator, tmp_path / "a", "tc", "lander.ping", "--json", "--keys", str(ours), speed=ground)
        assert (done.returncode, json.loads(done.stdout)["state"]) == (0, "completed"), done.stderr
        for others in ([], ["--keys", str(theirs)]):
            done = farside(emulator, tmp_path / "b", "tc", "lander.ping", "--timeout", "4", *others, speed=ground)
            assert done.returncode == 4
        assert eventually(lambda: rejected(emulator, tmp_path / "a", ours, ground) == 2)
        with Listener(emulator.tm) as listener:
            sealed = cadu.Synchroniser().feed(listen(listener, 40))
        assert len(sealed) > 20
        assert not any(b"\x08\x01" in frame[6:10] for frame in sealed)  # a packet would begin there
        opener = DownlinkSecurity(key_files.read(ours), Numbers(ours))
        assert all(opener.open(frame) is not None for frame in sealed)
        assert all(opener.open(frame) is None for frame in sealed)


def rejected(emulator: Emulator, archive: Path, keys: Path, speed: str = SPEED) -> int:
    """Command frames that the lander has refused, as it says itself."""
    done = farside(emulator, archive, "tm", "lander.link.tc_frames_rejected", "--once", "--json", "--keys", str(keys), speed=speed)
    return int(json.loads(done.stdout)[0]["raw"])


def listen(listener: Listener, frames: int) -> bytes:
    octets = bytearray()
    while len(octets) < frames * 1279:
        more = listener.socket.recv(65536)
        assert more, "the emulator has ended"
        octets += more
    return bytes(octets)


def test_a_listener_beyond_loopback_starts_with_keys_and_without_a_warning(tmp_path: Path) -> None:
    keys = new_keys(tmp_path / "keys")
    with Emulator(speed="max", tc="0.0.0.0:0", tm="0.0.0.0:0", keys=keys, state=tmp_path / "state") as emulator:
        emulator.stop()
        assert "warning" not in emulator.said()


def test_a_run_with_keys_is_replayed_with_them_alone(tmp_path: Path) -> None:
    keys, others = new_keys(tmp_path / "keys"), new_keys(tmp_path / "others")
    with Emulator(scenario="surface", speed=SPEED, keys=keys, state=tmp_path / "state", record=tmp_path / "run") as emulator:
        assert farside(emulator, tmp_path / "a", "tc", "lander.ping", "--keys", str(keys)).returncode == 0
    for given, status, says in (([], 3, "name the same file with --keys"), ([others], 3, "with --keys"), ([keys], 0, "the same:")):
        words = [str(word) for path in given for word in ("--keys", path)]
        done = subprocess.run(
            [sys.executable, "-m", "flight", "replay", str(tmp_path / "run"), *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert says in done.stdout + done.stderr
    text = (tmp_path / "run").read_bytes()
    secrets = [line.split('"')[1] for line in keys.read_text().splitlines() if line.startswith("key")]
    assert not any(secret.encode() in text or bytes.fromhex(secret) in text for secret in secrets)


def test_keys_that_others_can_read_are_refused_at_the_start(tmp_path: Path) -> None:
    keys = new_keys(tmp_path / "keys")
    keys.chmod(0o640)
    words = ["--keys", str(keys), "--state", str(tmp_path / "state"), "--tc", "127.0.0.1:0", "--tm", "127.0.0.1:0"]
    done = subprocess.run(
        [sys.executable, "-m", "flight", *words], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 3
    assert "mode 0640" in done.stderr
    assert "chmod 600" in done.stderr


def test_a_bare_command_of_a_stranger_is_refused(tmp_path: Path) -> None:
    keys = new_keys(tmp_path / "keys")
    with Emulator(scenario="surface", speed=SPEED, keys=keys, state=tmp_path / "state") as emulator:
        with socket.create_connection(emulator.tc, timeout=PATIENCE_S) as uplink:
            for count in range(20):
                uplink.sendall(command("lander", "ping", count))
        assert eventually(lambda: rejected(emulator, tmp_path / "a", keys) == 20)
