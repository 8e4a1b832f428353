"""The exports: deterministic, committed, complete enough for a stranger, and true of the octets that the codecs write."""

import hashlib
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from wire import pus
from wire.commands import encode_command
from wire.dictionary import DICTIONARIES
from wire.dictionary.kinds import KINDS, OCTETS
from wire.export import dictionary_hash, dictionary_word, export_json, export_markdown, export_xtce
from wire.export.xtce import NAMESPACE, xtce_name
from wire.shapes import event_shape, report_shape

ROOT = Path(__file__).resolve().parents[2]
EXPORT: Any = json.loads(export_json())
FORMATS = dict(zip(KINDS, "BHIQbhiqfd", strict=True))
REPORTS = [(name, report["name"]) for name, vehicle in EXPORT["vehicles"].items() for report in vehicle["reports"]]
EVENTS = [(name, event["name"]) for name, vehicle in EXPORT["vehicles"].items() for event in vehicle["events"]]


def vector(file: str) -> Any:
    return json.loads((ROOT / "tests/vectors" / file).read_text(encoding="utf-8"))


def row(vehicle: str, table: str, name: str) -> Any:
    return next(r for r in EXPORT["vehicles"][vehicle][table] if r["name"] == name)


@pytest.mark.parametrize(("file", "made"), [("interface.md", export_markdown), ("dictionary.json", export_json)])
def test_the_committed_documents_are_those_of_the_rows(file: str, made: Any) -> None:
    committed = (ROOT / "docs" / file).read_text(encoding="utf-8")
    assert committed == made(), f"docs/{file} is out of date: run python -m tools.export_interface"


