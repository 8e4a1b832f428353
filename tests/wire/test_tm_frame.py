import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire import clcw as clcw_word
from wire import crc, pus, tm_frame
from wire.frame_shapes import clcw
from wire.frame_shapes import tm_frame as frame_shape

SHAPE = frame_shape()
DATA = 1103
# One packet of 8 octets and an idle packet of 1095: header fields of the frame, of the packet, of the idle packet.
GOLDEN_START = bytes.fromhex("0b17 05 00 1800 0802c0010001abcd 07ffc0000440 5555")


def packet(octets: int, count: int = 0, apid: int = 2) -> bytes:
    body = random.Random(octets * 16384 + count).randbytes(octets - 6)
    return (0x0800 | apid).to_bytes(2) + (0xC000 | count & 0x3FFF).to_bytes(2) + (octets - 7).to_bytes(2) + body


def frames_of(packets: list[bytes], channel: tm_frame.Channel | None = None) -> list[bytes]:
    """As many full frames as the packets give, and the rest filled with idle packets."""
    channel = channel or tm_frame.Channel(0xB1, 3)
    out = []
    for one in packets:
        while not channel.append(one):
            out.append(channel.finish(len(out) & 0xFF))
    if channel.waiting:
        out.append(channel.finish(len(out) & 0xFF))
    return out


def refecf(frame: bytes) -> bytes:
    return frame[:-2] + crc.checksum(frame[:-2]).to_bytes(2)


def patched(frame: bytes, offset: int, octets: bytes) -> bytes:
    return refecf(frame[:offset] + octets + frame[offset + len(octets) :])


def pointer_of(frame: bytes) -> int:
    return int.from_bytes(frame[4:6]) & 0x7FF


def received(frames: list[bytes]) -> list[bytes]:
    reassembler = tm_frame.Reassembler()
    return [one for frame in frames for one in reassembler.feed(frame)]


def test_the_golden_frame_comes_out():
    channel = tm_frame.Channel(0xB1, 3)
    assert channel.append(bytes.fromhex("0802c0010001abcd"))
    frame = channel.finish(5, 0x01000002)
    assert frame[: len(GOLDEN_START)] == GOLDEN_START
    assert frame[22:1109] == b"\x55" * 1087
    assert frame[-6:] == bytes.fromhex("01000002") + crc.checksum(frame[:-2]).to_bytes(2)
    assert len(frame) == 1115


def test_construct_reads_what_the_kernel_writes():
    channel = tm_frame.Channel(0x3A5, 6)
    channel.append(packet(100))
    parsed = SHAPE.parse(channel.finish(9, 0xDEADBEEF)).body.value
    assert parsed.header.identification == {"version": 0, "spacecraft_id": 0x3A5, "virtual_channel_id": 6, "ocf_flag": 1}
    assert (parsed.header.master_count, parsed.header.frame_count, parsed.ocf) == (9, 0, 0xDEADBEEF)
    assert parsed.header.status.first_header_pointer == 0
    assert parsed.header.status.segment_length_id == 3
    assert parsed.data[:100] == packet(100)


def test_construct_writes_what_the_kernel_writes():
    channel = tm_frame.Channel(0x3A5, 6)
    channel.append(packet(100))
    frame = channel.finish(9, 0xDEADBEEF)
    assert SHAPE.build({"body": {"value": SHAPE.parse(frame).body.value}}) == frame


@given(st.lists(st.integers(7, 3000), max_size=25))
def test_packets_of_any_size_arrive_in_order_and_whole(sizes):
    packets = [packet(size, i) for i, size in enumerate(sizes)]
    frames = frames_of(packets)
    assert all(len(frame) == 1115 and crc.checksum(frame) == 0 for frame in frames)
    assert received(frames) == packets


@given(st.lists(st.tuples(st.integers(7, 1200), st.booleans()), max_size=20))
@settings(max_examples=200)
def test_frames_may_be_closed_at_any_time(steps):
    """Closing early fills with idle packets, which run over when fewer than seven octets are left; construct walks every frame."""
    channel = tm_frame.Channel(1, 0)
    packets, frames = [], []
    for size, close in steps:
        packets.append(packet(size, len(packets)))
        while not channel.append(packets[-1]):
            frames.append(channel.finish())
        if close:
            frames.append(channel.finish())
    frames.append(channel.finish())
    frames.append(channel.finish())
    assert received(frames) == packets
    stream = b"".join(frame[6:1109] for frame in frames)
    while len(stream) >= 7 and len(stream) > int.from_bytes(stream[4:6]) + 6:
        one = pus.primary_header.parse(stream)
        assert (one.id.version, one.sequence.flags) == (0, 3)
        stream = stream[one.length + 7 :]
    assert len(stream) < 7


@pytest.mark.parametrize("gap", range(14))
def test_a_gap_of_any_size_is_filled_legally(gap):
    channel = tm_frame.Channel(1, 0)
    first, second = packet(DATA - gap), packet(50, 1)
    assert channel.append(first)
    frames = [channel.finish()]
    assert channel.append(second)
    frames.append(channel.finish())
    assert received(frames) == [first, second]
    assert pointer_of(frames[1]) == (7 - gap if 0 < gap < 7 else 0)


