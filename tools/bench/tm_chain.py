"""The whole telemetry chain at the ground: a coded stream to an index of its packets, clean, with bit errors, and off the octet grid."""

import random
from collections.abc import Iterator

from tools.bench.result import Result, best_time
from wire import cadu, convolutional, space_packet, tm_frame
from wire.tm_chain import TmChain

TARGET_MBIT = 100.0
CHUNK = 65536


def stream_of(packets: int) -> bytes:
    """CADUs full of reports of 64 octets."""
    rng = random.Random(1)
    sender = tm_frame.Channel(0x1C4, 0)
    frames = []
    for i in range(packets):
        packet = space_packet.build_tm(5, i & 0x3FFF, 3, 25, bytes(7), rng.randbytes(42))
        while not sender.append(packet):
            frames.append(sender.finish())
    frames.append(sender.finish())
    return b"".join(cadu.encode(frame) for frame in frames)


def with_errors(stream: bytes, rate: float) -> bytes:
    rng = random.Random(2)
    out = bytearray(stream)
    for _ in range(int(len(stream) * 8 * rate)):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def shifted(stream: bytes, bits: int) -> bytes:
    return (int.from_bytes(stream) << (8 - bits)).to_bytes(len(stream) + 1)


def run(quick: bool) -> Iterator[Result]:
    count, repeats = (2_000, 2) if quick else (50_000, 5)
    clean = stream_of(count)

    def receive(stream: bytes) -> int:
        chain = TmChain()
        return sum(len(chain.feed(stream[at : at + CHUNK])[0]) for at in range(0, len(stream), CHUNK))

    for name, stream in (("clean", clean), ("bit errors 1e-4", with_errors(clean, 1e-4)), ("three bits off the octets", shifted(clean, 3))):
        if receive(stream + bytes(8)) != count:
            raise AssertionError(f"packets are missing: {name}")
        seconds = best_time(lambda octets=stream: receive(octets), repeats)
        yield Result(f"TM chain, {name}", 8 * len(stream) / seconds / 1e6, "Mbit/s", peer="target (limit)", peer_value=TARGET_MBIT)
    soft = convolutional.Encoder().feed(clean[: 20_000 if quick else 200_000])
    seconds = best_time(lambda: convolutional.Decoder().feed(soft), 2)
    yield Result("Viterbi decoder, hard decisions", 4 * len(soft) / seconds / 1e6, "Mbit/s")
