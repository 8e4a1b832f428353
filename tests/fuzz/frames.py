"""Packets, frames and codeblocks: decoders of one unit, each beside its reference in construct."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from math import floor
from random import Random

from construct import ConstructError

from ground.control_words import ControlWords, refusal_text, security_text
from tests.fuzz.mutate import Shape
from tests.fuzz.run import Fuzzed, Take, exact
from wire import (
    channel_code,
    clcw,
    cltu,
    frame_shapes,
    fsr,
    packet_stream,
    pus,
    randomiser,
    reed_solomon,
    space_packet,
    tc_frame,
    time_code,
)
from wire.crc import checksum
from wire.layout import LayoutRow
from wire.time_scales import TimeCodeError, parse_cds, parse_cuc
from wire.words import reference_crc, refusal

TWIN = 4  # the reference, fifty times slower, looks at one input in so many


def close(octets: bytearray) -> None:
    """The last two octets become the check sum of the others."""
    if len(octets) > 2:
        octets[-2:] = checksum(octets[:-2]).to_bytes(2, "big")


def sized(octets: bytearray) -> None:
    """A space packet's length field and check sum become right."""
    if len(octets) > 6:
        octets[4:6] = ((len(octets) - 7) & 0xFFFF).to_bytes(2, "big")
    close(octets)


def framed(octets: bytearray) -> None:
    """A TC frame's length field and check sum become right."""
    if 5 < len(octets) <= 1024:
        octets[2:4] = ((octets[2] & 0xFC) << 8 | len(octets) - 1).to_bytes(2, "big")
    close(octets)


def some(random: Random, most: int = 40) -> bytes:
    return random.randbytes(random.randrange(most))


def telecommand(random: Random) -> bytes:
    return pus.build_tc(random.randrange(0x7FF), random.getrandbits(14), random.getrandbits(8), random.getrandbits(8), some(random))


def telemetry(random: Random) -> bytes:
    time = random.randbytes(7)
    return pus.build_tm(random.randrange(0x7FF), random.getrandbits(14), random.getrandbits(8), random.getrandbits(8), time, some(random))


def uplink_frame(random: Random) -> bytes:
    if random.randrange(4) == 0:
        return frame_shapes.build_tc_control(random.getrandbits(10), random.getrandbits(6), random.choice((b"\0", b"\x82\0\x21")))
    flags, bypass = random.getrandbits(2), bool(random.getrandbits(1))
    data = some(random, 60) or b"\0"
    return frame_shapes.build_tc_frame(random.getrandbits(10), random.getrandbits(6), data, random.getrandbits(6), flags, bypass)


def _parsed(reference, octets: bytes):
    try:
        return reference(octets)
    except ConstructError:
        return None


def packet_decoder(telecommands: bool) -> Take:
    kernel, reference = (space_packet.parse_tc, pus.parse_tc) if telecommands else (space_packet.parse_tm, pus.parse_tm)
    shape = pus.tc_packet if telecommands else pus.tm_packet
    taken = 0

    def take(octets: bytes) -> None:
        nonlocal taken
        verdict, fields = kernel(exact(octets))
        taken += 1
        if taken % TWIN:
            return
        other = _parsed(reference, octets)
        assert (other is not None) == (verdict == 0), f"kernel {verdict!r}, reference {refusal(shape, octets)!r}"
        if other is not None:
            assert (fields["apid"], fields["sequence_count"]) == (other.header.id.apid, other.header.sequence.count)
            assert (fields["service"], fields["subtype"]) == (other.secondary.service, other.secondary.subtype)
            assert fields["data_length"] == len(other.data)
            if telecommands:
                assert (fields["ack_flags"], fields["source_id"]) == (other.secondary.pus.ack_flags, other.secondary.source_id)
            else:
                assert (fields["time"], fields["message_counter"]) == (other.secondary.time, other.secondary.message_counter)

    return take


def tc_frame_decoder() -> Take:
    taken = 0

    def take(octets: bytes) -> None:
        nonlocal taken
        verdict, fields = tc_frame.parse(exact(octets))
        taken += 1
        if taken % TWIN:
            return
        other = _parsed(frame_shapes.parse_tc_frame, octets)
        assert (other is not None) == (verdict == 0) == (fields is not None), repr(verdict)
        if other is not None:
            assert fields["data"] == other.data
            assert (fields["spacecraft_id"], fields["bypass"]) == (other.identification.spacecraft_id, other.identification.bypass)
            assert (fields["virtual_channel_id"], fields["sequence_number"]) == (other.channel.virtual_channel_id, other.sequence_number)
            if other.segment is not None:
                assert (fields["map_id"], fields["sequence_flags"]) == (other.segment.map_id, other.segment.sequence_flags)

    return take


def tm_frame_shape_decoder() -> Take:
    shape = frame_shapes.tm_frame(40)

    def take(octets: bytes) -> None:
        sound = refusal(shape, octets) == ""
        assert not sound or (len(octets) == 40 and checksum(octets) == 0 == reference_crc(octets))

    return take