def test_the_hash_is_that_of_the_exported_interface_without_it() -> None:
    rest = {key: value for key, value in EXPORT.items() if key != "hash"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    assert EXPORT["hash"] == dictionary_hash() == hashlib.blake2s(canonical.encode()).hexdigest()
    assert dictionary_word() == int(EXPORT["hash"][:8], 16) < 2**32


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_exports_are_the_same_with_any_hash_seed(seed: str) -> None:
    program = (
        "import hashlib, wire.export as e;"
        "print(hashlib.sha256((e.export_json() + e.export_xtce() + e.export_markdown()).encode()).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
    )
    here = hashlib.sha256((export_json() + export_xtce() + export_markdown()).encode()).hexdigest()
    assert run.stdout.strip() == here


@pytest.mark.parametrize(("vehicle", "name"), REPORTS)
def test_a_report_can_be_read_with_the_exported_offsets_alone(vehicle: str, name: str) -> None:
    book = DICTIONARIES[vehicle]
    report, told = book.report(name), row(vehicle, "reports", name)
    values = {p: i % 100 for i, p in enumerate(report.parameters)}
    packet = pus.build_tm(told["apid"], 0, 3, 25, bytes(7), report_shape(book, report).build(values))
    assert struct.unpack_from(">H", packet, EXPORT["link"]["packets"]["telemetry"]["data_offset"]) == (told["id"],)
    for field in told["fields"]:
        (value,) = struct.unpack_from(">" + FORMATS[field["kind"]], packet, field["packet_offset"])
        assert value == values[field["parameter"]]
    assert len(packet) == 20 + told["data_octets"] + 2


@pytest.mark.parametrize(("vehicle", "name"), EVENTS)
def test_an_event_can_be_read_with_the_exported_offsets_alone(vehicle: str, name: str) -> None:
    event, told = DICTIONARIES[vehicle].event(name), row(vehicle, "events", name)
    values = {a.name: i + 1 for i, a in enumerate(event.arguments)}
    octets = event_shape(event).build(values)
    assert len(octets) == told["data_octets"]
    for argument in told["arguments"]:
        assert struct.unpack_from(">" + FORMATS[argument["kind"]], octets, argument["offset"]) == (values[argument["name"]],)


@pytest.mark.parametrize(
    ("vehicle", "name", "values"),
    [
        ("lander", "imu_power", {"on": 1}),
        ("lander", "store_log", {"file": 513}),
        ("lander", "hk_enable", {"report": 2}),
        ("lander", "get", {"parameter": 1}),
        ("rover", "wheel_rate", {"rate_rad_s": 0.5}),
        ("relay", "reset_computer", {}),
    ],
)
def test_a_command_can_be_written_with_the_exported_offsets_alone(vehicle: str, name: str, values: dict[str, float]) -> None:
    told = row(vehicle, "commands", name)
    octets = bytearray(told["data_octets"])
    for field in told["fixed"]:
        struct.pack_into(">" + FORMATS[field["kind"]], octets, field["offset"], field["value"])
    for argument in told["arguments"]:
        struct.pack_into(">" + FORMATS[argument["kind"]], octets, argument["offset"], values[argument["name"]])
    assert bytes(octets) == encode_command(vehicle, name, values)


def bit_fields(fields: list[Any], octets: bytes) -> dict[str, int]:
    """Fields of a fixed head read from the exported layout, as a stranger would; the head ends at the first variable field."""
    found, at = {}, 0
    for field in fields:
        if field["octets"] is None:
            break
        number = int.from_bytes(octets[at : at + field["octets"]], "big")
        at += field["octets"]
        left = 8 * field["octets"]
        for bit in field.get("bits", []):
            left -= bit["bits"]
            found[f"{field['name']}.{bit['name']}"] = number >> left & (1 << bit["bits"]) - 1
        if "bits" not in field:
            found[field["name"]] = number
    return found


def test_a_telecommand_packet_can_be_read_with_the_exported_layout_alone() -> None:
    packet = pus.build_tc(0x102, 77, 8, 1, b"\0\x11", ack_flags=9, source_id=5)
    read = bit_fields(EXPORT["link"]["packets"]["telecommand"]["fields"], packet)
    assert read == {
        "packet_id.version": 0,
        "packet_id.type": 1,
        "packet_id.secondary_header": 1,
        "packet_id.apid": 0x102,
        "sequence_control.flags": 3,
        "sequence_control.count": 77,
        "length": len(packet) - 7,
        "pus.version": 2,
        "pus.ack_flags": 9,
        "service": 8,
        "subtype": 1,
        "source_id": 5,
    }


def test_the_head_of_a_telemetry_frame_can_be_read_with_the_exported_layout_alone() -> None:
    # version 0, spacecraft 0x1C4, channel 1, OCF; counts 7 and 9; first header pointer 0x123
    head = bytes.fromhex("1c43 07 09 1923")
    read = bit_fields(EXPORT["link"]["tm_frame"]["fields"][:4], head)
    assert read["identification.spacecraft_id"] == EXPORT["vehicles"]["lander"]["spacecraft_id"] == 0x1C4
    assert (read["identification.virtual_channel_id"], read["identification.ocf_flag"]) == (1, 1)
    assert (read["master_channel_frame_count"], read["virtual_channel_frame_count"]) == (7, 9)
    assert (read["status.segment_length_id"], read["status.first_header_pointer"]) == (3, 0x123)


def test_the_fields_of_frames_and_cadus_add_up() -> None:
    link = EXPORT["link"]
    assert sum(field["octets"] for field in link["tm_frame"]["fields"]) == link["tm_frame"]["octets"] == 1115
    assert sum(field["octets"] for field in link["cadu"]["fields"]) == link["cadu"]["octets"] == 1279
    rs = link["cadu"]["reed_solomon"]
    assert rs["interleave"] * rs["k"] == link["tm_frame"]["octets"]


def test_the_exported_randomiser_is_that_of_the_vectors() -> None:
    assert EXPORT["link"]["cadu"]["randomiser"]["sequence_hex"] == vector("randomiser.json")["tm_255"]["sequence_255_octets"][:510]


def test_the_exported_basis_tables_are_those_of_the_vectors() -> None:
    tables = vector("rs_ccsds.json")["dual_basis_tables"]
    rs = EXPORT["link"]["cadu"]["reed_solomon"]
    assert rs["conventional_to_dual_hex"] == tables["conventional_to_dual"]
    assert rs["dual_to_conventional_hex"] == tables["dual_to_conventional"]


def test_the_exported_reed_solomon_parameters_give_the_check_symbols_of_the_vectors() -> None:
    rs = EXPORT["link"]["cadu"]["reed_solomon"]
    power, log = [1], {1: 0}
    for i in range(1, 255):
        doubled = power[-1] << 1
        power.append(doubled ^ int(rs["field_polynomial"], 16) if doubled > 255 else doubled)
        log[power[i]] = i

    def times(a: int, b: int) -> int:
        return power[(log[a] + log[b]) % 255] if a and b else 0

    generator = [1]
    for j in range(rs["first_root"], rs["first_root"] + rs["check_symbols"]):
        root = power[rs["primitive"] * j % 255]
        raised = [*generator, 0]
        generator = [a ^ times(root, b) for a, b in zip(raised, [0, *generator], strict=True)]
    to_dual, to_conventional = (bytes.fromhex(rs[f"{name}_hex"]) for name in ("conventional_to_dual", "dual_to_conventional"))
    first = next(v for v in vector("rs_ccsds.json")["vectors"] if v["kind"] == "RS(255,223) I=5 dual basis")
    frame = bytes.fromhex(first["frame"])
    for lane in range(rs["interleave"]):
        remainder = [0] * 32
        for symbol in frame[lane :: rs["interleave"]]:
            feedback = to_conventional[symbol] ^ remainder[0]
            remainder = [a ^ times(feedback, g) for a, g in zip([*remainder[1:], 0], generator[1:], strict=True)]
        expected = bytes.fromhex(first["codeblock"])[len(frame) + lane :: rs["interleave"]]
        assert bytes(to_dual[symbol] for symbol in remainder) == expected


def test_every_enumeration_that_is_named_is_exported() -> None:
    named = set()
    for vehicle in EXPORT["vehicles"].values():
        named |= {vehicle["modes"], *(p["enumeration"] for p in vehicle["parameters"])}
        named |= {a["enumeration"] for table in ("events", "commands") for r in vehicle[table] for a in r["arguments"]}
    assert named - {None} <= set(EXPORT["enumerations"])
    assert EXPORT["services"]["failure_code"] in EXPORT["enumerations"]


def test_numbers_are_exported_exactly() -> None:
    (argument,) = row("rover", "commands", "wheel_rate")["arguments"]
    assert argument["maximum"] == float(np.float32(0.6))
    assert EXPORT["link"]["kinds"]["f32"]["octets"] == OCTETS["f32"]


def xtce() -> ET.Element:
    return ET.fromstring(export_xtce().encode())


def names(element: ET.Element, tag: str) -> list[str]:
    return [found.attrib["name"] for found in element.iter(f"{{{NAMESPACE}}}{tag}")]


def test_xtce_has_every_parameter_report_event_and_command() -> None:
    systems = {s.attrib["name"]: s for s in xtce().findall(f"{{{NAMESPACE}}}SpaceSystem")}
    assert list(systems) == list(DICTIONARIES)
    for name, book in DICTIONARIES.items():
        containers = names(systems[name], "SequenceContainer")
        assert {xtce_name(p.name) for p in book.parameters} <= set(names(systems[name], "Parameter"))
        assert {f"report-{r.name}" for r in book.reports} | {f"event-{e.name}" for e in book.events} <= set(containers)
        commands = {c.name for c in book.commands} - {"set"}
        commands |= {xtce_name(f"set-{p.name}") for p in book.parameters if p.settable}
        assert set(names(systems[name], "MetaCommand")) == commands


def test_every_reference_in_xtce_resolves_and_no_name_occurs_twice() -> None:
    root = xtce()
    prefix = f"{{{NAMESPACE}}}"
    kinds = {
        "parameterTypeRef": ("IntegerParameterType", "FloatParameterType", "EnumeratedParameterType", "BinaryParameterType"),
        "argumentTypeRef": ("IntegerArgumentType", "FloatArgumentType", "EnumeratedArgumentType"),
        "parameterRef": ("Parameter",),
        "containerRef": ("SequenceContainer", "CommandContainer"),
        "metaCommandRef": ("MetaCommand",),
        "argumentRef": ("Argument",),
    }

    def own(system: ET.Element, tags: tuple[str, ...]) -> list[str]:
        parts = [part for part in system if part.tag != f"{prefix}SpaceSystem"]
        return [e.attrib["name"] for part in parts for tag in tags for e in part.iter(prefix + tag)]

    for system in [root, *root.findall(f"{prefix}SpaceSystem")]:
        for reference, tags in kinds.items():
            here = own(system, tags)
            assert reference == "argumentRef" or len(here) == len(set(here)), f"{reference} in {system.attrib['name']}"
            parts = [part for part in system if part.tag != f"{prefix}SpaceSystem"]
            for element in (e for part in parts for e in part.iter() if reference in e.attrib):
                target = element.attrib[reference]
                known = own(root, tags) if target.startswith("/farside/") else here
                assert target.removeprefix("/farside/") in known, f"{system.attrib['name']}: {reference} {target}"


def test_names_in_xtce_hold_no_forbidden_character() -> None:
    for element in xtce().iter():
        assert not set(element.attrib.get("name", "")) & set("./:[] ")


def test_the_document_names_every_row() -> None:
    text = export_markdown()
    for book in DICTIONARIES.values():
        tables: Any = (*book.parameters, *book.commands, *book.events, *book.reports)
        for named in tables:
            assert f"`{named.name}`" in text
    assert dictionary_hash() in text
