"""Space packets of 64 octets with their check sum: encode and decode in the loop against spacepackets, recordings against ccsdspy.

spacepackets makes and reads a PusTm of the same octets, check sum included. ccsdspy decodes the same recording into the same columns
without looking at the check sum; ours looks.
"""

import io
from collections.abc import Iterator

import numpy as np
from spacepackets.ecss.tm import PusTm

from tools.bench.result import Result, best_time, calls_per_second
from wire import crc, packet_stream
from wire.layout import LayoutRow

FIELDS = [LayoutRow(f"word{i}", 20 + 4 * i, "u32") for i in range(10)]  # behind the headers; two octets and the check sum follow
CCSDSPY_PUBLISHED = 309.0


def ccsdspy_rate(recording: bytes, columns: dict[str, np.ndarray], repeats: int) -> float | None:
    """MB/s of ccsdspy over the same fields, or None where it is not installed."""
    try:
        import ccsdspy
    except ImportError:
        return None
    shape = ccsdspy.FixedLength(
        [
            ccsdspy.PacketField(name="head", data_type="fill", bit_length=112),
            *(ccsdspy.PacketField(name=field.name, data_type="uint", bit_length=32) for field in FIELDS),
            ccsdspy.PacketField(name="rest", data_type="fill", bit_length=16),
            ccsdspy.PacketField(name="check", data_type="fill", bit_length=16),
        ]
    )
    theirs = shape.load(io.BytesIO(recording))
    if any(not np.array_equal(theirs[name], column) for name, column in columns.items()):
        raise AssertionError("ccsdspy and we disagree")
    return len(recording) / best_time(lambda: shape.load(io.BytesIO(recording)), repeats) / 1e6


def run(quick: bool) -> Iterator[Result]:
    count, seconds, repeats = (2_000, 0.02, 2) if quick else (400_000, 1.0, 7)
    rng = np.random.default_rng(1)
    times = rng.integers(0, 256, (count, 7), np.uint8)
    data = rng.integers(0, 256, (count, 42), np.uint8)

    def encode() -> bytes:
        return packet_stream.build_tm(5, 0, 3, 25, times, data)

    recording = encode()
    one = PusTm(apid=5, service=3, subservice=25, timestamp=times[0].tobytes(), source_data=data[0].tobytes(), seq_count=0)
    if bytes(one.pack()) != recording[:64]:
        raise AssertionError("spacepackets and we disagree")
    first, source = times[0].tobytes(), data[0].tobytes()

    def their_encode() -> bytearray:
        return PusTm(apid=5, service=3, subservice=25, timestamp=first, source_data=source, seq_count=0).pack()

    octets = recording[:64]
    peers = calls_per_second(their_encode, seconds), calls_per_second(lambda: PusTm.unpack(octets, 7), seconds)
    for path, wanted in (("table", False), ("carry-less multiply", True)):
        if crc.carry_less(wanted) != wanted:
            continue
        if not packet_stream.scan(recording)[0]["sound"].all():
            raise AssertionError("a sound packet was refused")
        for name, work, peer in (("encode", encode, peers[0]), ("decode", lambda: packet_stream.scan(recording), peers[1])):
            ours = count / best_time(work, repeats)
            yield Result(f"space packet 64 octets, {name}, {path}", ours, "packets/s", peer="spacepackets", peer_value=peer)
    crc.carry_less(True)
    decoded = packet_stream.decode(recording, FIELDS)
    if len(decoded.rows) != count:
        raise AssertionError("packets of the recording are missing")
    ours = len(recording) / best_time(lambda: packet_stream.decode(recording, FIELDS), repeats) / 1e6
    theirs = ccsdspy_rate(recording, decoded.columns, repeats)
    name = "ccsdspy, unchecked" if theirs else "ccsdspy (published), unchecked"
    yield Result("recording to 10 columns, checked", ours, "MB/s", peer=name, peer_value=theirs or CCSDSPY_PUBLISHED)
