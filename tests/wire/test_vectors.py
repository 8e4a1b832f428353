"""Every public vector of the link, through construct and through the kernels, with the verdict it was recorded with."""

import hashlib
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from tests.wire.vectors import load
from wire import cadu, channel_code, cltu, crc, pus, randomiser, space_packet, tc_frame, time_scales, tm_frame
from wire import clcw as clcw_word
from wire import reed_solomon as rs
from wire.frame_shapes import clcw, codeblock, parse_tc_frame
from wire.frame_shapes import cltu as cltu_shape
from wire.frame_shapes import tm_frame as tm_shape
from wire.space_packet import PacketError
from wire.tc_frame import TcFrameError
from wire.words import reference_crc, refusal

h = bytes.fromhex
CRC_16 = [v for v in load("crc.json")["vectors"] if v["algorithm"].startswith("CRC-16/CCITT-FALSE")]
PACKETS = load("packets.json")["vectors"]
FRAMES = load("frames.json")["vectors"]
CLTUS = load("cltu_bch.json")
RS = load("rs_ccsds.json")
TIMES = load("time_codes.json")["vectors"]


def named(part: str) -> list[dict]:
    return [v for v in FRAMES if part in v["name"]]


@pytest.mark.parametrize("vector", CRC_16, ids=lambda v: v["data"])
def test_crc_16(vector):
    assert crc.checksum(h(vector["data"])) == reference_crc(h(vector["data"])) == int(vector["expected"], 16)


# --- packets


@pytest.mark.parametrize("vector", PACKETS, ids=lambda v: v["name"])
def test_the_primary_header_of_a_packet(vector):
    fields, octets = vector.get("fields", {}), h(vector["hex"])
    parsed = pus.space_packet.parse(octets)
    expected = {
        "versionNumber": parsed.header.id.version,
        "packetType": parsed.header.id.type,
        "dataFieldHeaderFlag": parsed.header.id.secondary_header,
        "applicationProcessId": parsed.header.id.apid,
        "apid": parsed.header.id.apid,
        "segmentationFlags": parsed.header.sequence.flags,
        "sequenceControlCount": parsed.header.sequence.count,
        "seq": parsed.header.sequence.count,
        "packetLength": parsed.header.length,
        "pusVersionNumber": parsed.data[0] >> 4 & 7,
        "ack": parsed.data[0] & 15,
        "serviceType": parsed.data[1],
        "service": parsed.data[1],
        "serviceSubType": parsed.data[2],
        "subtype": parsed.data[2],
        "source_id": int.from_bytes(parsed.data[3:5]),
    }
    assert {name: expected[name] for name in fields if name != "SPID"} == {name: fields[name] for name in fields if name != "SPID"}
    assert (crc.checksum(octets) == 0) == (reference_crc(octets) == 0) == vector["crc_ok"]
    assert pus.space_packet.build(parsed) == octets
    kernel = space_packet.parse_tc if parsed.header.id.type else space_packet.parse_tm
    assert (kernel(octets)[1]["apid"], kernel(octets)[1]["sequence_count"]) == (parsed.header.id.apid, parsed.header.sequence.count)


@pytest.mark.parametrize("vector", PACKETS, ids=lambda v: v["name"])
def test_the_verdict_on_a_packet(vector):
    """PUS-A packets are refused for their version, and a wrong check sum before that."""
    octets = h(vector["hex"])
    telecommand = octets[0] & 0x10
    kernel = space_packet.parse_tc if telecommand else space_packet.parse_tm
    shape = pus.tc_packet if telecommand else pus.tm_packet
    due = PacketError.PACKET_PUS if vector.get("pus", "C").startswith("A") else PacketError.PACKET_OK
    if not vector["crc_ok"]:
        due = PacketError.PACKET_CHECKSUM
    assert kernel(octets)[0] == due
    assert (refusal(shape, octets) == "") == (due == PacketError.PACKET_OK)


def test_the_ping_and_its_report_are_rebuilt():
    ping, report = h(PACKETS[-2]["hex"]), h(PACKETS[-1]["hex"])
    assert pus.build_tc(2, 0x34, 17, 1) == ping
    assert pus.build_tm(0x123, 0x234, 17, 2, report[13:20]) == report
    assert space_packet.build_tm(0x123, 0x234, 17, 2, report[13:20], b"") == report


# --- frames


def test_no_frame_vector_is_left_out():
    assert len(named("TM_FRAME")) + len(named("TC_FRAME")) + len(named("CLCW")) == len(FRAMES) == 6


