"""Space packets that lie: about their length, their kind, their headers."""

import random

import pytest

from wire import crc, pus, space_packet
from wire.space_packet import PacketError as E

PING = pus.build_tc(0x141, 52, 17, 1, b"abc")


def with_crc(body: bytes) -> bytes:
    return body + crc.checksum(body).to_bytes(2)


@pytest.mark.long(2000)
def test_every_length_field_against_many_buffers_is_accepted_only_where_it_agrees(repetitions):
    """All 65536 values against buffers of 0 to 70000 octets: the edges always, and as many others by chance."""
    rng = random.Random(repetitions)
    for octets in [
        0,
        1,
        5,
        6,
        7,
        12,
        13,
        255,
        65535,
        65536,
        65541,
        65542,
        65543,
        70_000,
        *(rng.randrange(70_001) for _ in range(repetitions)),
    ]:
        packet = bytearray(rng.randbytes(octets))
        packet[:4] = PING[:4][:octets]
        if octets < 13:
            assert space_packet.parse_tc(packet)[0] == E.PACKET_SHORT
            continue
        for field in {octets - 7, *range(0, 65536, 1 if octets < 300 else 251)}:
            if not 0 <= field <= 0xFFFF:
                continue
            packet[4], packet[5] = field >> 8, field & 0xFF
            verdict = space_packet.parse_tc(packet)[0]
            if field + 7 != octets:
                assert verdict == E.PACKET_LENGTH
            else:
                assert verdict in (E.PACKET_CHECKSUM, E.PACKET_OK, E.PACKET_PUS)


def test_a_length_field_of_all_ones_means_65542_octets_and_nothing_less():
    whole = pus.build_tc(0x141, 0, 17, 1, bytes(65542 - 13))
    assert whole[4:6] == b"\xff\xff"
    assert space_packet.parse_tc(whole)[0] == E.PACKET_OK
    for octets in (6, 13, 65535, 65536, 65541):
        assert space_packet.parse_tc(whole[:octets])[0] in (E.PACKET_LENGTH, E.PACKET_SHORT)
    assert space_packet.parse_tc(whole + b"\0")[0] == E.PACKET_LENGTH


def test_of_all_versions_types_and_sequence_flags_only_a_stand_alone_telecommand_is_accepted():
    for version in range(8):
        for kind in range(2):
            for flags in range(4):
                body = bytearray(PING[:-2])
                body[0] = version << 5 | kind << 4 | 8 | body[0] & 7
                body[2] = flags << 6 | body[2] & 0x3F
                verdict = space_packet.parse_tc(with_crc(bytes(body)))[0]
                if version:
                    assert verdict == E.PACKET_VERSION
                elif not kind:
                    assert verdict == E.PACKET_TYPE
                elif flags != 3:
                    assert verdict == E.PACKET_SEQUENCE
                else:
                    assert verdict == E.PACKET_OK


def test_an_idle_packet_is_called_one_with_and_without_secondary_header():
    for secondary in (0, 8):
        body = bytes([0x10 | secondary | 7, 0xFF]) + PING[2:-2]
        assert space_packet.parse_tc(with_crc(body))[0] == E.PACKET_IDLE
        body = bytes([secondary | 7, 0xFF]) + PING[2:-2]
        assert space_packet.parse_tm(with_crc(body))[0] == E.PACKET_IDLE


def test_every_application_process_identifier_but_the_idle_one_is_read():
    for apid in range(2047):
        packet = pus.build_tc(apid, 0, 17, 1)
        verdict, fields = space_packet.parse_tc(packet)
        assert (verdict, fields["apid"]) == (E.PACKET_OK, apid)


def test_every_sequence_count_is_accepted_whatever_came_before():
    """Gaps, repeats, steps back and the roll-over are for whoever counts: a packet is judged by itself."""
    rng = random.Random(2)
    counts = [*range(16384), 16383, 0, 0, 5, 4, *(rng.randrange(16384) for _ in range(1000))]
    body = bytearray(PING[:-2])
    for count in counts:
        body[2:4] = (0xC000 | count).to_bytes(2)
        verdict, fields = space_packet.parse_tc(with_crc(bytes(body)))
        assert (verdict, fields["sequence_count"]) == (E.PACKET_OK, count)


def test_a_secondary_header_flag_that_lies_is_found_out():
    without = bytearray(PING[:-2])
    without[0] &= ~8
    assert space_packet.parse_tc(with_crc(bytes(without)))[0] == E.PACKET_SECONDARY
    rng = random.Random(3)
    for _ in range(2000):
        data = rng.randbytes(rng.randrange(1, 60))
        plain = bytearray(space_packet.build_plain(5, 0, data))
        plain[0] |= 8 | 0x10  # says that a secondary header and a check sum are there
        verdict = space_packet.parse_tc(bytes(plain))[0]
        assert verdict == (E.PACKET_SHORT if len(plain) < 13 else E.PACKET_CHECKSUM)
        checked = with_crc(bytes(plain[:-2])) if len(plain) >= 13 else None
        if checked:
            assert space_packet.parse_tc(checked)[0] == (E.PACKET_OK if checked[6] >> 4 == 2 else E.PACKET_PUS)


@pytest.mark.long(4000)
def test_every_single_bit_flip_of_a_packet_of_many_lengths_is_refused(repetitions):
    rng = random.Random(4)
    for length in [13, 14, 22, 23, 64, 255, 256, *(rng.randrange(22, 1030) for _ in range(max(5, repetitions // 20)))]:
        command = pus.build_tc(0x141, 9, 17, 1, rng.randbytes(length - 13))
        packets = [(command, space_packet.parse_tc)]
        if length >= 22:
            packets.append((space_packet.build_tm(0x141, 9, 3, 25, rng.randbytes(7), rng.randbytes(length - 22)), space_packet.parse_tm))
        for packet, parse in packets:
            octets = bytearray(packet)
            for place in range(length):
                for bit in range(8):
                    octets[place] ^= 1 << bit
                    assert parse(octets)[0] != E.PACKET_OK
                    octets[place] ^= 1 << bit
            assert parse(octets)[0] == E.PACKET_OK