@pytest.mark.parametrize("split", range(1, 7))
def test_a_header_may_be_split_at_every_octet(split):
    first, second = packet(DATA - split), packet(300, 1)
    frames = frames_of([first, second])
    assert received(frames) == [first, second]


def test_a_packet_spans_sixty_frames():
    long = packet(65542)
    frames = frames_of([packet(20), long, packet(30, 2)])
    assert len(frames) == 60
    assert [pointer_of(frame) for frame in frames[1:-1]] == [0x7FF] * 58
    assert received(frames) == [packet(20), long, packet(30, 2)]


def test_a_frame_is_not_closed_under_a_packet_that_has_room():
    channel = tm_frame.Channel(1, 0)
    assert not channel.append(packet(2000))
    channel.finish()
    with pytest.raises(ValueError, match="under way"):
        channel.finish()
    with pytest.raises(ValueError, match="under way"):
        channel.idle()
    assert channel.append(packet(2000))
    channel.finish()


def test_counts_run_over_at_256():
    channel = tm_frame.Channel(1, 0)
    assert [channel.idle()[3] for _ in range(258)][-3:] == [255, 0, 1]


def test_an_idle_frame_says_so_and_gives_nothing():
    frame = tm_frame.Channel(1, 7).idle()
    assert pointer_of(frame) == 0x7FE
    reassembler = tm_frame.Reassembler()
    assert reassembler.feed(frame) == []
    assert reassembler.record()["idle_frames"] == 1


def test_every_first_header_pointer_is_survived_and_the_next_packets_are_read():
    """A pointer within the field, but into the middle of a packet, makes its octets look like headers: only a check sum can tell."""
    packets = [packet(size, i) for i, size in enumerate([400, 900, 1500, 300, 200, 700, 800, 100])]
    frames = frames_of(packets)
    for pointer in range(2048):
        reassembler = tm_frame.Reassembler()
        bad = patched(frames[1], 4, (0x1800 | pointer).to_bytes(2))
        got = [one for frame in [frames[0], bad, *frames[2:]] for one in reassembler.feed(frame)]
        if pointer >= DATA or pointer == pointer_of(frames[1]):
            assert [one for one in packets if one in got] == got
        assert got[-3:] == packets[-3:]
        assert reassembler.record()["bad_pointers"] == (DATA <= pointer < 0x7FE)


def test_a_lost_frame_costs_the_packets_it_carried_and_no_other():
    packets = [packet(400, i) for i in range(60)]
    frames = frames_of(packets)
    for lost in range(1, len(frames) - 1):
        reassembler = tm_frame.Reassembler()
        got = [one for frame in frames[:lost] + frames[lost + 1 :] for one in reassembler.feed(frame)]
        first, behind = lost * DATA // 400, -(-(lost + 1) * DATA // 400)
        assert got == packets[:first] + packets[behind:]
        assert (reassembler.record()["gaps"], reassembler.record()["frames_missing"]) == (1, 1)


@given(st.data())
@settings(max_examples=100)
def test_with_any_frames_lost_or_repeated_no_packet_is_made_of_two(data):
    sizes = data.draw(st.lists(st.integers(7, 2500), min_size=3, max_size=20))
    packets = [packet(size, i) for i, size in enumerate(sizes)]
    copies = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=len(frames := frames_of(packets))))
    stream = [frame for frame, n in zip(frames, copies, strict=False) for _ in range(n)]
    got = received(stream)
    assert [one for one in packets if one in got] == got


def test_the_same_frame_twice_is_ignored_and_another_with_its_count_is_a_gap():
    frames = frames_of([packet(900, i) for i in range(4)])
    reassembler = tm_frame.Reassembler()
    assert reassembler.feed(frames[0]) == [packet(900, 0)]
    assert reassembler.feed(frames[0]) == []
    assert reassembler.feed(frames[1]) == [packet(900, 1)]
    assert (reassembler.record()["repeated"], reassembler.record()["gaps"]) == (1, 0)
    reassembler.feed(patched(frames[2], 3, frames[1][3:4]))
    assert (reassembler.record()["gaps"], reassembler.record()["frames_missing"]) == (1, 255)


@pytest.mark.parametrize(
    ("offset", "octets"),
    [(0, b"\x4b"), (0, b"\x8b"), (4, b"\x58\0"), (4, b"\x08\0"), (4, b"\x10\0"), (4, b"\x98\0\x45"), (4, b"\x98\0\x85")],
)
def test_a_frame_that_does_not_carry_packets_is_ignored(offset, octets):
    frames = frames_of([packet(600, i) for i in range(4)])
    reassembler = tm_frame.Reassembler()
    assert reassembler.feed(patched(frames[0], offset, octets)) == []
    assert reassembler.record()["bad_frames"] == 1
    assert [one for frame in frames for one in reassembler.feed(frame)] == [packet(600, i) for i in range(4)]


