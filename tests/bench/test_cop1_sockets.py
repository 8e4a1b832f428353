"""COP-1 between a real station and a real spacecraft: in sequence over both links, two stations at once, deaths at either end."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ground.bench import Emulator
from ground.endpoint import Endpoint
from ground.fop import Alert
from ground.options import StationOptions
from ground.sequence import SequenceError
from ground.sequence_hold import SequenceHeldError
from ground.station import Station
from tests.bench.modem import send
from tests.house import PATIENCE_S, eventually
from wire import cltu
from wire.dictionary import LANDER
from wire.frame_shapes import build_tc_frame

SPACECRAFT = LANDER.vehicle.spacecraft_id


@contextmanager
def station(emulator: Emulator, archive: Path, speed: float = 1.0, link: str = "lab") -> Iterator[Station]:
    options = StationOptions(Endpoint(*emulator.tc), Endpoint(*emulator.tm), archive, speed, link)
    with Station(options) as made:
        made.connect()
        yield made


def tc(emulator: Emulator, archive: Path, *words: str) -> subprocess.Popen[str]:
    doors = ["--tc", "{}:{}".format(*emulator.tc), "--tm", "{}:{}".format(*emulator.tm), "--archive", str(archive)]
    command = [sys.executable, "-m", "ground", "tc", *doors, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("link", "speed"), [("lab", 5.0), ("queqiao", 20.0)])
def test_commands_in_sequence_are_released_radiated_accepted_and_completed(link: str, speed: float, tmp_path: Path) -> None:
    with Emulator(speed=speed, link=link) as emulator, station(emulator, tmp_path, speed, link) as ground:
        ground.cop1.start("lander")
        statuses = [ground.command("lander.ping") for _ in range(15)]
        for status in statuses:
            assert ground.wait(status)
            assert status.success
            names = [stage.name for stage in status.link_stages]
            assert eventually(lambda status=status: "acknowledged" in [stage.name for stage in status.link_stages])
            assert names[:2] == ["released", "radiated"]
        assert emulator.bench.peek("lander.farm.taken") == 15
        service = ground.cop1.service("lander")
        assert service is not None
        assert (service.fop.v_s, service.fop.nn_r) == (15, 15)


def test_one_station_sends_in_sequence_and_another_by_bypass_until_it_may(tmp_path: Path) -> None:
    with Emulator(speed=5.0) as emulator, station(emulator, tmp_path, 5.0) as one, station(emulator, tmp_path, 5.0) as two:
        one.cop1.start("lander")
        with pytest.raises(SequenceHeldError, match="another station"):
            two.cop1.start("lander")
        mixed = [ground.command("lander.ping") for ground in (one, two) * 4]
        for ground, status in zip((one, two) * 4, mixed, strict=True):
            assert ground.wait(status)
            assert status.success
        assert [status.link_stages[1].detail for status in mixed[:2]] == ["AD, N(S) 0", "BD"]
        two.cop1.start("rover")
        assert eventually(lambda: one.cop1.service("lander").fop.nn_r == 4)  # type: ignore[union-attr]
        one.cop1.stop("lander")
        two.cop1.start("lander")
        assert two.execute("lander.ping").link_stages[1].detail == "AD, N(S) 4"
        assert emulator.bench.peek("lander.farm.taken") == 5


def test_the_command_line_sends_in_sequence_and_shows_it(tmp_path: Path) -> None:
    with Emulator() as emulator:
        process = tc(emulator, tmp_path, "lander.ping", "--cop1")
        out, err = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, err) == (0, "")
        words = [line.partition("  ")[2].removeprefix("lander.ping  ") for line in out.splitlines()]
        assert words[:2] == ["released", "radiated (AD, N(S) 0)"]
        assert {"accepted", "started", "completed"} <= set(words)
        assert emulator.bench.peek("lander.farm.taken") == 1


def test_a_station_that_is_killed_with_frames_under_way_leaves_no_frame_twice_and_none_taken_for_another(tmp_path: Path) -> None:
    speed, link = 10.0, "queqiao"
    with Emulator(speed=speed, link=link) as emulator:
        for _ in range(3):
            process = tc(emulator, tmp_path, "lander.ping", "--cop1", "--link", link, "--speed", str(speed))
            assert process.stdout is not None
            while "radiated" not in process.stdout.readline():
                assert process.poll() is None, process.communicate()
            process.send_signal(signal.SIGKILL)
            process.communicate()
        with station(emulator, tmp_path, speed, link) as ground:
            ground.cop1.start("lander")
            status = ground.execute("lander.ping")
            assert status.success
            assert status.link_stages[1].detail == "AD, N(S) 3"
        assert emulator.bench.peek("lander.farm.taken") == 4
        assert emulator.bench.peek("lander.link.tc_packets_accepted") == 4


def test_a_locked_spacecraft_is_not_sent_to_until_it_is_unlocked(tmp_path: Path) -> None:
    with Emulator(speed=5.0) as emulator, station(emulator, tmp_path, 5.0) as ground:
        send(emulator.tc, cltu.encode(build_tc_frame(SPACECRAFT, 0, b"anything", bypass=False, sequence_number=128)))
        assert eventually(lambda: emulator.bench.peek("lander.farm.lockout") == 1)
        with pytest.raises(SequenceError, match="in lockout"):
            ground.cop1.start("lander")
        assert ground.execute("lander.ping").success  # by bypass
        ground.cop1.start("lander", "unlock")
        assert ground.execute("lander.ping").link_stages[1].detail == "AD, N(S) 0"


def test_the_spacecrafts_number_can_be_set(tmp_path: Path) -> None:
    with Emulator(speed=5.0) as emulator, station(emulator, tmp_path, 5.0) as ground:
        ground.cop1.start("lander", "set_v_r", 250)
        for _ in range(10):
            assert ground.execute("lander.ping").success
        assert emulator.bench.peek("lander.farm.v_r") == 4


def test_a_computer_that_is_reset_ends_the_sequence_in_an_alert_and_nothing_is_sent_again(tmp_path: Path) -> None:
    with Emulator(speed=5.0) as emulator, station(emulator, tmp_path, 5.0) as ground:
        alerts: list[Alert] = []
        ground.cop1.alert_listeners.append(lambda vehicle, alert: alerts.append(alert))
        ground.cop1.start("lander")
        for _ in range(3):
            assert ground.execute("lander.ping").success
        emulator.bench.computer("lander", "reset")
        assert eventually(lambda: alerts)
        assert alerts[0].code in ("nnr", "t1")
        assert ground.cop1.sending("lander") is None
        by_bypass = ground.execute("lander.ping")
        assert (by_bypass.success, by_bypass.link_stages[1].detail) == (True, "BD")
        assert emulator.bench.peek("lander.farm.taken") == 0
        ground.cop1.start("lander")
        assert ground.execute("lander.ping").link_stages[1].detail == "AD, N(S) 0"


def test_a_spacecraft_that_is_off_leaves_the_fate_of_what_was_sent_unknown_and_says_so(tmp_path: Path) -> None:
    with Emulator(speed=20.0) as emulator, station(emulator, tmp_path, 20.0) as ground:
        alerts: list[Alert] = []
        ground.cop1.alert_listeners.append(lambda vehicle, alert: alerts.append(alert))
        service = ground.cop1.start("rover")
        service.direct("set_limit", 2)
        emulator.bench.computer("rover", "off")
        status = ground.command("rover.ping")
        assert eventually(lambda: alerts)
        assert (alerts[0].code, [str(item) for _, item in alerts[0].unknown]) == ("t1", ["rover.ping"])
        assert [stage.name for stage in status.link_stages] == ["released", "radiated", "radiated", "unknown"]
        assert eventually(lambda: emulator.bench.peek("harness.radio.unpowered[1]") >= 2)
        assert emulator.bench.peek("harness.radio.unpowered[1]") == 2
