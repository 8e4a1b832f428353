"""The whole chain of a station against the same steps one by one, and against what was put in."""

import random

import numpy as np
import pytest

from wire import cadu, crc, randomiser, space_packet, time_code, tm_frame
from wire.frame_shapes import tm_frame as frame_shape
from wire.tm_chain import PACKET_ROW, SECOND, TmChain

LANDER, ROVER = 0x1C4, 0x1C5
EPOCH_NS = 1_925_000_000 * 10**9


def packets_of(seed: int, count: int) -> list[bytes]:
    rng = random.Random(seed)
    return [
        space_packet.build_tm(
            rng.randrange(0x7FF), i, 3, 25, time_code.from_ns(EPOCH_NS + i * 10**7), rng.randbytes(rng.choice([0, 42, 900, 5000]))
        )
        for i in range(count)
    ]


def frames_of(spacecraft: int, channel: int, packets: list[bytes]) -> list[bytes]:
    sender = tm_frame.Channel(spacecraft, channel)
    frames: list[bytes] = []
    for packet in packets:
        while not sender.append(packet):
            frames.append(sender.finish(len(frames) & 0xFF, 0x01000000 | len(frames) & 0xFF))
    if sender.waiting:
        frames.append(sender.finish(len(frames) & 0xFF, 0x01000000 | len(frames) & 0xFF))
    return frames


SENT = {(LANDER, 0): packets_of(1, 60), (LANDER, 1): packets_of(2, 40), (ROVER, 0): packets_of(3, 50)}


def mixed_frames() -> list[bytes]:
    rng = random.Random(4)
    queues = [frames_of(*key, packets) for key, packets in SENT.items()]
    out = []
    while any(queues):
        queue = rng.choice([q for q in queues if q])
        out.append(queue.pop(0))
    return out


FRAMES = mixed_frames()
STREAM = b"".join(cadu.encode(frame) for frame in FRAMES)


def run(chain: TmChain, stream: bytes, chunk: int) -> list[tuple[np.void, bytes]]:
    found = []
    for start in range(0, len(stream), chunk):
        rows, buffer = chain.feed(stream[start : start + chunk])
        assert rows.dtype == PACKET_ROW
        found += [(row, buffer[row["offset"] :][: row["length"]].tobytes()) for row in rows]
    return found


@pytest.mark.parametrize("chunk", [1, 999, 4096, 10**7])
def test_every_packet_comes_out_on_its_channel_in_order(chunk):
    stream = STREAM if chunk > 1 else STREAM[: 30 * 1279]
    found = run(TmChain(), stream, chunk)
    for key, sent in SENT.items():
        got = [packet for row, packet in found if (row["spacecraft_id"], row["virtual_channel_id"]) == key]
        assert got == (sent if chunk > 1 else sent[: len(got)])
        assert got


def test_a_row_says_what_its_packet_says():
    for row, packet in run(TmChain(), STREAM, 5000):
        verdict, fields = space_packet.parse_tm(packet)
        assert verdict == 0
        assert (row["apid"], row["sequence_count"], row["service"], row["subtype"]) == (fields["apid"], fields["sequence_count"], 3, 25)
        assert (row["length"], row["secondary"], row["sound"]) == (len(packet), 1, 1)
        assert int(row["time"]).to_bytes(7) == fields["time"]
        assert int(row["time"]) // SECOND == int.from_bytes(fields["time"][:4])


def test_the_chain_gives_what_its_parts_give_one_by_one():
    rng = random.Random(6)
    stream = bytearray(STREAM)
    for _ in range(4000):
        stream[rng.randrange(len(stream))] ^= 1 << rng.randrange(8)
    del stream[20_000:20_300]
    stream[60_000:60_000] = rng.randbytes(77)
    chain, synchroniser, reassemblers, expected = TmChain(), cadu.Synchroniser(), {}, []
    for frame in synchroniser.feed(stream):
        key = (frame[0] & 0x3F) << 4 | frame[1] >> 4, frame[1] >> 1 & 7
        expected += [(*key, packet) for packet in reassemblers.setdefault(key, tm_frame.Reassembler()).feed(frame)]
    found = run(chain, bytes(stream), 3000)
    assert [(row["spacecraft_id"], row["virtual_channel_id"], packet) for row, packet in found] == expected
    assert 0 < len(expected) < 150
    assert chain.record() == synchroniser.record()
    assert chain.record()["symbols_corrected"] > 1000
    assert {key: one.record() for key, one in reassemblers.items()} == chain.channel_records()


def test_the_rows_of_the_frames_are_those_of_construct():
    chain, seen = TmChain(), []
    for start in range(0, len(STREAM), 9000):
        rows, _ = chain.feed(STREAM[start : start + 9000])
        frames = chain.frame_rows()
        assert all(row["frame"] < len(frames) for row in rows)
        assert all(frames[row["frame"]]["virtual_channel_id"] == row["virtual_channel_id"] for row in rows)
        seen += list(frames)
    assert len(seen) == len(FRAMES)
    for row, frame in zip(seen, FRAMES, strict=True):
        value = frame_shape().parse(frame).body.value
        head = value.header
        assert (row["spacecraft_id"], row["virtual_channel_id"]) == (
            head.identification.spacecraft_id,
            head.identification.virtual_channel_id,
        )
        assert (row["master_count"], row["frame_count"], row["ocf"]) == (head.master_count, head.frame_count, value.ocf)
        assert (row["first_header_pointer"], row["kept"], row["has_ocf"]) == (head.status.first_header_pointer, 1, 1)


