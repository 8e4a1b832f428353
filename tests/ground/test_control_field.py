"""BI-108: a frame whose flag lies about the operational control field, and fields that are not what COP-1 waits for."""

from __future__ import annotations

import random

import pytest

from ground.frames import FrameReceiver
from tests.ground.fake import EPOCH_NS, LANDER, LANDER_SYSTEM
from tests.ground.fop_bench import FIRST, NEXT, bench_in
from wire import space_packet, time_code, tm_frame
from wire.crc import checksum

FLAG = 0x01  # of the second octet of a frame: there is an operational control field
CLCW = 0x0100_0005  # COP-1, virtual channel 0, V(R) 5


def packet(count: int, octets: int) -> bytes:
    data = bytes([count & 0xFF]) * octets
    return space_packet.build_tm(LANDER_SYSTEM, count & 0x3FFF, 3, 25, time_code.from_ns(EPOCH_NS), data)


def relabelled(frame: bytes) -> bytes:
    """The flag turned over, and a FECF that agrees: what a sender that is wrong about itself would send."""
    body = bytes([frame[0], frame[1] ^ FLAG]) + frame[2:-2]
    return body + checksum(body).to_bytes(2, "big")


def without_field(frame: bytes, rest: bytes) -> bytes:
    """A frame that has none, and four octets more of data, under a flag that says it has one."""
    body = frame[:-6] + rest
    return body + checksum(body).to_bytes(2, "big")


def receiver() -> FrameReceiver:
    return FrameReceiver({LANDER}, tm_format="frame")


def sound(units: list[tuple[int, int, bytes]]) -> list[bytes]:
    """The packets whose check sum is right: all that is decoded and archived as telemetry."""
    return [octets for _, _, octets in units if space_packet.parse_tm(octets)[0] == 0]


def test_a_frame_without_the_flag_says_nothing_to_cop_1_though_the_octets_are_there() -> None:
    by, channel = receiver(), tm_frame.Channel(LANDER, 0)
    for count in range(20):
        channel.append(packet(count, 100))
        frame = channel.finish(count, CLCW + count)
        by.feed(relabelled(frame) if count % 2 else frame)
        assert by.words.clcw[LANDER] == CLCW + count - count % 2
    assert by.words.counts["clcws"] == 10


def test_the_field_taken_for_data_costs_packets_at_most_and_makes_none() -> None:
    """Packets run across frames; every third frame has lost its flag, so that four octets of control word lie in the middle of a packet."""
    draw = random.Random(108)
    by, channel = receiver(), tm_frame.Channel(LANDER, 0)
    sent, found, master = [], [], 0

    def finish() -> bytes:
        nonlocal master
        master += 1
        frame = channel.finish(master & 0xFF, draw.choice((CLCW, draw.getrandbits(32), 0, 0x07FF_C000)))
        return relabelled(frame) if master % 3 == 0 else frame

    for count in range(3000):
        sent.append(packet(count, draw.randrange(1, 900)))
        while not channel.append(sent[-1]):
            found += sound(by.feed(finish()))
    assert master > 1000
    assert set(found) <= set(sent)
    assert len(found) == len(set(found))
    assert found == [one for one in sent if one in set(found)]
    assert len(found) > len(sent) / 2
    record = by._source.chain.channel_records()[LANDER, 0]
    assert int(record["packets_dropped"]) + int(record["bad_headers"]) > 100


def test_a_flag_without_a_field_gives_a_word_that_acknowledges_nothing_that_was_not_sent() -> None:
    """Four octets of data are read as a control word; whatever they say, FOP-1 acknowledges no frame that it has not sent."""
    draw = random.Random(2)
    by, channel, acknowledgements = receiver(), tm_frame.Channel(LANDER, 0), 0
    for count in range(400):
        channel.append(packet(count, 50))
        data = draw.choice((draw.randbytes(4), (CLCW & ~0xFF | draw.randrange(3, 12)).to_bytes(4, "big")))
        by.feed(without_field(channel.finish(count & 0xFF, 0), data))
        word = int.from_bytes(data, "big")
        assert (by.words.clcw.get(LANDER) == word) == (not word >> 31)
        bench = bench_in(1)
        bench.fop.take(word)
        done = [line[1] for line in bench.diary.lines if line[0] == "confirmed"]
        acknowledged = (word & 0xFF) - FIRST
        assert done in ([], ["a", "b", "c"][: max(acknowledged, 0)])
        assert not done or acknowledged <= 3
        assert bench.fop.v_s == NEXT
        acknowledgements += len(done)
    assert acknowledgements > 50  # some words were such as COP-1 would say


@pytest.mark.parametrize("top", range(16))
def test_the_type_bit_decides_and_then_the_version(top: int) -> None:
    """The first four bits of the field: 0xxx is for COP-1, 1100 a frame security report, all else is counted and changes nothing."""
    by, channel = receiver(), tm_frame.Channel(LANDER, 0)
    word = top << 28 | 0x0100_0007
    channel.append(packet(0, 10))
    by.feed(channel.finish(0, word))
    kinds = {"clcws": int(top < 8), "security_reports": int(top == 12), "other_words": int(top >= 8 and top != 12)}
    assert by.words.counts == kinds
    assert by.words.clcw == ({LANDER: word} if top < 8 else {})
    assert (LANDER in by.words.security) == (top == 12)
    assert by.words.fresh() == ([(LANDER, word)] if top < 8 else [])