def tm_frame_of_40(random: Random) -> bytes:
    frame = bytearray(random.randbytes(40))
    frame[0] &= 0x3F
    frame[4] &= 0x7F
    close(frame)
    return bytes(frame)


def clcw_decoder() -> Take:
    def take(octets: bytes) -> None:
        ocf = int.from_bytes(octets[:4].ljust(4, b"\0"), "big")
        fields, other = clcw.parse(ocf), frame_shapes.clcw.parse(octets[:4].ljust(4, b"\0"))
        assert (fields is not None) == (other.type == 0 and other.version == 0)
        if fields is not None:
            assert all(fields[name] == other[name] for name in fields)
            assert clcw.build(**fields) == ocf & ~(3 << 16 | 1 << 8)

    return take


def fsr_decoder() -> Take:
    """Beside a station's control words, which take what it makes of the octets."""
    words = ControlWords()
    count = 0

    def take(octets: bytes) -> None:
        nonlocal count
        word = int.from_bytes(octets[:4].ljust(4, b"\0"), "big")
        report, other = fsr.parse(word), fsr.shape.parse(octets[:4].ljust(4, b"\0"))
        assert (report is not None) == (other.type == 1 and other.version == 4)
        assert report is None or all(int(getattr(report, name)) == other[name] for name in report.__slots__)
        before = dict(words.clcw), dict(words.security)
        words.take(5, count, word)
        count = (count + 1) & 0xFF
        assert words.security.get(5) == (report if report is not None else before[1].get(5))
        assert words.clcw.get(5) == (word if not word >> 31 else before[0].get(5))
        assert report is None or (len(security_text(report)) > 10 and refusal_text(report) != security_text(report))

    return take


def security_report(random: Random) -> bytes:
    return (fsr.CLEAR | random.getrandbits(28)).to_bytes(4, "big")


def codeblock_decoder() -> Take:
    def take(octets: bytes) -> None:
        block = octets[:8].ljust(8, b"\0")
        verdict, information = cltu.decode_codeblock(exact(block), cltu.TED)
        good = block[7] == frame_shapes.reference_parity(block[:7])
        assert verdict == (0 if good else -1)
        assert cltu.parity(exact(block[:7])) == frame_shapes.reference_parity(block[:7])
        verdict, information = cltu.decode_codeblock(exact(block), cltu.SEC)
        wrong = (int.from_bytes(information, "big") ^ int.from_bytes(block[:7], "big")).bit_count()
        assert wrong <= (verdict == 1), "more than one bit was corrected"
        assert not good or verdict == 0

    return take


