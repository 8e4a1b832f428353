"""Commands that one frame does not hold: how the station cuts them, what it tells of them, and that others pass between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ground import keys as key_files
from ground.__main__ import run
from ground.endpoint import parse_endpoint
from ground.errors import BadArgumentError
from ground.options import StationOptions
from ground.segments import MOST_OCTETS, segments_of
from ground.station import Station
from tests.ground.fake import LANDER, FakeSpacecraft, verify_all
from wire import segment, space_packet, tc_frame
from wire.dictionary.mission import MAX_TC_PACKET, TC_MAP, TC_MAP_LONG
from wire.frame_shapes import parse_tc_frame
from wire.sdls import Direction, Mask, Mode

CONTINUING, FIRST, LAST, WHOLE = range(4)


class SegmentSpacecraft(FakeSpacecraft):
    """Puts segments together before it takes a command; frames come into `came`."""

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        self.maps = segment.Demultiplexer((TC_MAP, TC_MAP_LONG))
        super().__init__(verify_all)

    def _command(self, candidate: bytes) -> None:
        verdict, frame = tc_frame.parse(candidate)
        assert verdict == 0
        assert frame is not None
        self.came.append(frame)
        octets = self.maps.take(frame["map_id"], frame["sequence_flags"], frame["data"])
        if octets is None:
            return
        verdict, fields = space_packet.parse_tc(octets)
        assert verdict == 0
        with self._changed:
            self.commands.append(({**fields, "frame": frame}, octets))
            self._changed.notify_all()
        verify_all(self, self.commands[-1][0], octets)


@pytest.fixture
def fake() -> Iterator[SegmentSpacecraft]:
    with SegmentSpacecraft() as made:
        yield made


def options(fake: FakeSpacecraft, archive: Path, octets: int | None) -> StationOptions:
    return replace(StationOptions(parse_endpoint(fake.tc), parse_endpoint(fake.tm), archive), segment=octets)


def shape(fake: SegmentSpacecraft) -> list[tuple[int, int, int]]:
    """MAP, flags and octets of the frames so far."""
    return [(frame["map_id"], frame["sequence_flags"], len(frame["data"])) for frame in fake.came]


def test_a_packet_that_fits_is_not_cut_and_goes_on_the_map_of_commands() -> None:
    (one,) = segments_of(bytes(MOST_OCTETS))
    assert (one.flags, one.map_id, one.last, str(one)) == (WHOLE, TC_MAP, True, "")


def test_golden_segments_of_a_packet() -> None:
    """BD frames to spacecraft 1C4; segment headers 41, 01, 81: first, continuing and last on MAP 1. The check sums are crc_hqx's."""
    parts = segments_of(bytes(range(7)), 3)
    assert [part.frame(0x1C4).hex() for part in parts] == [
        "21c4000a0041" + "000102" + "ddc8",
        "21c4000a0001" + "030405" + "6516",
        "21c400080081" + "06" + "5264",
    ]
    in_sequence = parts[1].frame(0x1C4, bypass=False, sequence_number=200)
    assert in_sequence[:6].hex() == "01c4000ac801"
    assert parse_tc_frame(in_sequence).data == b"\3\4\5"
    assert [str(part) for part in parts] == ["segment 1 of 3", "segment 2 of 3", "segment 3 of 3"]


def test_a_packet_longer_than_the_spacecraft_takes_is_refused_by_name() -> None:
    for octets in (10, MOST_OCTETS):
        assert sum(len(part.data) for part in segments_of(bytes(MAX_TC_PACKET), octets)) == MAX_TC_PACKET
        with pytest.raises(BadArgumentError, match=f"has {MAX_TC_PACKET + 1} octets, and the spacecraft takes {MAX_TC_PACKET}"):
            segments_of(bytes(MAX_TC_PACKET + 1), octets)


@pytest.mark.parametrize("octets", [1, 4, 5, 12, 13, None])
def test_a_ping_in_segments_is_one_command_with_one_life(fake: SegmentSpacecraft, tmp_path: Path, octets: int | None) -> None:
    with Station(options(fake, tmp_path, octets)) as station:
        station.connect()
        fake.wait_listeners()
        status = station.execute("lander.ping")
    assert status.success
    assert len(fake.commands) == 1
    count = -(-13 // (octets or MOST_OCTETS))
    assert [stage.name for stage in status.link_stages] == ["released", "radiated"]
    assert status.link_stages[1].detail == ("BD" if count == 1 else f"BD, segment {count} of {count}")
    assert [frame["spacecraft_id"] for frame in fake.came] == [LANDER] * count
    if count == 1:
        assert shape(fake) == [(TC_MAP, WHOLE, 13)]
    else:
        assert octets is not None
        middle = [(TC_MAP_LONG, CONTINUING, octets)] * (count - 2)
        assert shape(fake) == [(TC_MAP_LONG, FIRST, octets), *middle, (TC_MAP_LONG, LAST, 13 - octets * (count - 1))]


def test_commands_of_many_threads_in_segments_are_not_mixed(fake: SegmentSpacecraft, tmp_path: Path) -> None:
    with Station(options(fake, tmp_path, 3)) as station:
        station.connect()
        fake.wait_listeners()
        statuses: list[Any] = []
        threads = [threading.Thread(target=lambda: statuses.extend(station.command("lander.ping") for _ in range(10))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(station.wait(status) and status.success for status in statuses)
    assert len(fake.commands) == 40


def test_a_sealed_frame_holds_less_and_the_longest_packet_goes_in_two(fake: SegmentSpacecraft, tmp_path: Path) -> None:
    for mode, seal in ((Mode.AUTHENTICATED_ENCRYPTION, 30), (Mode.AUTHENTICATION, 22)):
        path = tmp_path / f"{mode}.toml"
        key_files.make(path, {Direction.TC: mode, Direction.TM: mode}, Mask.WHOLE)
        with Station(replace(options(fake, tmp_path, None), keys=path)) as station:
            parts = station.uplink.segments(LANDER, bytes(MAX_TC_PACKET))
            assert [len(part.data) for part in parts] == [MOST_OCTETS - seal, seal]
            assert len(station.uplink.segments(LANDER, bytes(MOST_OCTETS - seal))) == 1


def test_the_length_of_segments_is_an_option_of_the_station_and_checked(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in ("0", "1017", "many"):
        assert run(["tc", "lander.ping", "--segment", wrong]) == 2
        assert "--segment" in capsys.readouterr().err
