"""BI-109, BI-117: what is not as long as a unit of the format is counted, gives nothing, and costs no other unit."""

from __future__ import annotations

import pytest

from ground.frames import FrameReceiver, LinkCounters
from tests.ground.fake import EPOCH_NS, LANDER, LANDER_SYSTEM
from wire import cadu, space_packet, time_code, tm_frame

FRAME, CADU = 1115, 1279


def telemetry(count: int) -> tuple[list[bytes], list[bytes]]:
    """Packets, and the frames that carry one each."""
    channel = tm_frame.Channel(LANDER, 0)
    packets = [space_packet.build_tm(LANDER_SYSTEM, n, 3, 25, time_code.from_ns(EPOCH_NS), bytes(40)) for n in range(count)]
    frames = []
    for n, packet in enumerate(packets):
        assert channel.append(packet)
        frames.append(channel.finish(n, 0x0100_0000))
    return packets, frames


def counted(by: FrameReceiver) -> dict[str, int]:
    total = LinkCounters()
    by.add_to(total)
    return total.link


@pytest.mark.parametrize(("tm_format", "octets"), [("frame", FRAME), ("cadu", CADU)])
def test_a_datagram_of_any_other_length_is_counted_and_the_next_good_one_is_taken(tm_format: str, octets: int) -> None:
    """Every length from 0 to twice the unit's: empty, cut to the uncoded size, one octet off, two in one."""
    packets, frames = telemetry(3)
    units = frames if tm_format == "frame" else [cadu.encode(frame) for frame in frames]
    by = FrameReceiver({LANDER}, tm_format=tm_format, datagrams=True)
    assert by.feed(units[0]) == [(LANDER, 0, packets[0])]
    for length in range(2 * octets + 1):
        if length != octets:
            assert by.feed((units[1] * 2)[:length]) == []
    assert counted(by)["wrong_length"] == 2 * octets
    assert counted(by)["frames"] == 1
    assert by.feed(units[1]) == [(LANDER, 0, packets[1])]
    assert by.feed(units[2]) == [(LANDER, 0, packets[2])]


def test_bi_117_a_datagram_cut_to_the_uncoded_size_is_no_frame_though_a_whole_frame_is_in_it() -> None:
    """An uncoded CADU is marker and frame: where the code is expected its 1119 octets are too few, and those of the frame alone too."""
    packets, frames = telemetry(2)
    by = FrameReceiver({LANDER}, tm_format="cadu", datagrams=True)
    for octets in (cadu.MARKER + frames[0], frames[0], cadu.encode(frames[0])[: 4 + FRAME]):
        assert by.feed(octets) == []
    assert (counted(by)["wrong_length"], counted(by)["uncorrectable"]) == (3, 0)
    assert by.feed(cadu.encode(frames[1])) == [(LANDER, 0, packets[1])]
