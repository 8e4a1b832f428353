import pytest
from construct import ConstructError
from hypothesis import given, settings
from hypothesis import strategies as st
from spacepackets.ccsds.time import CdsShortTimestamp
from spacepackets.ecss.tc import PusTc
from spacepackets.ecss.tm import PusTm

from wire import crc, pus, space_packet
from wire.space_packet import PacketError as E

# TC[17,1], APID 2, count 52, all acknowledgements, source 0.
PING = bytes.fromhex("1802 c034 0006 2f 11 01 0000 ee63")
TIME = bytes.fromhex("7c9d1e28400000")
# TM[17,2], APID 0x123, count 0x234, message counter 5, destination 9, no data.
PONG = bytes.fromhex("0923 c234 000f 20 11 02 0005 0009 7c9d1e28400000")

octet, word = st.integers(0, 255), st.integers(0, 0xFFFF)
apid, count = st.integers(0, 0x7FE), st.integers(0, 0x3FFF)


def with_crc(body: bytes) -> bytes:
    return body + crc.checksum(body).to_bytes(2)


def accepted_by_construct(shape, octets: bytes) -> bool:
    try:
        shape.parse(octets)
    except ConstructError:
        return False
    return True


def test_the_ping_is_taken_apart():
    verdict, fields = space_packet.parse_tc(PING)
    assert verdict == E.PACKET_OK
    assert fields == {
        "length": 13,
        "data_length": 0,
        "packet_id": 0x1802,
        "sequence_control": 0xC034,
        "apid": 2,
        "sequence_count": 52,
        "source_id": 0,
        "ack_flags": 15,
        "service": 17,
        "subtype": 1,
    }


def test_the_golden_report_is_written():
    built = space_packet.build_tm(0x123, 0x234, 17, 2, TIME, b"", 5, 9)
    assert built == with_crc(PONG)
    assert built[-2:].hex() == "df26"


@given(apid, count, octet, octet, word, word, st.binary(max_size=300))
def test_construct_and_the_kernel_write_the_same_report(apid, count, service, subtype, counter, destination, data):
    kernel = space_packet.build_tm(apid, count, service, subtype, TIME, data, counter, destination)
    assert kernel == pus.build_tm(apid, count, service, subtype, TIME, data, counter, destination)
    verdict, fields = space_packet.parse_tm(kernel)
    parsed = pus.parse_tm(kernel)
    assert verdict == E.PACKET_OK
    assert (fields["service"], fields["subtype"]) == (parsed.secondary.service, parsed.secondary.subtype) == (service, subtype)
    assert fields["message_counter"] == parsed.secondary.message_counter == counter
    assert fields["destination_id"] == parsed.secondary.destination_id == destination
    assert fields["time"] == parsed.secondary.time == TIME
    assert fields["data_length"] == len(parsed.data) == len(data)


@given(apid, count, octet, octet, st.integers(0, 15), word, st.binary(max_size=300))
def test_construct_the_kernel_and_spacepackets_agree_on_telecommands(apid, count, service, subtype, ack, source, data):
    packet = pus.build_tc(apid, count, service, subtype, data, ack, source)
    peer = PusTc(service=service, message_subtype=subtype, apid=apid, seq_count=count, app_data=data, ack_flags=ack, source_id=source)
    assert packet == peer.pack()
    verdict, fields = space_packet.parse_tc(packet)
    assert verdict == E.PACKET_OK
    assert (fields["apid"], fields["sequence_count"], fields["ack_flags"], fields["source_id"]) == (apid, count, ack, source)
    assert packet[11 : 11 + fields["data_length"]] == data


@given(apid, count, octet, octet, word, word, st.binary(max_size=100))
def test_spacepackets_reads_our_reports(apid, count, service, subtype, counter, destination, data):
    stamp = CdsShortTimestamp(0, 0).pack()
    packet = space_packet.build_tm(apid, count, service, subtype, stamp, data, counter, destination)
    peer = PusTm.unpack(packet, len(stamp))
    assert (peer.apid, peer.service, peer.tm_data) == (apid, service, data)


