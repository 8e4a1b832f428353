"""Packets in bulk against the same packets one by one."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import crc, packet_stream, pus, space_packet
from wire.layout import LayoutRow

TIME = bytes.fromhex("7c9d1e28400000")
# Two reports TM[3,25] of APID 0x123, counts 0x3FFF and 0, data 01020304 and 05060708.
GOLDEN = bytes.fromhex(
    "0923 ffff 0013 20 03 19 0000 0000 7c9d1e28400000 01020304 19ec"
    "0923 c000 0013 20 03 19 0000 0000 7c9d1e28400001 05060708 58bf"
)  # fmt: skip


def matrix(rows: list[bytes]) -> np.ndarray:
    return np.array([list(row) for row in rows], np.uint8)


def report(data: bytes, apid: int = 5, count: int = 0) -> bytes:
    return space_packet.build_tm(apid, count, 3, 25, TIME, data)


def test_the_golden_packets_are_built():
    times = matrix([TIME, TIME[:-1] + b"\x01"])
    built = packet_stream.build_tm(0x123, 0x3FFF, 3, 25, times, matrix([b"\1\2\3\4", b"\5\6\7\x08"]))
    assert [built[:26], built[26:]] == [GOLDEN[:26], GOLDEN[26:]]


def test_the_golden_packets_are_found_and_taken_apart():
    rows, rest = packet_stream.scan(GOLDEN)
    assert rest == 0
    assert rows["offset"].tolist() == [0, 26]
    assert rows["length"].tolist() == [26, 26]
    assert rows["apid"].tolist() == [0x123, 0x123]
    assert rows["sequence_count"].tolist() == [0x3FFF, 0]
    assert rows["sound"].tolist() == [1, 1]
    fields = [LayoutRow("a", 20, "u16"), LayoutRow("b", 22, "i8"), LayoutRow("fraction", 17, "u16"), LayoutRow("all", 20, "u32")]
    decoded = packet_stream.decode(GOLDEN, fields)
    assert {name: column.tolist() for name, column in decoded.columns.items()} == {
        "a": [0x0102, 0x0506],
        "b": [3, 7],
        "fraction": [0x4000, 0x4000],
        "all": [0x01020304, 0x05060708],
    }


@given(st.lists(st.binary(min_size=3, max_size=3), min_size=1, max_size=20), st.integers(0, 0x7FE), st.integers(0, 0x3FFF))
def test_what_is_built_in_bulk_is_what_construct_builds_one_by_one(data, apid, first):
    built = packet_stream.build_tm(apid, first, 17, 2, matrix([TIME] * len(data)), matrix(data))
    assert built == b"".join(pus.build_tm(apid, (first + i) & 0x3FFF, 17, 2, TIME, one) for i, one in enumerate(data))


@given(
    st.lists(st.tuples(st.integers(0, 0x7FF), st.integers(0, 0x3FFF), st.binary(min_size=1, max_size=80)), max_size=40),
    st.binary(max_size=5),
)
def test_a_scan_finds_what_construct_finds(packets, rest):
    whole = [
        pus.space_packet.build(
            {
                "header": {
                    "id": {"version": 0, "type": apid & 1, "secondary_header": count & 1, "apid": apid},
                    "sequence": {"flags": count & 3, "count": count},
                    "length": len(data) - 1,
                },
                "data": data,
            }
        )
        for apid, count, data in packets
    ]
    rows, left = packet_stream.scan(b"".join(whole) + rest)
    assert left == len(rest)
    assert len(rows) == len(whole)
    for row, packet, (apid, count, _) in zip(rows, whole, packets, strict=True):
        parsed = pus.space_packet.parse(packet).header
        assert (row["apid"], row["sequence_count"], row["length"]) == (parsed.id.apid, parsed.sequence.count, len(packet))
        assert (row["type"], row["secondary"], row["sequence_flags"]) == (apid & 1, count & 1, count & 3)
        assert row["sound"] == (crc.checksum(packet) == 0)


@pytest.mark.parametrize("kind", ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64"])
def test_a_column_of_every_kind_is_what_numpy_reads(kind):
    rng = random.Random(kind)
    data = [rng.randbytes(11) for _ in range(1000)]
    decoded = packet_stream.decode(b"".join(report(one) for one in data), [LayoutRow("x", 21, kind)])
    size = int(kind[1:]) // 8
    expected = np.frombuffer(b"".join(one[1 : 1 + size] for one in data), f">{kind[0]}{size}")
    assert decoded.columns["x"].tobytes() == expected.astype(f"{kind[0]}{size}").tobytes()
    assert decoded.columns["x"].dtype.isnative


def test_packets_of_others_unsound_and_short_ones_are_left_out_and_counted():
    rng = random.Random(8)
    stream, expected, counts = [], [], {"other": 0, "unsound": 0, "short": 0}
    for i in range(3000):
        value = rng.randrange(1 << 32)
        packet = report(value.to_bytes(4), 5, i & 0x3FFF)
        match rng.randrange(5):
            case 0:
                packet = report(value.to_bytes(4), 6)
                counts["other"] += 1
            case 1:
                packet = packet[:-3] + bytes([packet[-3] ^ 1]) + packet[-2:]
                counts["unsound"] += 1
            case 2:
                packet = report(b"\0", 5)
                counts["short"] += 1
            case _:
                expected.append((value, i & 0x3FFF))
        stream.append(packet)
    decoded = packet_stream.decode(b"".join(stream) + b"\0\1\2", [LayoutRow("x", 20, "u32")], apid=5)
    assert list(zip(decoded.columns["x"].tolist(), decoded.rows["sequence_count"].tolist(), strict=True)) == expected
    assert {"other": decoded.other, "unsound": decoded.unsound, "short": decoded.short} == counts
    assert decoded.rest == 3
    unchecked = packet_stream.decode(b"".join(stream), [LayoutRow("x", 20, "u32")], apid=5, check=False)
    assert unchecked.unsound == 0
    assert len(unchecked.rows) == len(expected) + counts["unsound"]


def test_a_recording_that_is_cut_anywhere_gives_every_whole_packet():
    stream = b"".join(report(bytes(n), 5, n) for n in range(9))
    ends = np.cumsum([22 + n for n in range(9)]).tolist()
    for cut in range(len(stream) + 1):
        rows, rest = packet_stream.scan(stream[:cut])
        whole = sum(end <= cut for end in ends)
        assert (len(rows), rest) == (whole, cut - (ends[whole - 1] if whole else 0))


def test_a_scan_ends_at_a_version_that_is_not_zero():
    rows, rest = packet_stream.scan(GOLDEN + b"\x29" + GOLDEN[1:])
    assert (len(rows), rest) == (2, len(GOLDEN))


def test_a_length_of_65542_octets_is_found_and_no_length_reaches_past_the_end():
    packet = b"\0\1\xc0\0\xff\xff" + bytes(65536)
    rows, rest = packet_stream.scan(packet + packet[:-1])
    assert (rows["length"].tolist(), rest) == ([65542], 65541)


def test_nothing_gives_nothing():
    rows, rest = packet_stream.scan(b"")
    assert (len(rows), rest) == (0, 0)
    assert packet_stream.decode(b"", [LayoutRow("x", 0, "u8")]).columns["x"].tolist() == []
    assert packet_stream.build_tm(1, 0, 1, 1, np.zeros((0, 7), np.uint8), np.zeros((0, 4), np.uint8)) == b""


def test_what_cannot_be_built_or_decoded_is_refused():
    data, times = np.zeros((2, 4), np.uint8), np.zeros((2, 7), np.uint8)
    for arguments in (
        (2048, 0, 1, 1, times, data),
        (1, 16384, 1, 1, times, data),
        (1, 0, 256, 1, times, data),
        (1, 0, 1, 1, times[:1], data),
    ):
        with pytest.raises(ValueError):
            packet_stream.build_tm(*arguments)
    with pytest.raises(ValueError):
        packet_stream.build_tm(1, 0, 1, 1, times, np.zeros((2, 65521), np.uint8))
    with pytest.raises(ValueError):
        packet_stream.decode(GOLDEN, [LayoutRow(f"x{i}", i, "u8") for i in range(513)])