def test_frames_of_another_spacecraft_are_counted_and_not_looked_into():
    chain = TmChain([ROVER])
    found = run(chain, STREAM, 10_000)
    assert [packet for _, packet in found] == SENT[ROVER, 0]
    foreign = sum((frame[0] & 0x3F) << 4 | frame[1] >> 4 == LANDER for frame in FRAMES)
    assert chain.foreign_frames == foreign > 0
    assert list(chain.channel_records()) == [(ROVER, 0)]


def test_channels_beyond_the_room_are_counted_and_take_none():
    frames = [tm_frame.Channel(spacecraft, channel).idle() for spacecraft in range(9) for channel in range(8)]
    chain = TmChain()
    chain.feed(b"".join(cadu.encode(frame) for frame in frames))
    assert chain.no_room == 8
    assert len(chain.channel_records()) == 64


def test_a_packet_with_a_wrong_check_sum_is_handed_over_and_marked():
    good, bad = packets_of(9, 2)
    bad = bad[:-1] + bytes([bad[-1] ^ 1])
    stream = b"".join(cadu.encode(frame) for frame in frames_of(LANDER, 0, [good, bad]))
    rows, _ = TmChain().feed(stream)
    assert rows["sound"].tolist() == [1, 0]


def test_a_packet_without_secondary_header_has_no_service_and_no_time():
    packet = space_packet.build_plain(5, 77, b"file data")
    rows, buffer = TmChain().feed(b"".join(cadu.encode(frame) for frame in frames_of(LANDER, 2, [packet])))
    assert buffer.tobytes() == packet
    assert (rows["secondary"][0], rows["service"][0], rows["time"][0], rows["apid"][0], rows["sequence_count"][0]) == (0, 0, 0, 5, 77)


@pytest.mark.parametrize(
    ("octets", "options"), [(223, {"depth": 1}), (1912, {"depth": 8, "checks": 16, "randomiser": randomiser.LONG}), (400, {"checks": 0})]
)
def test_frames_of_another_length_and_code_go_through(octets, options):
    packets = packets_of(11, 40)
    data, frames, pointer_at = b"".join(packets), [], 0
    room = octets - 12
    for count, start in enumerate(range(0, len(data) - room, room)):
        while pointer_at < start:
            pointer_at += int.from_bytes(data[pointer_at + 4 : pointer_at + 6]) + 7
        pointer = pointer_at - start if pointer_at < start + room else 0x7FF
        body = (
            (LANDER << 4 | 1).to_bytes(2)
            + bytes([0, count & 0xFF])
            + (0x1800 | pointer).to_bytes(2)
            + data[start : start + room]
            + bytes(4)
        )
        frames.append(body + crc.checksum(body).to_bytes(2))
    options = {"frame_octets": octets, **options}
    found = run(TmChain(**options), b"".join(cadu.encode(frame, **options) for frame in frames), 700)
    got = [packet for _, packet in found]
    assert got == packets[: len(got)]
    assert len(got) >= 35


def test_bare_frames_give_what_the_stream_gives():
    stream_rows, stream_buffer = TmChain().feed(STREAM)
    chain = TmChain()
    rows, buffer = chain.feed_frames(b"".join(FRAMES))
    assert buffer.tobytes() == stream_buffer.tobytes()
    assert rows.tolist() == stream_rows.tolist()
    assert [part.tobytes() for part in chain.taken()] == [rows.tobytes(), buffer.tobytes()]
    assert len(chain.frame_rows()) == chain.record()["frames"] == len(FRAMES)
    assert chain.frame_rows()["octet"].tolist() == [1115 * n for n in range(1, len(FRAMES) + 1)]
    assert chain.record()["octets"] == 1115 * len(FRAMES)


def test_a_bare_frame_with_a_wrong_check_sum_is_counted_and_left_out():
    chain = TmChain()
    wrong = bytearray(FRAMES[1])
    wrong[100] ^= 1
    chain.feed_frames(FRAMES[0] + wrong + FRAMES[2])
    assert (chain.record()["bad_fecf"], chain.record()["frames"], len(chain.frame_rows())) == (1, 2, 2)
    with pytest.raises(ValueError):
        chain.feed_frames(FRAMES[0][:-1])


def test_nothing_fed_gives_nothing():
    rows, buffer = TmChain().feed(b"")
    assert (len(rows), len(buffer)) == (0, 0)


def test_impossible_options_are_refused():
    with pytest.raises(ValueError):
        TmChain([1024])
    with pytest.raises(ValueError):
        TmChain(frame_octets=12, checks=0)
    with pytest.raises(TypeError):
        TmChain(tolerance=3)


def test_frames_are_kept_for_who_wants_them_other_spacecrafts_too():
    chain = TmChain([ROVER], keep_frames=True)
    kept = []
    for at in range(0, len(STREAM), 3000):
        chain.feed(STREAM[at : at + 3000])
        assert len(chain.frame_octets()) == len(chain.frame_rows())
        kept += [frame.tobytes() for frame in chain.frame_octets()]
    assert kept == FRAMES
    assert chain.foreign_frames == len(frames_of(LANDER, 0, SENT[LANDER, 0])) + len(frames_of(LANDER, 1, SENT[LANDER, 1]))
    with pytest.raises(ValueError, match="keep_frames"):
        TmChain().frame_octets()
