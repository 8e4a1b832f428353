"""Commands in segments between a real station and a real spacecraft: both ways of sending, both links, with keys, over a bad line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ground.bench import Emulator
from ground.endpoint import Endpoint
from ground.fop import Alert
from ground.options import StationOptions
from ground.station import Station
from tests.bench.modem import send
from tests.bench.test_cop1_sockets import tc
from tests.bench.test_secured_run import new_keys
from tests.house import PATIENCE_S, eventually
from wire import cltu, pus, segment
from wire.dictionary import LANDER
from wire.frame_shapes import build_tc_frame
from wire.sdls import Mode

SPACECRAFT = LANDER.vehicle.spacecraft_id
SYSTEM = LANDER.vehicle.apid("system")


@contextmanager
def station(
    emulator: Emulator, archive: Path, octets: int | None, speed: float = 1.0, link: str = "lab", keys: Path | None = None
) -> Iterator[Station]:
    options = StationOptions(Endpoint(*emulator.tc), Endpoint(*emulator.tm), archive, speed, link, keys)
    with Station(replace(options, segment=octets)) as made:
        made.connect()
        yield made


def lander(emulator: Emulator, name: str) -> int:
    return int(emulator.bench.peek(f"lander.{name}"))


@pytest.mark.parametrize(("link", "speed"), [("lab", 5.0), ("queqiao", 40.0)])
def test_segments_by_bypass_make_one_command_each(link: str, speed: float, tmp_path: Path) -> None:
    with Emulator(speed=speed, link=link) as emulator, station(emulator, tmp_path, 5, speed, link) as ground:
        for _ in range(3):
            status = ground.execute("lander.ping")
            assert status.success
            assert [(stage.name, stage.detail) for stage in status.link_stages] == [("released", ""), ("radiated", "BD, segment 3 of 3")]
        assert (lander(emulator, "map1.bd.segments"), lander(emulator, "map1.bd.packets")) == (9, 3)
        assert (lander(emulator, "link.tc_frames_accepted"), lander(emulator, "link.tc_packets_accepted")) == (9, 3)
        assert lander(emulator, "link.tc_frames_rejected") == 0


@pytest.mark.parametrize(("link", "speed"), [("lab", 5.0), ("queqiao", 40.0)])
def test_segments_in_sequence_are_frames_of_their_own_and_the_command_lives_as_its_last(link: str, speed: float, tmp_path: Path) -> None:
    with Emulator(speed=speed, link=link) as emulator, station(emulator, tmp_path, 4, speed, link) as ground:
        ground.cop1.start("lander")
        statuses = [ground.command("lander.ping") for _ in range(6)]
        aside = ground.commander.send("lander.ping", bypass=True)
        for number, status in enumerate(statuses):
            assert ground.wait(status)
            assert status.success
            names = [stage.name for stage in status.link_stages]
            assert names[:2] == ["released", "radiated"]
            assert status.link_stages[1].detail == f"AD, N(S) {4 * number + 3}, segment 4 of 4"
            assert eventually(lambda status=status: "acknowledged" in [stage.name for stage in status.link_stages])
        assert ground.wait(aside)
        assert aside.success
        assert (lander(emulator, "farm.taken"), lander(emulator, "map1.ad.packets"), lander(emulator, "map1.bd.packets")) == (24, 6, 1)
        assert lander(emulator, "link.tc_packets_accepted") == 7


def test_at_125_bit_s_a_command_that_is_cut_up_takes_as_long_as_its_frames(tmp_path: Path) -> None:
    """A ping of 13 octets in one frame of 21 is a CLTU of 34; in frames of 12, 12, 12 and 9: three of 26 octets and one of 26, 6.7 s."""
    speed = 40.0
    with Emulator(speed=speed, link="queqiao") as emulator:
        times = []
        for archive, octets in (("whole", None), ("cut", 4)):
            with station(emulator, tmp_path / archive, octets, speed, "queqiao") as ground:
                status = ground.execute("lander.ping")
                first = next(stage for stage in status.stages if stage.name == "acceptance")
                times.append(status.link_s)
                assert first.success
        assert times[1] - times[0] == pytest.approx((4 * 26 - 34) * 8 / 125)


@pytest.mark.parametrize("mode", [[], ["--cop1"]])
def test_the_command_line_sends_in_segments_and_shows_it(mode: list[str], tmp_path: Path) -> None:
    with Emulator() as emulator:
        process = tc(emulator, tmp_path, "lander.ping", "--segment", "6", *mode)
        out, err = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, err) == (0, "")
        words = [line.partition("  ")[2].removeprefix("lander.ping  ") for line in out.splitlines()]
        kind = "AD, N(S) 2" if mode else "BD"
        assert words[:2] == ["released", f"radiated ({kind}, segment 3 of 3)"]
        assert {"accepted", "started", "completed"} <= set(words)
        assert lander(emulator, "map1.ad.packets" if mode else "map1.bd.packets") == 1


@pytest.mark.parametrize("mode", [Mode.AUTHENTICATION, Mode.AUTHENTICATED_ENCRYPTION])
def test_sealed_segments_reach_the_spacecraft_by_either_way(mode: Mode, tmp_path: Path) -> None:
    keys = new_keys(tmp_path / "keys", mode)
    with Emulator(speed=5.0, keys=keys, state=tmp_path / "state") as emulator:
        with station(emulator, tmp_path / "archive", 3, 5.0, keys=keys) as ground:
            assert ground.execute("lander.ping").success
            ground.cop1.start("lander")
            status = ground.execute("lander.ping")
            assert status.link_stages[1].detail == "AD, N(S) 4, segment 5 of 5"
        assert (lander(emulator, "map1.bd.packets"), lander(emulator, "map1.ad.packets")) == (1, 1)


def test_over_a_line_that_loses_and_doubles_frames_every_command_in_sequence_is_executed_once(tmp_path: Path) -> None:
    speed = 20.0
    with Emulator(speed=speed, channel="up.loss=0.3,up.duplicate=0.2,down.loss=0.2") as emulator:
        with station(emulator, tmp_path, 5, speed) as ground:
            ground.cop1.start("lander").direct("set_limit", 255)
            statuses = [ground.command("lander.ping") for _ in range(10)]
            assert eventually(lambda: lander(emulator, "map1.ad.packets") == 10)
            assert eventually(lambda: all("acknowledged" in [s.name for s in status.link_stages] for status in statuses))
        assert lander(emulator, "farm.taken") == 30
        assert lander(emulator, "link.tc_packets_accepted") == 10
        assert lander(emulator, "link.tc_packets_rejected") == 0


def test_a_sequence_that_ends_between_two_segments_executes_nothing_and_says_so(tmp_path: Path) -> None:
    """The relay of the segments is cut off: the frames under way are of unknown fate, the command is not executed."""
    with Emulator(speed=20.0) as emulator, station(emulator, tmp_path, 1, 20.0) as ground:
        alerts: list[Alert] = []
        ground.cop1.alert_listeners.append(lambda vehicle, alert: alerts.append(alert))
        service = ground.cop1.start("lander")
        service.direct("set_limit", 2)
        emulator.bench.computer("lander", "off")
        status = ground.command("lander.ping")
        assert eventually(lambda: alerts)
        assert [str(item) for _, item in alerts[0].unknown] == [f"lander.ping (segment {n} of 13)" for n in range(1, 11)]
        assert [str(item) for item in alerts[0].unsent] == [f"lander.ping (segment {n} of 13)" for n in range(11, 14)]
        assert eventually(lambda: status.final)
        assert (status.state, [stage.name for stage in status.link_stages]) == ("refused", ["unsent"])
        assert "not executed" in status.reason


def test_a_stranger_without_our_segmenter_is_served(tmp_path: Path) -> None:
    """Frames built by hand from the clauses: header, segment header, data, CRC; on both MAPs, AD and BD; other MAPs are refused."""
    with Emulator(speed=5.0) as emulator:
        packet = pus.build_tc(SYSTEM, 1, 17, 1)
        parts = ((1, packet[:2]), (0, packet[2:9]), (2, packet[9:]))
        frames = [by_hand(flags << 6 | map_id, data) for map_id in (0, 1) for flags, data in parts]
        send(emulator.tc, b"".join(cltu.encode(frame) for frame in [*frames, by_hand(0xC2, packet)]))
        assert eventually(lambda: lander(emulator, "link.tc_frames_rejected") == 1)
        assert lander(emulator, "link.tc_packets_accepted") == 2
        assert lander(emulator, "link.last_frame_error") == 9


def by_hand(segment_header: int, data: bytes) -> bytes:
    body = bytes([0x20 | SPACECRAFT >> 8, SPACECRAFT & 0xFF, 0, 7 + len(data), 0, segment_header]) + data
    register = 0xFFFF
    for octet in body:
        register ^= octet << 8
        for _ in range(8):
            register = (register << 1 ^ (0x1021 if register & 0x8000 else 0)) & 0xFFFF
    return body + register.to_bytes(2, "big")


def test_frames_made_by_hand_are_ours_to_the_octet() -> None:
    for flags, data in segment.split(bytes(range(20)), 7):
        assert by_hand(flags << 6 | 1, data) == build_tc_frame(SPACECRAFT, 0, data, 1, flags)


def test_a_rewind_to_the_middle_of_a_segmented_command_ends_the_same(tmp_path: Path) -> None:
    """Paused, by the bench door: two of three segments, a snapshot, the third; back, the third again: the same digest and one execution."""
    with Emulator(speed="max") as emulator:
        bench = emulator.bench
        frames = [build_tc_frame(SPACECRAFT, 0, data, 1, flags) for flags, data in segment.split(pus.build_tc(SYSTEM, 1, 17, 1), 5)]
        bench.run(300)
        for frame in frames[:2]:
            bench.uplink(cltu.encode(frame))
        bench.run(5)
        assert lander(emulator, "map1.bd.collected") == 10
        middle = bench.snapshot()
        digests = []
        for _ in range(2):
            bench.uplink(cltu.encode(frames[2]))
            bench.run(500)
            assert lander(emulator, "link.tc_packets_accepted") == 1
            digests.append(bench.digest())
            bench.restore(middle)
        assert digests[0] == digests[1]
        assert json.dumps(digests[0])
