"""Segments and MAPs: every sequence of flags against a model in a few lines, and what a hostile ground may send."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import pus, segment, tc_frame
from wire.dictionary.mission import MAX_TC_PACKET
from wire.frame_shapes import build_tc_control, build_tc_frame, parse_tc_frame, tc_segment
from wire.space_packet import PacketError, parse_tc
from wire.tc_frame import TcFrameError

CONTINUING, FIRST, LAST, WHOLE = range(4)
PACKET = pus.build_tc(0x141, 7, 17, 1, bytes(range(100)))


class Model:
    """What CCSDS 232.0, 4.1.3.2.2 says of the flags, and no more."""

    def __init__(self) -> None:
        self.open: bytes | None = None
        self.counts = {"packets": 0, "orphans": 0, "abandoned": 0}

    def take(self, flags: int, data: bytes) -> bytes | None:
        if flags in (FIRST, WHOLE):
            self.counts["abandoned"] += self.open is not None
            self.open = b""
        elif self.open is None:
            self.counts["orphans"] += 1
            return None
        self.open += data
        if flags in (LAST, WHOLE):
            whole, self.open = self.open, None
            self.counts["packets"] += 1
            return whole
        return None


def frames_of(packet: bytes, map_id: int, room: int) -> list[bytes]:
    return [tc_frame.build(data, 0x1C4, 0, map_id=map_id, sequence_flags=flags) for flags, data in segment.split(packet, room)]


def test_the_golden_segments_are_split_off():
    assert segment.split(bytes(range(7)), 3) == [(FIRST, b"\0\1\2"), (CONTINUING, b"\3\4\5"), (LAST, b"\6")]
    assert segment.split(b"abc", 3) == [(WHOLE, b"abc")]
    # Spacecraft 1C4, BD, channel 0, 11 octets: header, segment header 45 (first, MAP 5), data, FECF.
    assert frames_of(bytes(range(7)), 5, 3)[0].hex() == "21c4000a0045000102" + "1739"


@given(
    st.integers(0, 1023), st.integers(0, 63), st.integers(0, 255), st.integers(0, 63), st.integers(0, 3), st.booleans(),
    st.binary(min_size=1, max_size=1016),
)  # fmt: skip
def test_construct_and_the_kernel_build_the_same_frames(scid, channel, number, map_id, flags, bypass, data):
    built = tc_frame.build(data, scid, channel, number, bypass, False, map_id, flags)
    assert built == build_tc_frame(scid, channel, data, map_id, flags, bypass, number)
    assert tc_segment.parse(built[5:-2]) == {"header": parse_tc_frame(built).segment, "data": data}
    control = data[:1017]
    assert tc_frame.build(control, scid, channel, control_command=True) == build_tc_control(scid, channel, control)


@pytest.mark.parametrize(
    "arguments",
    [
        (b"", 0, 0),
        (bytes(1017), 0, 0),
        (b"a", 1024, 0),
        (b"a", 0, 64),
        (b"a", 0, 0, 256),
        (b"a", 0, 0, 0, False, True),
        (b"a", 0, 0, 0, True, False, 64),
        (b"a", 0, 0, 0, True, False, 0, 4),
    ],
)
def test_a_frame_that_does_not_fit_is_not_built(arguments):
    with pytest.raises(ValueError):
        tc_frame.build(*arguments)


@given(st.binary(min_size=1, max_size=segment.ROOM), st.integers(1, 1016), st.integers(0, 63))
def test_what_is_split_comes_together_again(packet, room, map_id):
    demultiplexer = segment.Demultiplexer([map_id])
    got = None
    for frame in frames_of(packet, map_id, room) if room > 20 else frames_of(packet[:200], map_id, room):
        verdict, fields = tc_frame.parse(frame)
        assert verdict == TcFrameError.TC_FRAME_OK
        assert got is None
        got = demultiplexer.take(fields["map_id"], fields["sequence_flags"], fields["data"])
    assert got == (packet if room > 20 else packet[:200])


def test_every_sequence_of_up_to_six_flags_is_what_the_model_says():
    for length in range(1, 7):
        for flags in itertools.product(range(4), repeat=length):
            model, demultiplexer = Model(), segment.Demultiplexer()
            for i, one in enumerate(flags):
                data = bytes([65 + i, 97 + i])
                assert demultiplexer.take(0, one, data) == model.take(one, data)
            record = demultiplexer.record(0)
            assert {name: record[name] for name in model.counts} == model.counts
            assert record["open"] == (model.open is not None)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.binary(max_size=6)), max_size=60))
def test_segments_of_several_maps_are_put_together_apart_in_whatever_order_they_come(segments):
    demultiplexer, models = segment.Demultiplexer(range(4)), [Model() for _ in range(4)]
    for map_id, flags, data in segments:
        assert demultiplexer.take(map_id, flags, data) == (models[map_id].take(flags, data) or None)


def test_a_packet_under_way_is_given_up_when_nothing_comes_for_it_in_time():
    demultiplexer = segment.Demultiplexer([0, 1], patience=100)
    demultiplexer.take(0, FIRST, b"ab", tick=0)
    demultiplexer.take(1, FIRST, b"cd", tick=60)
    assert demultiplexer.expire(100) == 0
    assert demultiplexer.expire(101) == 1
    assert demultiplexer.take(0, LAST, b"ef", tick=102) is None
    assert demultiplexer.take(1, LAST, b"ef", tick=160) == b"cdef"
    assert (demultiplexer.record(0)["timed_out"], demultiplexer.record(0)["orphans"]) == (1, 1)
    demultiplexer.take(0, FIRST, b"x", tick=200)
    assert demultiplexer.take(0, LAST, b"y", tick=301) is None


def test_a_gap_in_the_frames_gives_up_what_is_under_way():
    demultiplexer = segment.Demultiplexer()
    demultiplexer.take(0, FIRST, b"ab")
    demultiplexer.lost(0)
    demultiplexer.lost(0)
    assert demultiplexer.take(0, LAST, b"cd") is None
    assert (demultiplexer.record(0)["abandoned"], demultiplexer.record(0)["orphans"]) == (1, 1)


def test_a_packet_that_grows_beyond_the_room_is_cut_at_once_and_the_next_one_passes():
    demultiplexer = segment.Demultiplexer()
    data = bytes(300)
    demultiplexer.take(0, FIRST, data)
    for _ in range(1000):
        assert demultiplexer.take(0, CONTINUING, data) is None
    assert demultiplexer.take(0, LAST, data) is None
    record = demultiplexer.record(0)
    assert (record["overlong"], record["orphans"], record["collected"]) == (1, 1000 + 1 - 3, 0)
    assert demultiplexer.take(0, WHOLE, PACKET) == PACKET
    for flags in (FIRST, CONTINUING, CONTINUING):
        demultiplexer.take(0, flags, data)
    assert len(demultiplexer.take(0, LAST, bytes(segment.ROOM - 3 * 300))) == segment.ROOM == MAX_TC_PACKET
    for last, whole in ((segment.ROOM - 1, True), (segment.ROOM, False)):
        demultiplexer.take(0, FIRST, b"a")
        assert (demultiplexer.take(0, LAST, bytes(last)) is not None) == whole


def test_a_time_that_is_still_to_come_in_a_record_that_was_hit_gives_up_what_is_under_way():
    demultiplexer = segment.Demultiplexer(patience=100)
    demultiplexer.take(0, FIRST, b"ab", tick=1 << 60)
    assert demultiplexer.expire(50) == 1


@pytest.mark.parametrize(
    ("unit", "verdict"),
    [
        (PACKET, PacketError.PACKET_OK),
        (PACKET[:-1], PacketError.PACKET_LENGTH),
        (PACKET + b"\0", PacketError.PACKET_LENGTH),
        (PACKET * 2, PacketError.PACKET_LENGTH),
        (PACKET + PACKET[:50], PacketError.PACKET_LENGTH),
        (PACKET[:5], PacketError.PACKET_SHORT),
    ],
)
def test_a_unit_that_is_not_exactly_one_packet_is_refused_whole(unit, verdict):
    """No blocking: two packets in a unit, or one and a half, are a wrong length, and none of them is executed."""
    demultiplexer = segment.Demultiplexer()
    got = None
    for flags, data in segment.split(unit, 40):
        got = demultiplexer.take(0, flags, data)
    assert got == unit
    assert parse_tc(got)[0] == verdict


def test_a_lost_segment_shows_in_the_length_of_the_packet():
    parts = segment.split(PACKET, 20)
    for lost in range(1, len(parts) - 1):
        demultiplexer = segment.Demultiplexer()
        got = None
        for i, (flags, data) in enumerate(parts):
            if i != lost:
                got = demultiplexer.take(0, flags, data)
        assert parse_tc(got)[0] == PacketError.PACKET_LENGTH


def test_a_map_that_is_not_there_takes_nothing_and_is_counted():
    for there in range(64):
        demultiplexer = segment.Demultiplexer([there])
        taken = [map_id for map_id in range(64) if demultiplexer.take(map_id, WHOLE, PACKET) is not None]
        assert taken == [there]
        assert demultiplexer.unknown == 63


def test_random_segments_are_survived_and_a_whole_one_passes():
    rng = random.Random(3)
    demultiplexer = segment.Demultiplexer(range(64))
    for tick in range(20_000):
        demultiplexer.take(rng.randrange(64), rng.randrange(4), rng.randbytes(rng.randrange(1017)), tick)
        assert demultiplexer.record(5)["collected"] <= segment.ROOM
    assert all(demultiplexer.take(map_id, WHOLE, PACKET, 20_000) == PACKET for map_id in range(64))


def test_values_beyond_their_bits_are_refused():
    demultiplexer = segment.Demultiplexer()
    for call in (
        lambda: demultiplexer.take(64, 0, b""),
        lambda: demultiplexer.take(0, 4, b""),
        lambda: demultiplexer.lost(64),
        lambda: demultiplexer.record(64),
        lambda: segment.Demultiplexer([64]),
        lambda: segment.split(b""),
        lambda: segment.split(b"a", 0),
    ):
        with pytest.raises(ValueError):
            call()
