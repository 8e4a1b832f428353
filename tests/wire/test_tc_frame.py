import random

import pytest
from construct import ConstructError
from hypothesis import given, settings
from hypothesis import strategies as st

from wire import crc, tc_frame
from wire.frame_shapes import build_tc_control, build_tc_frame, parse_tc_frame
from wire.frame_shapes import tc_frame as shape
from wire.tc_frame import TcFrameError as E
from wire.words import refusal

# BD frame, spacecraft 758, virtual channel 0, map 2, last segment: SpacePyLibrary's TC_FRAME_02.
GOLDEN = bytes.fromhex("22f6 0023 00 82 000f001dff000000000f001eff000000000f001fff000000000fac8f 0068")
UNLOCK = bytes.fromhex("307b 0007 00 00 5575")


def with_crc(body: bytes) -> bytes:
    return body + crc.checksum(body).to_bytes(2)


def accepted_by_construct(candidate: bytes) -> bool:
    try:
        parse_tc_frame(candidate)
    except ConstructError:
        return False
    return True


def test_the_golden_frame_is_taken_apart():
    verdict, fields = tc_frame.parse(GOLDEN)
    assert verdict == E.TC_FRAME_OK
    assert fields == {
        "spacecraft_id": 758,
        "frame_length": 36,
        "virtual_channel_id": 0,
        "sequence_number": 0,
        "bypass": 1,
        "control_command": 0,
        "sequence_flags": 2,
        "map_id": 2,
        "data": GOLDEN[6:-2],
    }


def test_the_golden_frames_are_built():
    assert build_tc_frame(758, 0, GOLDEN[6:-2], map_id=2, sequence_flags=2) == GOLDEN
    assert build_tc_control(0x7B, 0, b"\0") == UNLOCK


def test_a_control_frame_has_no_segment_header():
    verdict, fields = tc_frame.parse(UNLOCK)
    assert verdict == E.TC_FRAME_OK
    assert (fields["control_command"], fields["bypass"], fields["data"]) == (1, 1, b"\0")


@given(
    st.integers(0, 1023), st.integers(0, 63), st.integers(0, 63), st.integers(0, 3), st.booleans(), st.integers(0, 255),
    st.binary(min_size=1, max_size=1016), st.integers(0, 6),
)  # fmt: skip
def test_construct_and_the_kernel_agree_on_good_frames(scid, channel, map_id, flags, bypass, number, data, fill):
    candidate = build_tc_frame(scid, channel, data, map_id, flags, bypass, number) + b"\x55" * fill
    verdict, fields = tc_frame.parse(candidate)
    reference = parse_tc_frame(candidate)
    assert verdict == E.TC_FRAME_OK
    assert fields["data"] == reference.data == data
    assert fields["spacecraft_id"] == reference.identification.spacecraft_id == scid
    assert fields["virtual_channel_id"] == reference.channel.virtual_channel_id == channel
    assert fields["map_id"] == reference.segment.map_id == map_id
    assert fields["sequence_flags"] == reference.segment.sequence_flags == flags
    assert fields["bypass"] == reference.identification.bypass == bypass
    assert fields["sequence_number"] == reference.sequence_number == number
    assert fields["frame_length"] == len(candidate) - fill


@given(st.binary(min_size=5, max_size=5), st.binary(max_size=30), st.booleans(), st.integers(0, 8))
@settings(max_examples=400)
def test_construct_and_the_kernel_agree_on_what_to_refuse(header, data, honest_length, fill):
    body = bytearray(header + data)
    if honest_length:
        body[2] &= 0xFC
        body[3] = len(body) + 1
    candidate = with_crc(bytes(body)) + b"\x55" * fill
    verdict, _ = tc_frame.parse(candidate)
    assert (verdict == E.TC_FRAME_OK) == accepted_by_construct(candidate)


@given(st.binary(max_size=40))
def test_random_octets_are_refused_by_both(candidate):
    assert tc_frame.parse(candidate)[0] != E.TC_FRAME_OK
    assert not accepted_by_construct(candidate)


def test_every_single_bit_flip_of_a_frame_is_refused():
    for bit in range(8 * len(GOLDEN)):
        wrong = bytearray(GOLDEN)
        wrong[bit // 8] ^= 0x80 >> bit % 8
        assert tc_frame.parse(wrong)[0] != E.TC_FRAME_OK


def test_every_frame_of_up_to_seven_octets_is_too_short():
    for length in range(8):
        assert tc_frame.parse(UNLOCK[:length])[0] == E.TC_FRAME_SHORT


def test_the_length_field_must_agree_with_the_octets_but_for_the_fill_of_a_cltu():
    """Every value of the field against every tenth number of octets; only frame and up to six octets of fill agree."""
    for received in range(8, 1031, 10):
        for length in range(1, 1025):
            body = bytes([0x22, 0xF6, (length - 1) >> 8, (length - 1) & 0xFF]) + bytes(max(length - 6, 2))
            candidate = (with_crc(body) + bytes(received))[:received]
            agrees = 8 <= length <= received <= length + 6
            assert (tc_frame.parse(candidate)[0] != E.TC_FRAME_LENGTH) == agrees


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("62f60007 00 00", E.TC_FRAME_VERSION),
        ("a2f60007 00 00", E.TC_FRAME_VERSION),
        ("26f60007 00 00", E.TC_FRAME_SPARE),
        ("2af60007 00 00", E.TC_FRAME_SPARE),
        ("12f60007 00 00", E.TC_FRAME_TYPE),
        ("22f60007 00 c0", E.TC_FRAME_SEGMENT),
        ("02f60007 00 c0", E.TC_FRAME_SEGMENT),
    ],
)
def test_each_fault_of_a_header_has_its_reason(header, reason):
    frame = with_crc(bytes.fromhex(header))
    assert tc_frame.parse(frame) == (reason, None)
    assert refusal(shape, frame)


def test_a_wrong_check_sum_comes_before_what_the_header_says():
    assert tc_frame.parse(bytes.fromhex("62f6000700000000"))[0] == E.TC_FRAME_FECF


def test_every_reason_has_a_text():
    assert set(tc_frame.TEXTS) == set(E)
    assert len(set(tc_frame.TEXTS.values())) == len(E)


def test_construct_names_the_field_it_refuses():
    assert "type AC" in refusal(shape, with_crc(bytes.fromhex("12f600070000")))
    assert "(parsing) -> body -> type" in refusal(shape, with_crc(bytes.fromhex("12f600070000")))
    assert "fecf" in refusal(shape, GOLDEN[:-1] + b"\0")


def test_random_damage_to_many_octets_is_refused():
    rng = random.Random(8)
    for _ in range(2000):
        wrong = bytearray(GOLDEN)
        for _ in range(rng.randrange(1, 4)):
            wrong[rng.randrange(len(wrong))] ^= rng.randrange(1, 256)
        if bytes(wrong) != GOLDEN:
            assert tc_frame.parse(wrong)[0] != E.TC_FRAME_OK
