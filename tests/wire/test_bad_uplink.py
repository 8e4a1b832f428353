"""Damaged and hostile telecommand links: counts and places in full, as far as a count can be had in seconds."""

import itertools
import random

import pytest

from wire import cltu, crc, pus, tc_frame
from wire.tc_frame import TcFrameError as E

LANDER = 0x1C4
FRAME = tc_frame.build(pus.build_tc(0x141, 7, 17, 1, bytes(10)), LANDER, 0)
CLTU = cltu.encode(FRAME)
BLOCK = CLTU[2:10]
LDPC_START = bytes.fromhex("0347 76c7 2728 95b0")
LDPC_TAIL = bytes.fromhex("5555 5556 aaaa aaaa 5555 5555 5555 5555")


def flipped(octets: bytes, *bits: int) -> bytes:
    out = bytearray(octets)
    for bit in bits:
        out[bit >> 3] ^= 0x80 >> (bit & 7)
    return bytes(out)


def accepted(candidates: list[bytes]) -> list[bytes]:
    return [candidate for candidate in candidates if tc_frame.parse(candidate)[0] == E.TC_FRAME_OK]


def with_crc(body: bytes) -> bytes:
    return body + crc.checksum(body).to_bytes(2)


def syndromes_of_frame_bits() -> list[int]:
    """By bit of FRAME: what flipping it adds to the remainder of the check sum."""
    return [crc.checksum(flipped(FRAME, bit)) for bit in range(8 * len(FRAME))]


def test_every_single_flip_of_every_codeblock_of_a_cltu_is_corrected_or_costs_the_frame():
    for bit in range(16, 8 * len(CLTU) - 64):
        wrong = flipped(CLTU, bit)
        filler = bit % 64 == 15
        ted, sec = cltu.Decoder(cltu.TED), cltu.Decoder(cltu.SEC)
        assert accepted(ted.feed(wrong)) == []
        assert [one[: len(FRAME)] for one in accepted(sec.feed(wrong))] == ([] if filler else [FRAME])
        assert ted.record()["blocks_rejected"] >= 1
        assert sec.record()["blocks_corrected"] == (0 if filler else 1)


def test_triple_flips_that_look_like_single_ones_die_at_the_check_sum():
    """39060 of the 39711 triples of a codeblock are miscorrected by SEC, into four wrong bits in all: the FECF sees each."""
    miscorrected = 0
    frame_bits = syndromes_of_frame_bits()
    for bits in itertools.combinations(range(63), 3):
        verdict, information = cltu.decode_codeblock(flipped(BLOCK, *bits), cltu.SEC)
        if verdict < 0:
            continue
        miscorrected += 1
        remainder, difference = 0, int.from_bytes(information) ^ int.from_bytes(BLOCK[:7])
        assert difference
        while difference:
            low = difference & -difference
            remainder ^= frame_bits[55 - (low.bit_length() - 1)]
            difference ^= low
        assert remainder != 0
    assert miscorrected == 39_060


def test_some_miscorrected_triples_through_the_whole_chain_give_no_frame():
    rng = random.Random(1)
    for _ in range(3000):
        wrong = flipped(CLTU, *(16 + bit for bit in rng.sample(range(63), 3)))
        assert accepted(cltu.Decoder(cltu.SEC).feed(wrong)) == []


def test_quadruple_flips_that_no_codeblock_shows_die_at_the_check_sum():
    """9765 of the 595665 quadruples are codewords: TED accepts them, the FECF does not."""
    frame_bits = [crc.checksum(flipped(FRAME, bit)) for bit in range(56)] + [0] * 7
    parities = [
        int.from_bytes(bytes([cltu.parity(flipped(BLOCK[:7], bit)) ^ BLOCK[7]])) if bit < 56 else 1 << (63 - bit) for bit in range(63)
    ]
    undetected = 0
    for first in range(63):
        for bits in itertools.combinations(range(first + 1, 63), 3):
            if parities[first] ^ parities[bits[0]] ^ parities[bits[1]] ^ parities[bits[2]]:
                continue
            undetected += 1
            assert cltu.decode_codeblock(flipped(BLOCK, first, *bits), cltu.TED)[0] == 0
            information = [bit for bit in (first, *bits) if bit < 56]
            remainder = 0
            for bit in information:
                remainder ^= frame_bits[bit]
            assert remainder != 0
    assert undetected == 9765


