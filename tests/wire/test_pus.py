import construct
import pytest
from construct import ChecksumError, ConstructError, ValidationError

from wire import pus
from wire.words import Word, refusal

PING = bytes.fromhex("1802c03400062f11010000ee63")


def test_the_golden_ping_is_built():
    assert pus.build_tc(2, 52, 17, 1) == PING


def test_acceptance_is_the_lowest_acknowledgement_flag_and_completion_the_highest():
    """TC[6,2] of the public vectors asks for acceptance and completion: 1001."""
    assert (pus.ACCEPTANCE, pus.START, pus.PROGRESS, pus.COMPLETION) == (0b0001, 0b0010, 0b0100, 0b1000)
    assert pus.build_tc(2, 52, 17, 1, ack_flags=pus.ACCEPTANCE | pus.COMPLETION)[6] == 0x29


def test_a_parsed_telecommand_gives_its_fields_by_name():
    packet = pus.parse_tc(pus.build_tc(2, 52, 8, 1, b"\1\2", source_id=7))
    assert packet.header.id.apid == 2
    assert packet.header.sequence.count == 52
    assert packet.secondary.source_id == 7
    assert packet.data == b"\1\2"


@pytest.mark.parametrize("apid", [-1, 2048])
def test_a_value_that_does_not_fit_names_its_path(apid):
    with pytest.raises(ValidationError, match=r"header -> id\s+apid is -?\d+, not 0 to 2047"):
        pus.build_tc(apid, 0, 17, 1)


def test_an_idle_apid_cannot_be_commanded():
    with pytest.raises(ConstructError, match="idle"):
        pus.build_tc(0x7FF, 0, 17, 1)


def test_a_truncated_packet_is_never_accepted():
    for length in range(len(PING)):
        with pytest.raises(ConstructError):
            pus.parse_tc(PING[:length])


def test_an_octet_too_many_is_refused():
    with pytest.raises(ConstructError):
        pus.parse_tc(PING + b"\0")


def test_a_wrong_check_sum_is_named():
    with pytest.raises(ChecksumError, match="packet_error_control"):
        pus.parse_tc(PING[:-1] + b"\0")


@pytest.mark.parametrize(
    ("octet", "value", "path"),
    [(0, 0x38, "version"), (0, 0x08, "type"), (0, 0x10, "secondary_header"), (2, 0x40, "flags"), (5, 0x01, "length")],
)
def test_a_refusal_says_which_field_and_why(octet, value, path):
    wrong = bytearray(PING)
    wrong[octet] = value
    assert f"(parsing) -> body -> {path}" in refusal(pus.tc_packet, bytes(wrong))


def test_a_good_packet_has_no_refusal():
    assert refusal(pus.tc_packet, PING) == ""


def test_a_word_whose_fields_do_not_fill_it_is_not_declared():
    with pytest.raises(ValueError, match="12 bits in a word of 16"):
        Word(construct.Int16ub, a=4, b=8)
    with pytest.raises(ValidationError, match="no field c"):
        Word(construct.Int8ub, a=4, b=4).build({"a": 1, "b": 1, "c": 1})