def reed_solomon_decoder() -> Take:
    taken = 0

    def take(octets: bytes) -> None:
        nonlocal taken
        taken += 1
        dual, checks, depth = bool(taken & 1), (32, 16)[taken >> 1 & 1], taken % 8 + 1
        length = min(255, max(checks + 1, len(octets) // depth))
        block = octets[: length * depth].ljust(length * depth, b"\x55")
        if 255 - length < 223:
            found, corrected = reed_solomon.decode_block(exact(block), depth, dual, checks, 255 - length)
            wrong = sum(a != b for a, b in zip(found, block, strict=True))
            assert wrong == max(corrected, 0) <= depth * checks // 2
            message = found[: (length - checks) * depth]
            assert corrected < 0 or reed_solomon.encode_block(message, depth, dual, checks, 255 - length) == found
        fits = True
        try:
            reed_solomon.decode(exact(octets), dual, checks)
        except ValueError:
            fits = False
        assert fits == (33 <= len(octets) <= 255)

    return take


def coded(random: Random) -> bytes:
    """A codeblock with up to eighteen wrong symbols a codeword: at, below and above what can be corrected."""
    depth, dual, checks = random.randrange(1, 6), bool(random.getrandbits(1)), random.choice((16, 32))
    block = bytearray(reed_solomon.encode_block(random.randbytes((60 - checks) * depth), depth, dual, checks, 195))
    for _ in range(random.randrange(18 * depth)):
        block[random.randrange(len(block))] = random.getrandbits(8)
    return bytes(block)


def channel_code_decoder() -> Take:
    def take(octets: bytes) -> None:
        for options in ({"frame_octets": 40, "depth": 4, "checks": 16}, {"frame_octets": len(octets), "checks": 0, "randomiser": 2}):
            try:
                frame, corrected = channel_code.decode(exact(octets), **options)
            except ValueError:
                assert len(octets) == 0 or len(octets) > 2040 or options["checks"]
                continue
            assert len(frame) == options["frame_octets"]
            assert -1 <= corrected <= 32

    return take


def randomiser_decoder() -> Take:
    def take(octets: bytes) -> None:
        for scrambled in (randomiser.tc(exact(octets)), *(randomiser.tm(exact(octets), kind) for kind in (0, 1, 2))):
            assert len(scrambled) == len(octets)
        assert randomiser.tc(randomiser.tc(octets)) == octets
        assert randomiser.tm(randomiser.tm(octets, 2), 2) == octets

    return take


def crc_decoder() -> Take:
    def take(octets: bytes) -> None:
        assert checksum(exact(octets)) == reference_crc(octets)

    return take


def time_decoder() -> Take:
    def take(octets: bytes) -> None:
        for read in (parse_cuc, parse_cds):
            with suppress(TimeCodeError):
                read(octets)
        try:
            ns = time_code.to_ns(exact(octets))
        except ValueError:
            assert len(octets) != 7
            return
        assert ns == floor(parse_cuc(octets, 0x1F).seconds * 10**9 + Fraction(1, 2))
        assert time_code.to_ticks(0, 1000, exact(octets)) == (ns + 500) // 1000
        assert abs(time_code.to_ticks(1_925_173_237, 10_000_000, exact(octets)) * 10_000_000 + 1_925_173_237 * 10**9 - ns) <= 5_000_000

    return take


def recording_of_packets(random: Random) -> bytes:
    return b"".join(telemetry(random) for _ in range(random.randrange(1, 5)))


def packet_stream_decoder() -> Take:
    def take(octets: bytes) -> None:
        rows, rest = packet_stream.scan(exact(octets))
        at = 0
        for row in rows:
            assert int(row["offset"]) == at
            length = int.from_bytes(octets[at + 4 : at + 6], "big") + 7
            assert int(row["length"]) == length
            assert bool(row["sound"]) == (checksum(octets[at : at + length]) == 0)
            at += length
        assert at + rest == len(octets)
        assert rest < 6 or octets[at] >> 5 or int.from_bytes(octets[at + 4 : at + 6], "big") + 7 > rest
        fields = (LayoutRow("service", 7, "u8", None), LayoutRow("late", 19, "u32", None), LayoutRow("wide", 9, "f64", None))
        read = packet_stream.decode(exact(octets), fields)
        assert len(read.rows) + read.other + read.unsound + read.short == len(rows)
        for row, service, late in zip(read.rows, read.columns["service"], read.columns["late"], strict=True):
            at = int(row["offset"])
            assert (int(service), int(late)) == (octets[at + 7], int.from_bytes(octets[at + 19 : at + 23], "big"))

    return take


ENTRIES = (
    Fuzzed(
        "space_packet.tc", ("wire.space_packet.parse_tc", "wire.pus.parse_tc", "wire.words.refusal"), telecommand,
        lambda: packet_decoder(True), 900_000, Shape(((0, 2), (2, 2), (4, 2), (6, 1)), sized),
    ),
    Fuzzed(
        "space_packet.tm", ("wire.space_packet.parse_tm", "wire.pus.parse_tm"), telemetry, lambda: packet_decoder(False), 900_000,
        Shape(((0, 2), (2, 2), (4, 2), (6, 1)), sized),
    ),
    Fuzzed(
        "tc_frame", ("wire.tc_frame.parse", "wire.frame_shapes.parse_tc_frame"), uplink_frame, tc_frame_decoder, 900_000,
        Shape(((0, 2), (2, 2), (4, 1), (5, 1)), framed),
    ),
    Fuzzed("tm_frame.shape", ("wire.words.refusal",), tm_frame_of_40, tm_frame_shape_decoder, 30_000, Shape(((4, 2),), close), False),
    Fuzzed("clcw", ("wire.clcw.parse",), lambda random: random.randbytes(4), clcw_decoder, 300_000),
    Fuzzed("fsr", ("wire.fsr.parse",), security_report, fsr_decoder, 200_000, Shape(((0, 1), (1, 2), (3, 1))), False),
    Fuzzed(
        "codeblock", ("wire.cltu.decode_codeblock", "wire.cltu.parity", "wire.frame_shapes.reference_parity"),
        lambda random: cltu.encode(random.randbytes(7))[2:10], codeblock_decoder, 200_000,
    ),
    Fuzzed("reed_solomon", ("wire.reed_solomon.decode", "wire.reed_solomon.decode_block"), coded, reed_solomon_decoder, 300_000),
    Fuzzed(
        "channel_code", ("wire.channel_code.decode",), lambda random: channel_code.encode(random.randbytes(40), depth=4, checks=16),
        channel_code_decoder, 300_000,
    ),
    Fuzzed("randomiser", ("wire.randomiser.tm", "wire.randomiser.tc"), lambda random: some(random, 300), randomiser_decoder, 200_000),
    Fuzzed("crc", ("wire.crc.checksum",), lambda random: some(random, 600), crc_decoder, 400_000),
    Fuzzed(
        "time_code",
        ("wire.time_code.to_ns", "wire.time_code.to_ticks", "wire.time_scales.parse_cuc", "wire.time_scales.parse_cds"),
        lambda random: random.choice((b"\x1f", b"\x40", b"\x2f", b"")) + random.randbytes(random.choice((6, 7, 8))),
        time_decoder, 200_000,
    ),
    Fuzzed(
        "packet_stream", ("wire.packet_stream.scan", "wire.packet_stream.decode"), recording_of_packets, packet_stream_decoder, 250_000,
        Shape(((0, 2), (4, 2)), sized),
    ),
)  # fmt: skip
