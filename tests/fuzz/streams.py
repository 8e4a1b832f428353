"""Decoders of streams: what comes of the same octets does not depend on how they are cut, and never has more octets than came."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

from tests.fuzz.frames import close, framed, telecommand, telemetry, uplink_frame
from tests.fuzz.mutate import Shape
from tests.fuzz.run import Fuzzed, Take, exact
from wire import bare_frame, cadu, cltu, convolutional, segment, tm_chain, tm_frame
from wire.crc import checksum


def cut_alike(make: Callable[[], Any], check: Callable[[bytes], None] = lambda unit: None, most: float = 1.0) -> Callable[[], Take]:
    """Two decoders of one kind: one gets each input in a piece, the other in three. `most`: octets out for each octet in, ever."""

    def decoder() -> Take:
        whole, parts = make(), make()
        came = gone = 0

        def take(octets: bytes) -> None:
            nonlocal came, gone
            found = whole.feed(exact(octets))
            at = len(octets) // 3
            cut = [unit for part in (octets[:at], octets[at : at + 1], octets[at + 1 :]) for unit in parts.feed(exact(part))]
            assert found == cut, "the same octets, cut otherwise, give other units"
            came += len(octets)
            gone += sum(map(len, found))
            assert gone <= most * came, "more came out than went in"
            for unit in found:
                check(unit)

        return take

    return decoder


def uplink(random: Random) -> bytes:
    """A CLTU, now and then behind noise."""
    noise = random.randbytes(random.randrange(12)) if random.randrange(3) == 0 else b""
    return noise + cltu.encode(uplink_frame(random), bool(random.getrandbits(1)))


def repaired(octets: bytearray) -> None:
    """The codeblocks behind the first start sequence get right parity, so that damage passes them."""
    at = octets.find(cltu.START)
    for block in range(at + 2, len(octets) - 15, 8) if at >= 0 else ():
        octets[block + 7] = cltu.parity(octets[block : block + 7])


def loaded_cltu_decoder() -> Take:
    """A record that was hit by an upset writes and reads nothing outside itself."""
    size = cltu.Decoder().record().nbytes

    def take(octets: bytes) -> None:
        decoder = cltu.Decoder()
        try:
            decoder.load(exact(octets))
        except ValueError:
            assert len(octets) != size
            return
        for unit in decoder.feed(exact(octets)):
            assert 0 < len(unit) <= 1029

    return take


def cltu_record(random: Random) -> bytes:
    decoder = cltu.Decoder(random.getrandbits(1))
    decoder.feed(uplink(random)[: random.randrange(1, 60)])
    return decoder.record().tobytes()


def loaded_channel_decoder() -> Take:
    size = tm_frame.Channel(1, 0).record().nbytes

    def take(octets: bytes) -> None:
        channel = tm_frame.Channel(0x1C4, 0)
        try:
            channel.load(exact(octets))
        except ValueError:
            assert len(octets) != size
            return
        packet = octets[:100]
        while not channel.append(exact(packet)):
            assert checksum(channel.finish()) == 0
        for send in (channel.finish, channel.idle):
            with suppress(ValueError):  # a packet is under way
                assert checksum(send()) == 0

    return take


def channel_record(random: Random) -> bytes:
    channel = tm_frame.Channel(0x1C4, random.getrandbits(3))
    for _ in range(random.randrange(6)):
        channel.append(telemetry(random))
    return channel.record().tobytes()


OCTETS = 60  # of the frames of the downlink here: short, so that there are many


def downlink_frame(random: Random, count: int) -> bytes:
    """A TM frame: packets behind one another, the pointer at the first, now and then none or a wrong one."""
    data = b"".join(telemetry(random) for _ in range(3))[: OCTETS - 12]
    pointer = random.choice((0, 0, 0, 5, 0x7FE, 0x7FF, random.getrandbits(11)))
    frame = bytearray(b"\x1c\x41" + bytes([count & 0xFF, count & 0xFF]) + (0x1800 | pointer).to_bytes(2, "big") + data)
    frame[1] |= random.getrandbits(1) << 1
    frame += bytes(OCTETS - len(frame))
    close(frame)
    return bytes(frame)


def several_frames(random: Random) -> bytes:
    first = random.getrandbits(8)
    return b"".join(downlink_frame(random, first + i) for i in range(random.randrange(1, 4)))


def reassembler_decoder() -> Take:
    """Frames as they come, one in each input. No packet is made of octets that did not come, and each is as long as it says."""
    reassembler = tm_frame.Reassembler(OCTETS)
    came = gone = 0

    def take(octets: bytes) -> None:
        nonlocal came, gone
        frame = octets[:OCTETS].ljust(OCTETS, b"\0")
        came += OCTETS
        for packet in reassembler.feed(exact(frame)):
            assert len(packet) == int.from_bytes(packet[4:6], "big") + 7
            assert packet[0] >> 5 == 0
            gone += len(packet)
        assert gone <= came

    return take


CODE = {"frame_octets": OCTETS, "depth": 2, "checks": 16}


def coded_stream(random: Random) -> bytes:
    first = random.getrandbits(8)
    return b"".join(cadu.encode(downlink_frame(random, first + i), **CODE) for i in range(random.randrange(1, 4)))


def bare_stream(random: Random) -> bytes:
    first = random.getrandbits(8)
    uncoded = {"frame_octets": OCTETS, "checks": 0, "randomiser": 0}
    return b"".join(cadu.encode(downlink_frame(random, first + i), **uncoded) for i in range(random.randrange(1, 4)))


def sound(frame: bytes) -> None:
    assert checksum(frame) == 0


def chain_decoder() -> Take:
    """The whole chain in one loop gives what its parts give one behind the other, frame rows and index included."""
    chain = tm_chain.TmChain((0x1C4, 0x2C4), **CODE)
    opened, synchroniser = tm_chain.TmChain((0x1C4, 0x2C4), **CODE), cadu.Synchroniser(**CODE)
    channels: dict[int, tm_frame.Reassembler] = {}

    def take(octets: bytes) -> None:
        rows, buffer = chain.feed(exact(octets))
        found = [bytes(buffer[int(r["offset"]) : int(r["offset"]) + int(r["length"])]) for r in rows]
        expected = []
        frames = synchroniser.feed(exact(octets))
        assert len(chain.frame_rows()) == len(frames)
        for frame in frames:
            word = int.from_bytes(frame[:2], "big")
            if word >> 4 in (0x1C4, 0x2C4):
                expected += channels.setdefault(word & 0xFFFE, tm_frame.Reassembler(OCTETS)).feed(frame)
        assert found == expected
        rows, buffer = opened.feed_frames(exact(b"".join(frames)))
        assert [bytes(buffer[int(r["offset"]) : int(r["offset"]) + int(r["length"])]) for r in rows] == expected

    return take


def splitter_decoder() -> Take:
    splitter, waiting = bare_frame.Splitter(), b""

    def take(octets: bytes) -> None:
        nonlocal waiting
        found = splitter.feed(exact(octets))
        waiting += octets
        expected = []
        while len(waiting) >= 5:
            length = max(((waiting[2] & 3) << 8 | waiting[3]) + 1, 5)
            if len(waiting) < length:
                break
            expected.append(waiting[:length])
            waiting = waiting[length:]
        assert found == expected

    return take


def segment_decoder() -> Take:
    """Segments of three MAPs against a model of five lines: what is under way, and whether anything is."""
    demultiplexer = segment.Demultiplexer((0, 1, 5), patience=5000)
    under_way: dict[int, bytes | None] = {0: None, 1: None, 5: None}
    tick = 0

    def take(octets: bytes) -> None:
        nonlocal tick
        header, data = (octets[0], octets[1:]) if octets else (0, b"")
        map_id, flags, tick = header & 7, header >> 6, tick + 1
        found = demultiplexer.take(map_id, flags, exact(data), tick)
        if map_id not in under_way:
            assert found is None
            return
        before = b"" if flags & 1 else under_way[map_id]
        under_way[map_id] = None
        if before is not None and len(before) + len(data) <= segment.ROOM:
            if flags & 2:
                assert (found or b"") == before + data
                return
            under_way[map_id] = before + data
        assert found is None

    return take


def segments(random: Random) -> bytes:
    return bytes([random.getrandbits(2) << 6 | random.choice((0, 1, 5))]) + telecommand(random)


def soft_decoder() -> Take:
    """Soft decisions, whole and cut; as many octets as there are symbols for, less what waits."""
    whole, parts = convolutional.Decoder(), convolutional.Decoder()
    came = gone = 0

    def take(octets: bytes) -> None:
        nonlocal came, gone
        found = whole.feed_soft(exact(octets * 8))
        at = len(octets) // 2
        assert found == parts.feed_soft(exact(octets[:at])) + parts.feed_soft(exact(octets[at:] + octets * 7))
        came, gone = came + 8 * len(octets), gone + len(found)
        assert gone <= came // 16

    return take


ENTRIES = (
    Fuzzed(
        "cltu", ("wire.cltu.Decoder.feed",), uplink, cut_alike(cltu.Decoder), 500_000, Shape(((0, 2), (9, 1)), repaired)
    ),
    Fuzzed(
        "cltu.correcting", ("wire.cltu.Decoder.feed",), uplink, cut_alike(lambda: cltu.Decoder(cltu.SEC, True)), 250_000,
        Shape(((0, 2), (9, 1)), repaired),
    ),
    Fuzzed(
        "cltu.record", ("wire.cltu.Decoder.load",), cltu_record, loaded_cltu_decoder, 150_000,
        Shape(tuple((80 + 4 * i, 4) for i in range(8))),
    ),
    Fuzzed(
        "tm_frame.record", ("wire.tm_frame.Channel.load", "wire.tm_frame.Channel.append"), channel_record, loaded_channel_decoder, 100_000,
        Shape(tuple((24 + 2 * i, 2) for i in range(12))),
    ),
    Fuzzed(
        "tm_frame", ("wire.tm_frame.Reassembler.feed",), lambda random: downlink_frame(random, random.getrandbits(8)), reassembler_decoder,
        700_000, Shape(((0, 2), (3, 1), (4, 2), (10, 2)), close),
    ),
    Fuzzed("bare_frame", ("wire.bare_frame.Splitter.feed",), uplink_frame, splitter_decoder, 500_000, Shape(((2, 2),), framed)),
    Fuzzed("segment", ("wire.segment.Demultiplexer.take",), segments, segment_decoder, 600_000, Shape(((0, 1),))),
    Fuzzed(
        "cadu", ("wire.cadu.Synchroniser.feed",), coded_stream,
        cut_alike(lambda: cadu.Synchroniser(**CODE, search_tolerance=2), sound), 200_000,
    ),
    Fuzzed(
        "cadu.uncoded", ("wire.cadu.Synchroniser.feed",), bare_stream,
        cut_alike(lambda: cadu.Synchroniser(frame_octets=OCTETS, checks=0, randomiser=0, slip_bits=32), sound), 200_000, Shape(((0, 4),)),
    ),
    Fuzzed("tm_chain", ("wire.tm_chain.TmChain.feed", "wire.tm_chain.TmChain.feed_frames"), coded_stream, chain_decoder, 200_000),
    Fuzzed(
        "convolutional", ("wire.convolutional.Decoder.feed",), lambda random: convolutional.Encoder().feed(random.randbytes(30)),
        cut_alike(lambda: Octets(convolutional.Decoder()), most=0.5), 40_000,
    ),
    Fuzzed(
        "convolutional.soft", ("wire.convolutional.Decoder.feed_soft",), lambda random: random.randbytes(60), soft_decoder, 40_000
    ),
)  # fmt: skip


class Octets:
    """A decoder whose output is a stream: each octet counts as a unit."""

    def __init__(self, decoder: Any) -> None:
        self.decoder = decoder

    def feed(self, octets: Any) -> list[bytes]:
        return [bytes([octet]) for octet in self.decoder.feed(octets)]