def test_a_secondary_header_of_every_length_is_stepped_over():
    good = packet(100)
    for length in range(1, 65):
        field = bytes([length - 1]) + bytes(length - 1) + good
        frame = refecf(bytes.fromhex("0b1705009800") + field.ljust(DATA, b"\0") + bytes(6))
        assert tm_frame.Reassembler().feed(frame) == [good]


def test_a_field_filled_with_zeros_counts_once_and_the_next_pointer_resumes():
    good, after = packet(100), packet(100, 1)
    zeros = refecf(bytes.fromhex("0b1705001800") + good.ljust(DATA, b"\0") + bytes(6))
    nothing = refecf(bytes.fromhex("0b1705011fff") + bytes(DATA + 6))
    channel = tm_frame.Channel(0xB1, 3)
    channel.append(after)
    resumed = patched(channel.finish(), 3, b"\x02")
    reassembler = tm_frame.Reassembler()
    assert [one for frame in (zeros, nothing, resumed) for one in reassembler.feed(frame)] == [good, after]
    assert reassembler.record()["bad_headers"] == 1


def test_reception_may_begin_in_the_middle_of_a_packet():
    packets = [packet(2500, 0), packet(300, 1), packet(400, 2)]
    assert received(frames_of(packets)[1:]) == packets[1:]


@given(st.binary(min_size=1115, max_size=1115), st.binary(min_size=1115, max_size=1115))
def test_random_frames_harm_nothing(first, second):
    reassembler = tm_frame.Reassembler()
    reassembler.feed(first)
    reassembler.feed(second)
    frames = frames_of([packet(50, i) for i in range(40)])
    got = [one for frame in frames for one in reassembler.feed(frame)]
    assert got[-1] == packet(50, 39)


def test_a_megabyte_of_random_frames_gives_packets_no_longer_than_a_packet_and_the_next_frames_are_read():
    rng = random.Random(9)
    reassembler = tm_frame.Reassembler()
    for _ in range(900):
        assert all(7 <= len(one) <= 65542 for one in reassembler.feed(rng.randbytes(1115)))
    frames = frames_of([packet(50, i) for i in range(40)])
    assert [one for frame in frames for one in reassembler.feed(frame)][-1] == packet(50, 39)


@pytest.mark.parametrize("octets", [0, 1114, 1116, 2230])
def test_a_frame_of_another_length_is_refused(octets):
    with pytest.raises(ValueError):
        tm_frame.Reassembler().feed(bytes(octets))


@given(st.fixed_dictionaries({name: st.integers(0, (1 << width) - 1) for name, width in [
    ("status", 3), ("cop_in_effect", 2), ("virtual_channel_id", 6), ("no_rf", 1), ("no_bit_lock", 1), ("lockout", 1), ("wait", 1),
    ("retransmit", 1), ("farm_b_count", 2), ("report_value", 8)]}))  # fmt: skip
def test_construct_and_the_kernel_agree_on_control_words(fields):
    word = clcw_word.build(**fields)
    assert clcw.build({"type": 0, "version": 0} | fields) == word.to_bytes(4)
    assert clcw_word.parse(word) == fields


def test_a_word_of_another_type_or_version_is_no_clcw():
    assert clcw_word.parse(0x80000000) is None
    assert clcw_word.parse(0x20000000) is None
    with pytest.raises(ValueError, match="lock_out"):
        clcw_word.build(lock_out=1)


def test_a_channel_loaded_from_a_record_goes_on_in_the_middle_of_a_packet():
    first, second = tm_frame.Channel(1, 0), tm_frame.Channel(2, 0)
    assert not first.append(packet(3000))
    frames = [first.finish()]
    second.load(first.record().tobytes())
    frames += frames_of([packet(3000), packet(60, 1)], second)
    assert received(frames) == [packet(3000), packet(60, 1)]
    with pytest.raises(ValueError):
        first.load(b"")


def test_upsets_anywhere_in_the_record_of_a_channel_are_survived():
    """Any octets in the record: nothing is written outside it, and packets put in two frames later arrive."""
    rng = random.Random(13)
    channel = tm_frame.Channel(1, 0)
    size = channel.record().nbytes
    for _ in range(500):
        channel.load(rng.randbytes(size))
        channel.append(packet(100))
        frames = [channel.finish()]
        assert channel.append(packet(200, 1))
        frames += frames_of([packet(300, 2)], channel)
        assert received(frames)[-2:] == [packet(200, 1), packet(300, 2)]


def test_frames_of_two_boots_have_the_same_counts_and_check_sum_and_are_told_apart():
    first, second = (pus.build_tm(0x141, 0, 5, 1, bytes(7), bytes([0, 1, boot])) for boot in (1, 2))
    frames = [frames_of([one])[0] for one in (first, second)]
    assert frames[0][-2:] == frames[1][-2:]  # each packet is a codeword of the frame's own CRC
    reassembler = tm_frame.Reassembler()
    assert [reassembler.feed(frame) for frame in frames] == [[first], [second]]