@pytest.mark.parametrize("vector", named("TM_FRAME"), ids=lambda v: v["name"])
def test_tm_frames(vector):
    octets = h(vector["hex"])
    assert (crc.checksum(octets) == 0) == vector["fecf_ok"]
    parsed = tm_shape(len(octets)).parse(octets).body.value
    head, status = parsed.header.identification, parsed.header.status
    assert (head.version, head.spacecraft_id, head.virtual_channel_id, head.ocf_flag) == (0, 758, 0, 1)
    assert (parsed.header.master_count, parsed.header.frame_count) == (0, 0)
    assert status == {"secondary_header": 0, "synchronisation": 0, "packet_order": 0, "segment_length_id": 3, "first_header_pointer": 0}
    assert parsed.ocf.to_bytes(4).hex() == vector.get("expected", {"ocf": "01000000"})["ocf"]
    # Two packets (TM[3,25] of APID 1234 and an idle one): the kernel hands over the first and knows the second.
    reassembler = tm_frame.Reassembler()
    (report,) = reassembler.feed(octets)
    assert report == octets[6:39]
    assert crc.checksum(report) == 0
    assert reassembler.record()["idle_packets"] == 1


@pytest.mark.parametrize("vector", named("TC_FRAME"), ids=lambda v: v["name"])
def test_tc_frames(vector):
    octets, expected = h(vector["hex"]), vector["fields"]
    verdict, fields = tc_frame.parse(octets)
    parsed = parse_tc_frame(octets)
    assert (verdict == TcFrameError.TC_FRAME_OK) == vector["fecf_ok"]
    segment = h(vector["segment"])
    for scid, channel, bypass, control, number, length, map_id, data in (
        (fields["spacecraft_id"], fields["virtual_channel_id"], fields["bypass"], fields["control_command"], fields["sequence_number"],
         fields["frame_length"] - 1, fields["map_id"], fields["data"]),
        (parsed.identification.spacecraft_id, parsed.channel.virtual_channel_id, parsed.identification.bypass,
         parsed.identification.control_command, parsed.sequence_number, parsed.channel.length, parsed.segment.map_id, parsed.data),
    ):  # fmt: skip
        assert (scid, channel) == (expected["spacecraftId"], expected["virtualChannelId"])
        assert (bypass, control) == (expected["bypassFlag"], expected["controlCommandFlag"])
        assert (number, length) == (expected["sequenceNumber"], expected["frameLength"])
        assert (map_id, data) == (segment[0] & 0x3F, segment[1:])


@pytest.mark.parametrize("vector", named("CLCW"), ids=lambda v: v["name"])
def test_control_words(vector):
    fields, parsed = clcw_word.parse(int(vector["hex"], 16)), clcw.parse(h(vector["hex"]))
    assert fields is not None
    assert fields["farm_b_count"] == parsed.farm_b_count == vector["expected"]["farm_b"]
    assert fields["report_value"] == parsed.report_value == vector["expected"]["report"]
    assert clcw.build(parsed) == h(vector["hex"])


# --- CLTUs


@pytest.mark.parametrize("vector", CLTUS["codeblocks"], ids=lambda v: v["block"])
def test_codeblocks(vector):
    block = h(vector["block"])
    assert codeblock.parse(block).parity == cltu.parity(block[:7]) == block[7]
    assert cltu.decode_codeblock(block) == (0, block[:7])


