"""The station's receiver: every format of the door, with and without keys, gives the same packets, and counts what is none."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ground.endpoint import Endpoint, parse_endpoint
from ground.errors import FilesError
from ground.frames import FrameReceiver, LinkCounters
from ground.options import StationOptions
from ground.station import Station
from tests.ground.fake import LANDER, LANDER_SYSTEM, ROVER, FakeSpacecraft
from tests.house import eventually
from wire import cadu, crc, space_packet, time_code, tm_frame

CLCW = 0x01000007


def packets(count: int) -> list[bytes]:
    return [space_packet.build_tm(LANDER_SYSTEM, i, 17, 2, time_code.from_ns(10**18), bytes(300)) for i in range(count)]


def frames(spacecraft: int, sent: Sequence[bytes], first: int = 0) -> list[bytes]:
    """One packet in each, master channel frame counts from `first` on."""
    channel = tm_frame.Channel(spacecraft, 0)
    made = []
    for count, packet in enumerate(sent, first):
        assert channel.append(packet)
        made.append(channel.finish(count & 0xFF, CLCW))
    return made


SENT = packets(5)
FRAMES = frames(LANDER, SENT)
FOUND = [(LANDER, 0, packet) for packet in SENT]


def counted(receiver: FrameReceiver) -> dict:
    total = LinkCounters()
    receiver.add_to(total)
    return total.as_json()


@pytest.mark.parametrize("piece", [1, 700, 1115, 5000])
def test_bare_frames_in_a_stream_are_cut_where_they_end(piece: int) -> None:
    receiver, stream = FrameReceiver({LANDER}, tm_format="frame"), b"".join(FRAMES)
    found = [packet for at in range(0, len(stream), piece) for packet in receiver.feed(stream[at : at + piece])]
    assert found == FOUND
    assert {name: counted(receiver)[name] for name in ("octets", "frames", "bad_fecf", "wrong_length")} == {
        "octets": len(stream), "frames": 5, "bad_fecf": 0, "wrong_length": 0,
    }  # fmt: skip


@pytest.mark.parametrize("tm_format", ["cadu", "frame"])
def test_a_datagram_of_another_length_is_counted_and_the_next_one_is_read(tm_format: str) -> None:
    receiver = FrameReceiver({LANDER}, tm_format=tm_format, datagrams=True)
    datagrams = [cadu.encode(frame) if tm_format == "cadu" else frame for frame in FRAMES]
    found = []
    for datagram in datagrams:
        found += receiver.feed(datagram[:-1]) + receiver.feed(datagram + b"\0") + receiver.feed(b"") + receiver.feed(datagram)
    assert found == FOUND
    assert counted(receiver)["wrong_length"] == 3 * len(datagrams)
    (channel,) = counted(receiver)["channels"]
    assert (channel["gaps"], channel["packet_octets"]) == (0, sum(map(len, SENT)))


def test_packets_come_in_the_order_of_their_frames_and_foreign_frames_are_left() -> None:
    rover = frames(ROVER, SENT)
    stream = b"".join(cadu.encode(frame) for pair in zip(FRAMES, rover, frames(0x3FF, SENT), strict=True) for frame in pair)
    receiver = FrameReceiver({LANDER, ROVER})
    assert receiver.feed(stream) == [(spacecraft, 0, packet) for packet in SENT for spacecraft in (LANDER, ROVER)]
    assert receiver.heard == {LANDER, ROVER}
    assert counted(receiver)["foreign_frames"] == 5


def test_a_frame_without_a_control_word_leaves_the_one_before() -> None:
    receiver = FrameReceiver({LANDER}, tm_format="frame")
    receiver.feed(FRAMES[0])
    bare = bytearray(FRAMES[1])
    bare[1] &= 0xFE  # no operational control field: the four octets are the end of the idle packet
    bare[-2:] = crc.checksum(bytes(bare[:-2])).to_bytes(2, "big")
    receiver.feed(bytes(bare))
    assert receiver.words.clcw == {LANDER: CLCW}
    assert counted(receiver)["frames"] == 2


def test_a_station_keeps_what_comes_down_as_it_came(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    noise = bytes(range(200))
    with Station(StationOptions(*endpoints(spacecraft), tmp_path / "archive", downlink=kept)) as station:
        station.connect()
        spacecraft.wait_listeners()
        sent = b"".join(cadu.encode(frame) for frame in FRAMES[:3]) + noise + cadu.encode(FRAMES[3])
        spacecraft.send(sent)
        assert eventually(lambda: station.link.counters().link["octets"] == len(sent))
    assert kept.read_bytes() == sent


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_sent(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    with pytest.raises(FilesError, match="cannot be written"):
        Station(StationOptions(*endpoints(spacecraft), tmp_path, downlink=tmp_path / "nowhere" / "kept"))


def endpoints(spacecraft: FakeSpacecraft) -> tuple[Endpoint, Endpoint]:
    return parse_endpoint(spacecraft.tc), parse_endpoint(spacecraft.tm)
