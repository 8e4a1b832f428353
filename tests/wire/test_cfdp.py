"""CFDP units: public vectors with their verdicts, golden bytes, the fast path held to construct, and a stranger that reads ours."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacepackets.cfdp.pdu import EofPdu, MetadataPdu
from spacepackets.cfdp.pdu.file_data import FileDataPdu

from tests.wire.vectors import load
from wire import cfdp

TRANSACTION = cfdp.Transaction(0x1C4, 0x00010007, 1)
METADATA = bytes.fromhex("2600161301c400010007000107000000012c0b2f70696374757265732f610161")
FILE_DATA = bytes.fromhex("3600091301c4000100070001") + bytes.fromhex("00000400616263")
EOF = bytes.fromhex("26000c1301c4000100070001") + bytes.fromhex("0400000012340000012c")
UNITS = load("cfdp_pdus.json")["vectors"]
transactions = st.builds(cfdp.Transaction, st.integers(0, 0xFFFF), st.integers(0, 2**32 - 1), st.integers(0, 0xFFFF))


@pytest.mark.parametrize("vector", load("cfdp_checksum.json")["vectors"], ids=lambda v: v["provenance"][:40])
def test_the_modular_check_sum_of_every_vector(vector: dict) -> None:
    assert cfdp.checksum(bytes.fromhex(vector["data"]), vector["offset"]) == int(vector["expected"], 16)


@pytest.mark.parametrize("vector", UNITS, ids=lambda v: v["name"])
def test_a_unit_of_the_vectors_is_read_or_refused_as_recorded(vector: dict) -> None:
    octets = bytearray.fromhex(vector["hex"])
    if vector["crc_valid"] is False:
        with pytest.raises(cfdp.CfdpError):
            cfdp.parse(bytes(octets))
        octets[0] &= ~0x02  # the same unit, if it had promised no check sum
    unit = cfdp.parse(bytes(octets))
    fields, body = vector["fields"], unit.body
    found = {"src": unit.header.source, "seq": unit.header.sequence, "dst": unit.header.destination}
    if unit.header.flags.type == cfdp.FILE_DATA:
        found |= {
            "offset": body.offset,
            "seg_meta": body.metadata.octets.hex(),
            "rcs": "start+end" if body.metadata.head.continuation == 3 else "",
        }
    elif body.code == cfdp.EOF:
        found |= {"condition": body.fields.condition.code, "checksum": f"{body.fields.checksum:08X}", "size": body.fields.size}
        if body.fields.fault_location is not None:
            found["fault_entity"] = body.fields.fault_location.value.hex().upper()
    elif body.code == cfdp.ACK:
        found |= {"directive": {4: "EOF", 5: "Finished"}[body.fields.of.directive], "subtype": body.fields.of.subtype}
        found |= {"condition": body.fields.status.condition, "status": body.fields.status.transaction}
    elif body.code == cfdp.METADATA:
        found |= {"size": body.fields.size, "source": body.fields.source_name, "dest": body.fields.destination_name}
        found |= {"checksum_type": body.fields.flags.checksum_type, "closure": bool(body.fields.flags.closure)}
    elif body.code == cfdp.KEEP_ALIVE:
        found["progress"] = body.fields.progress
    elif body.code == cfdp.PROMPT:
        found["response"] = "keep alive" if body.fields.response.keep_alive else "NAK"
    expected = {name: value for name, value in fields.items() if name != "note"}
    assert {name: found[name] for name in expected} == expected


def test_our_units_have_these_bytes() -> None:
    for unit, golden in (
        (cfdp.metadata(TRANSACTION, 300, "/pictures/a", "a"), METADATA),
        (cfdp.file_data(TRANSACTION, 1024, b"abc"), FILE_DATA),
        (cfdp.end_of_file(TRANSACTION, 300, 0x1234), EOF),
    ):
        assert unit[:-2] == golden
        assert cfdp.transaction_of(cfdp.parse(unit)) == TRANSACTION


def test_a_stranger_reads_our_units() -> None:
    metadata = MetadataPdu.unpack(cfdp.metadata(TRANSACTION, 300, "/pictures/a", "a.fsp"))
    assert (metadata.params.file_size, metadata.source_file_name, metadata.dest_file_name) == (300, "/pictures/a", "a.fsp")
    data = FileDataPdu.unpack(cfdp.file_data(TRANSACTION, 1024, b"abc"))
    assert (data.offset, bytes(data.file_data)) == (1024, b"abc")
    end = EofPdu.unpack(cfdp.end_of_file(TRANSACTION, 300, 0xC5A134D2))
    assert (end.file_size, bytes(end.file_checksum).hex()) == (300, "c5a134d2")
    assert data.pdu_header.transaction_seq_num.value == TRANSACTION.sequence


@given(transactions, st.integers(0, 2**32 - 1), st.binary(max_size=1100))
def test_the_fast_path_of_file_data_agrees_with_construct(transaction: cfdp.Transaction, offset: int, data: bytes) -> None:
    unit = cfdp.file_data(transaction, offset, data)
    parsed = cfdp.parse(unit)
    assert (cfdp.transaction_of(parsed), parsed.body.offset, bytes(parsed.body.data)) == (transaction, offset, data)
    assert cfdp.parse_file_data(unit) == (transaction, offset, data)


@pytest.mark.parametrize(
    "unit", [cfdp.metadata(TRANSACTION, 300, "/p/a", "a"), cfdp.file_data(TRANSACTION, 8, b"abc"), cfdp.end_of_file(TRANSACTION, 300, 77)]
)
def test_every_flipped_bit_and_every_cut_of_a_unit_is_refused(unit: bytes) -> None:
    for bit in range(8 * len(unit)):
        flipped = bytearray(unit)
        flipped[bit // 8] ^= 0x80 >> bit % 8
        assert cfdp.parse_file_data(bytes(flipped)) is None
        if bit == 6:  # the flag that says that there is a check sum at all
            continue
        with pytest.raises(cfdp.CfdpError):
            cfdp.parse(bytes(flipped))
    for length in range(len(unit)):
        assert cfdp.parse_file_data(unit[:length]) is None
        with pytest.raises(cfdp.CfdpError):
            cfdp.parse(unit[:length])


@given(st.binary(max_size=80))
def test_any_octets_are_a_unit_or_a_cfdp_error(octets: bytes) -> None:
    with contextlib.suppress(cfdp.CfdpError):
        assert cfdp.parse(octets).header.length <= len(octets)


def test_the_check_sums_of_the_parts_of_a_file_add_up() -> None:
    whole = bytes(range(256)) * 9 + b"tail"
    parts = [(offset, whole[offset : offset + 100]) for offset in range(0, len(whole), 100)]
    assert sum(cfdp.checksum(part, offset) for offset, part in parts) % 2**32 == cfdp.checksum(whole)