@pytest.mark.parametrize("vector", CLTUS["cltus"], ids=range(len(CLTUS["cltus"])))
def test_cltus(vector):
    octets, frame, randomised = h(vector["cltu"]), h(vector["tc_frame"]), vector["randomised"]
    assert cltu.encode(frame, randomised) == octets
    decoder = cltu.Decoder(derandomise=randomised)
    (candidate,) = decoder.feed(octets)
    assert candidate[: len(frame)] == frame
    assert decoder.record()["blocks_rejected"] == 0
    assert decoder.record()["tails"] == 1
    plain = cltu_shape((len(octets) - 10) // 8).parse(octets).candidate
    assert (randomiser.tc(plain) if randomised else plain) == candidate
    if "fecf_ok" in vector:
        assert (tc_frame.parse(candidate)[0] == TcFrameError.TC_FRAME_OK) == vector["fecf_ok"]
        assert parse_tc_frame(candidate).data == tc_frame.parse(candidate)[1]["data"]
    elif vector.get("fecf_present") is False:
        assert tc_frame.parse(candidate)[0] == TcFrameError.TC_FRAME_FECF


# --- coding


def test_randomisers():
    sequences = load("randomiser.json")
    for name, apply in (("tm_255", randomiser.tm), ("tc_255", randomiser.tc)):
        sequence = h(sequences[name]["sequence_255_octets"])
        assert apply(bytes(255)) == sequence
        bits = "".join(f"{octet:08b}" for octet in sequence[:5])
        assert bits == sequences[name]["first_40_bits"].replace(" ", "")
    long = sequences["tm_131071"]
    assert randomiser.tm(bytes(256), randomiser.LONG) == h(long["first_256_octets"])
    period = randomiser.tm(bytes(131071), randomiser.LONG)
    assert hashlib.sha256(period).hexdigest() == long["sha256_of_first_131071_octets"]
    assert "".join(f"{octet:08b}" for octet in period[:5]) == long["first_40_bits"].replace(" ", "")
    assert set(sequences) == {"convention", "tm_255", "tc_255", "tm_131071"}


def test_bases():
    tables = RS["dual_basis_tables"]
    assert rs.bases() == (h(tables["conventional_to_dual"]), h(tables["dual_to_conventional"]))


@pytest.mark.parametrize("vector", [v for v in RS["vectors"] if "codeblock" in v], ids=lambda v: v["kind"])
def test_interleaved_codeblocks(vector):
    frame, block = h(vector["frame"]), h(vector["codeblock"])
    assert (rs.encode_block(frame) == block) == vector["libfec_dual_equal"]
    assert rs.decode_block(block) == (block, 0)


@pytest.mark.parametrize("vector", [v for v in RS["vectors"] if "message" in v], ids=lambda v: v["kind"])
def test_codewords(vector):
    message = h(vector["message"])
    parities = {basis: h(vector[f"parity_{basis}"]) for basis in ("dual", "conventional") if f"parity_{basis}" in vector}
    if "parity" in vector:
        parities["dual" if "dual" in vector["kind"] else "conventional"] = h(vector["parity"])
    for basis, parity in parities.items():
        assert rs.encode(message, basis == "dual", len(parity)) == parity
        for block in (message + parity, bytes(255 - len(parity) - len(message)) + message + parity):
            assert rs.decode(block, basis == "dual", len(parity)) == (block, 0)
            wrong = bytearray(block)
            wrong[-1] ^= 0x5A
            assert rs.decode(wrong, basis == "dual", len(parity)) == (block, 1)


@pytest.mark.parametrize("vector", RS["tm_full_chain"], ids=lambda v: v["asm"])
def test_whole_chains(vector):
    """Both decode to their frame; the check sum of that frame is recorded as wrong, so the synchroniser keeps it back."""
    octets, marker, frame = h(vector["cadu"]), h(vector["asm"]), h(vector["frame"])
    assert octets[: len(marker)] == marker
    decoded, corrected = rs.decode_block(randomiser.tm(octets[len(marker) :]))
    assert (corrected == 0, decoded[:1115]) == (vector["rs_dual_ok"], frame)
    assert cadu.encode(frame)[4:] == octets[len(marker) :]
    assert (crc.checksum(frame) == 0) == vector["fecf_ok"]
    synchroniser = cadu.Synchroniser()
    assert synchroniser.feed(cadu.encode(frame)) == []
    assert (synchroniser.record()["bad_fecf"], synchroniser.record()["uncorrectable"]) == (1, 0)
    assert channel_code.decode(octets[len(marker) :]) == (frame, 0)


# --- time codes


@pytest.mark.parametrize("vector", [v for v in TIMES if "GPS" in v.get("epoch", "")], ids=lambda v: v["hex"])
def test_cuc_of_six_octets_from_1980(vector):
    """The source shows the epoch 15 s earlier, by its own rule, and microseconds rounded."""
    time = time_scales.parse_cuc(h(vector["hex"]), 0x2E).seconds
    shown = datetime(1980, 1, 6, tzinfo=UTC) + timedelta(seconds=int(time) - 15)
    assert f"{shown:%Y.%j.%H.%M.%S}.{round(time % 1 * 10**6):06d}" == vector["text"]
    assert time_scales.build_cuc(time, 0x2E) == h(vector["hex"])


@pytest.mark.parametrize("vector", [v for v in TIMES if "Unix" in v.get("epoch", "")], ids=lambda v: v["hex"])
def test_cuc_with_and_without_its_preamble(vector):
    time = time_scales.parse_cuc(h(vector["hex"]), None if "explicit" in vector["code"] else 0x2E)
    assert time.agency_epoch
    shown = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(time.seconds))
    milliseconds = round(time.seconds % 1 * Fraction(1000))
    assert f"{shown:%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z" == vector["text"]
    assert time_scales.build_cuc(time.seconds, 0x2E) == h(vector.get("raw", vector["hex"]))


@pytest.mark.parametrize("vector", [v for v in TIMES if v["code"].startswith("CDS")], ids=lambda v: v["hex"])
def test_cds(vector):
    time = time_scales.parse_cds(h(vector["hex"]))
    assert time.utc_text() == vector["text"]
    assert time_scales.build_cds(time) == h(vector["hex"])


def test_no_time_vector_is_left_out():
    assert sum("GPS" in v["epoch"] or "Unix" in v["epoch"] or v["code"].startswith("CDS") for v in TIMES) == len(TIMES) == 11