@given(st.binary(max_size=13), st.booleans(), st.booleans())
@settings(max_examples=500)
def test_construct_and_the_kernel_agree_on_what_to_refuse(octets, plausible, telecommand):
    """Random headers, some made plausible, with honest lengths and check sums."""
    body = bytearray(octets.ljust(9, b"\0"))
    if plausible:
        body[0] = body[0] & 7 | (0x18 if telecommand else 0x08)
        body[2] |= 0xC0
        body[4:6] = (len(body) - 5).to_bytes(2)
    packet = with_crc(bytes(body))
    assert (space_packet.parse_tc(packet)[0] == E.PACKET_OK) == accepted_by_construct(pus.tc_packet, packet)
    assert (space_packet.parse_tm(packet)[0] == E.PACKET_OK) == accepted_by_construct(pus.tm_packet, packet)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("3802c0340006 2f11010000", E.PACKET_VERSION),
        ("0802c0340006 2f11010000", E.PACKET_TYPE),
        ("1fffc0340006 2f11010000", E.PACKET_IDLE),
        ("1002c0340006 2f11010000", E.PACKET_SECONDARY),
        ("180240340006 2f11010000", E.PACKET_SEQUENCE),
        ("180200340006 2f11010000", E.PACKET_SEQUENCE),
        ("180280340006 2f11010000", E.PACKET_SEQUENCE),
        ("1802c0340005 2f11010000", E.PACKET_LENGTH),
        ("1802c034ffff 2f11010000", E.PACKET_LENGTH),
        ("1802c0340006 1f11010000", E.PACKET_PUS),
        ("1802c0340005 2f110100", E.PACKET_SHORT),
    ],
)
def test_each_fault_of_a_telecommand_has_its_reason(body, reason):
    packet = with_crc(bytes.fromhex(body))
    assert space_packet.parse_tc(packet)[0] == reason
    assert not accepted_by_construct(pus.tc_packet, packet)


def test_every_single_bit_flip_of_a_telecommand_is_refused():
    for bit in range(8 * len(PING)):
        wrong = bytearray(PING)
        wrong[bit // 8] ^= 0x80 >> bit % 8
        assert space_packet.parse_tc(wrong)[0] != E.PACKET_OK


def test_a_refused_telecommand_keeps_the_words_that_name_it():
    verdict, fields = space_packet.parse_tc(PING[:-1] + b"\0")
    assert verdict == E.PACKET_CHECKSUM
    assert (fields["packet_id"], fields["sequence_control"], fields["service"]) == (0x1802, 0xC034, 0)


def test_every_truncation_is_refused():
    for length in range(len(PING)):
        assert space_packet.parse_tc(PING[:length])[0] in (E.PACKET_SHORT, E.PACKET_LENGTH)


def test_every_length_field_but_the_right_one_is_refused():
    for field in range(65536):
        packet = with_crc(PING[:4] + field.to_bytes(2) + PING[6:-2])
        assert (space_packet.parse_tc(packet)[0] == E.PACKET_OK) == (field == 6)


def test_the_longest_packet_of_65542_octets_passes():
    packet = pus.build_tc(2, 0, 17, 1, bytes(65542 - 13))
    assert packet[4:6] == b"\xff\xff"
    verdict, fields = space_packet.parse_tc(packet)
    assert (verdict, fields["length"]) == (E.PACKET_OK, 65542)
    assert len(space_packet.build_tm(2, 0, 17, 1, TIME, bytes(65520))) == 65542
    with pytest.raises(ValueError):
        space_packet.build_tm(2, 0, 17, 1, TIME, bytes(65521))


def test_every_reason_has_a_text():
    assert set(space_packet.TEXTS) == set(E)