@pytest.mark.parametrize("slip", [-1, 1])
def test_a_slip_of_one_bit_inside_a_cltu_costs_that_cltu_alone(slip):
    bits = f"{int.from_bytes(CLTU):0{8 * len(CLTU)}b}"
    for place in range(17, len(bits) - 64, 3):
        torn = bits[:place] + "1" + bits[place:] if slip > 0 else bits[:place] + bits[place + 1 :]
        torn += "01" * ((-len(torn) % 8) // 2) + "0" * (len(torn) % 2)
        stream = int(torn, 2).to_bytes(len(torn) // 8) + b"\x55" * 8
        for mode in (cltu.TED, cltu.SEC):
            got = accepted(cltu.Decoder(mode).feed(stream + CLTU))
            assert [one[: len(FRAME)] for one in got] == [FRAME]


@pytest.mark.long(100)
def test_codeblocks_without_end_are_cut_at_the_longest_frame_and_take_no_memory(repetitions):
    """A hundred thousand codeblocks each time, ten million in full."""
    decoder = cltu.Decoder()
    block = bytes(7) + bytes([cltu.parity(bytes(7))])
    decoder.feed(cltu.START)
    for i in range(repetitions):
        assert decoder.feed((cltu.START if i else b"") + block * 100_000) == []
    assert decoder.record()["overlong"] == repetitions
    assert [one[: len(FRAME)] for one in decoder.feed(CLTU)] == [FRAME]


def test_randomised_frames_on_a_plain_channel_and_plain_ones_on_a_randomised_are_refused():
    rng = random.Random(2)
    for _ in range(2000):
        frame = tc_frame.build(rng.randbytes(rng.randrange(1, 60)), LANDER, 0)
        for sent, expected in ((True, False), (False, True)):
            candidates = cltu.Decoder(derandomise=expected).feed(cltu.encode(frame, randomise=sent))
            assert accepted(candidates) == []
            assert len(candidates) == 1


def test_start_and_tail_of_the_other_code_are_ignored():
    for mode in (cltu.TED, cltu.SEC):
        decoder = cltu.Decoder(mode)
        assert accepted(decoder.feed(LDPC_START + bytes(range(64)) + LDPC_TAIL)) == []
        assert [one[: len(FRAME)] for one in accepted(decoder.feed(CLTU))] == [FRAME]
    # A tail of the other code does not end a CLTU: its first octets are a codeblock that fails, and so the CLTU ends as it must.
    candidates = cltu.Decoder().feed(CLTU[:-8] + LDPC_TAIL + CLTU)
    assert [one[: len(FRAME)] for one in accepted(candidates)] == [FRAME, FRAME]


@pytest.mark.parametrize("octets", [0, 1, 2, 3, 5, 6, 7])
def test_a_start_followed_by_less_than_a_codeblock_gives_nothing_and_costs_at_most_the_next(octets):
    """TED sees that the codeblock is torn. To SEC many a torn codeblock looks like one wrong bit, and takes the next CLTU along."""
    for mode in (cltu.TED, cltu.SEC):
        decoder = cltu.Decoder(mode)
        assert decoder.feed(CLTU[: 2 + octets]) == []
        got = [one[: len(FRAME)] for one in accepted(decoder.feed(CLTU + CLTU))]
        if mode == cltu.TED:
            assert got == [FRAME, FRAME]
            assert (decoder.record()["blocks_rejected"], decoder.record()["empty"]) == (1, 1)
        else:
            assert got in ([FRAME, FRAME], [FRAME])


def test_a_cltu_that_is_no_multiple_of_a_codeblock_costs_itself_alone():
    for cut in range(3, len(CLTU) - 1):
        decoder = cltu.Decoder()
        got = [one[: len(FRAME)] for one in accepted(decoder.feed(CLTU[:cut] + b"\x55" * 3 + CLTU))]
        assert got == ([FRAME, FRAME] if cut >= len(CLTU) - 8 else [FRAME])
        assert decoder.record()["tails"] >= 1
        assert decoder.record()["blocks_rejected"] == 1


def test_a_missed_tail_executes_nothing_twice():
    """A tail made a codeblock by single error correction adds octets that the frame's length cuts off."""
    for bit in range(64):
        got = accepted(cltu.Decoder(cltu.SEC).feed(CLTU[:-8] + flipped(cltu.TAIL, bit) + b"\x55" * 16))
        assert [one[: len(FRAME)] for one in got] == [FRAME]


@pytest.mark.long(1017)
def test_every_single_bit_flip_of_a_frame_of_every_length_is_refused(repetitions):
    """Types BD and AD, whole, first, continuing and last, and BC; lengths 8 to 1024, each in full: 37.8 million frames."""
    rng = random.Random(repetitions)
    lengths = range(8, 1025) if repetitions == 1017 else [8, 9, 12, 65, 128, 257, *rng.sample(range(8, 1025), 4)]
    for length in lengths:
        kinds = [tc_frame.build(rng.randbytes(length - 7), LANDER, 0, control_command=True)]
        for bypass, flags in itertools.product((True, False), range(4)):
            map_id, number = int(flags != 3), 0 if bypass else rng.getrandbits(8)
            head = bytes([0x21 if bypass else 0x01, 0xC4, length - 1 >> 8, length - 1 & 0xFF, number, flags << 6 | map_id])
            kinds.append(with_crc(head + rng.randbytes(length - 8)))
            assert length == 8 or tc_frame.parse(kinds[-1])[0] == E.TC_FRAME_OK
        for kind in kinds:
            assert len(kind) == length
            octets = bytearray(kind)
            for place in range(length):
                for bit in range(8):
                    octets[place] ^= 1 << bit
                    assert tc_frame.parse(octets)[0] != E.TC_FRAME_OK
                    octets[place] ^= 1 << bit


def test_every_burst_of_up_to_sixteen_bits_has_a_syndrome():
    """At one place: moving a burst multiplies its remainder by a power of x, which has an inverse, so it never becomes zero."""
    zero = crc.checksum(bytes(6))
    for pattern in range(1, 1 << 16, 2):
        assert crc.checksum((pattern << 16).to_bytes(6)) != zero
    for place in range(8 * 64):
        assert crc.checksum(flipped(bytes(64), place)) != crc.checksum(bytes(64))


@pytest.mark.long(1018)
def test_only_a_length_field_that_agrees_with_what_came_is_accepted(repetitions):
    """Every value of the field, against every number of octets from 7 to 1024 in full: 1.04 million pairs."""
    rng = random.Random(4)
    received = range(7, 1025) if repetitions == 1018 else sorted({7, 8, 9, 14, 1018, 1024, *rng.sample(range(7, 1025), 6)})
    for octets in received:
        candidate = bytearray(rng.randbytes(octets))
        candidate[:2] = b"\x21\xc4"
        for field in range(1024):
            candidate[2], candidate[3] = field >> 8, field & 0xFF
            length = field + 1
            agrees = 8 <= length <= octets <= length + 6
            verdict = tc_frame.parse(candidate)[0]
            if not agrees:
                assert verdict == (E.TC_FRAME_SHORT if octets < 8 else E.TC_FRAME_LENGTH)
            else:
                assert verdict in (E.TC_FRAME_FECF, E.TC_FRAME_OK)
                candidate[length - 2 : length] = crc.checksum(candidate[: length - 2]).to_bytes(2)
                assert tc_frame.parse(candidate)[0] in (E.TC_FRAME_OK, E.TC_FRAME_SEGMENT)


def test_of_all_first_octets_only_those_of_version_zero_spare_zero_and_a_type_that_exists_are_accepted():
    for first in range(256):
        verdict = tc_frame.parse(with_crc(bytes([first, 0xC4, 0, 8, 0, 0xC0, 1])))[0]
        version, bypass, control, spare = first >> 6, first >> 5 & 1, first >> 4 & 1, first >> 2 & 3
        if version:
            assert verdict == E.TC_FRAME_VERSION
        elif spare:
            assert verdict == E.TC_FRAME_SPARE
        elif control and not bypass:
            assert verdict == E.TC_FRAME_TYPE
        else:
            assert verdict == E.TC_FRAME_OK


def test_a_control_command_without_bypass_is_never_a_directive():
    """Type AC, with Unlock, with every Set V(R), on every virtual channel."""
    for channel in range(64):
        for directive in (b"\0", *(bytes([0x82, 0, value]) for value in range(0, 256, 5))):
            body = bytes([0x11, 0xC4, channel << 2, 6 + len(directive), 0]) + directive
            assert tc_frame.parse(with_crc(body)) == (E.TC_FRAME_TYPE, None)
