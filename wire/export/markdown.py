"""The interface control document, written from the same lists that the JSON export writes."""

from collections.abc import Iterable, Sequence
from typing import Any

Json = Any


def document(interface: Json) -> str:
    """The whole document as text."""
    parts = [
        "# farside: interface control document",
        "",
        "Generated from the mission dictionary (`farside dictionary --format md`); a test holds it to the rows.",
        f"Dictionary hash (BLAKE2s): `{interface['hash']}`. Its first 32 bits fly in the `boot` event.",
        "Identifiers and numbers are this project's own choice where no standard is named. Everything is big-endian and in SI units.",
        "",
        *_link(interface["link"]),
        *_services(interface["services"]),
    ]
    for name, vehicle in interface["vehicles"].items():
        parts += _vehicle(name, vehicle)
    parts += _enumerations(interface["enumerations"])
    return "\n".join(parts).rstrip() + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table, and an empty line behind it; nothing when there are no rows."""
    body = ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body, ""] if body else []


def _cell(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value).replace("|", "\\|")


def _link(link: Json) -> list[str]:
    parts = ["## Link", ""]
    parts += table(("door", "port", "what"), [(name, port, link["doors"].get(name, "")) for name, port in link["ports"].items()])
    parts += [f"Addresses: {link['doors']['addresses']}.", "", "### Telemetry: CADU", ""]
    cadu = link["cadu"]
    rs, randomiser = cadu["reed_solomon"], cadu["randomiser"]
    parts += _fields(cadu["fields"])
    parts += [
        f"* {cadu['octets']} octets ({cadu['standard']}); {cadu['codeblock']}.",
        f"* Randomiser: {randomiser['polynomial']}, preset {randomiser['preset']}; {randomiser['use']}.",
        f"* Reed-Solomon ({rs['n']},{rs['k']}), interleave {rs['interleave']}: {rs['interleaving']}.",
        f"* Field polynomial {rs['field_polynomial']}, {rs['generator']}; {rs['basis']}.",
        "* The sequence and the basis tables are in the JSON export.",
        "",
        "### Telemetry: transfer frame",
        "",
        f"{link['tm_frame']['octets']} octets ({link['tm_frame']['standard']}). Packets {link['tm_frame']['packets']}.",
        "",
        *_fields(link["tm_frame"]["fields"]),
        "First header pointer: "
        + ", ".join(f"{name.replace('_', ' ')} {value:#x}" for name, value in link["tm_frame"]["first_header_pointer"].items())
        + ".",
        "",
        *table(("virtual channel", "name", "what"), [(c["id"], c["name"], c["text"]) for c in link["tm_frame"]["virtual_channels"]]),
        "Operational control field: the communications link control word of CCSDS 232.0.",
        "",
        *_fields([link["clcw"]]),
        "On a link with keys some frames carry the frame security report of CCSDS 355.1 in its place:",
        "",
        *_fields([link["frame_security_report"]]),
        "### Telecommand: CLTU",
        "",
        *_fields(link["cltu"]["fields"]),
        (
            f"* {link['cltu']['standard']}. A codeblock holds {link['cltu']['codeblock']['information_octets']} octets and one of parity:"
            f" {link['cltu']['codeblock']['polynomial']}, {link['cltu']['codeblock']['parity_octet']}; fill is {link['cltu']['fill']}."
        ),
        f"* Decoding by {link['cltu']['codeblock']['decoding']}. Not randomised.",
        "",
        "### Telecommand: transfer frame",
        "",
        *_fields(link["tc_frame"]["fields"]),
        f"* {link['tc_frame']['standard']}, at most {link['tc_frame']['max_octets']} octets. Length: {link['tc_frame']['length']}.",
        f"* {link['tc_frame']['type']}.",
        "",
        *table(("virtual channel", "name", "what"), [(c["id"], c["name"], c["text"]) for c in link["tc_frame"]["virtual_channels"]]),
        *_segments(link["tc_frame"]["segments"]),
    ]
    return parts + _packets(link)


def _segments(segments: Json) -> list[str]:
    flags = ", ".join(f"{name} {value}" for name, value in segments["sequence_flags"].items())
    return [
        f"Sequence flags: {flags}. A packet has at most {segments['max_packet_octets']} octets; {segments['text']}.",
        "",
        *table(("MAP", "name", "what"), [(m["id"], m["name"], m["text"]) for m in segments["maps"]]),
    ]


def _packets(link: Json) -> list[str]:
    crc, packets, time = link["crc"], link["packets"], link["time"]
    parts = ["### Packets", "", f"{packets['standard']}. Sequence counts: {packets['sequence_counts']}.", ""]
    for name in ("telecommand", "telemetry", "time_report"):
        parts += [f"**{name.replace('_', ' ').capitalize()}**", "", *_fields(packets[name]["fields"])]
    time_report = packets["time_report"]
    flags = ", ".join(f"{name} {bit}" for name, bit in packets["telecommand"]["ack_flags"].items())
    return [
        *parts,
        f"* Acknowledgement flags: {flags}.",
        f"* Check sums: {crc['name']}, polynomial {crc['polynomial']}, preset {crc['preset']}; {crc['used_in']}.",
        (
            f"* Time: {time['standard']}, {time['fields'][0]['octets']} octets of seconds and {time['fields'][1]['octets']} of"
            f" {time['fields'][1]['unit']}, from {time['epoch']}; {time['scale']}."
        ),
        f"* {time_report['text']}, {time_report['frames']} here, on virtual channel {time_report['virtual_channel']}.",
        "",
    ]


def _fields(fields: Json) -> list[str]:
    """Words of bits and fields of octets, as one table."""
    rows: list[Sequence[object]] = []
    for field in fields:
        if "bits" in field:
            rows += [(bit["name"], f"{bit['bits']} bit", _value(bit)) for bit in field["bits"]]
        else:
            size = "variable" if field["octets"] is None else f"{field['octets']} octet"
            rows.append((field["name"], size, _value(field)))
    return table(("field", "size", "value"), rows)


def _value(field: Json) -> str:
    more = [str(field[key]) for key in ("value", "text", "content", "unit") if key in field]
    return ", ".join(more)


def _services(services: Json) -> list[str]:
    parts = ["## Services", "", f"Request identifier: {services['request_identifier']['text']}.", ""]
    for direction in ("requests", "reports"):
        rows = []
        for m in services[direction]:
            data = ", ".join(f"{f['name']} {f['kind']} at {f['offset']}" for f in m.get("data", []))
            rows.append((f"[{m['service']},{m['subtype']}]", m["name"], m["content"] + (f": {data}" if data else "")))
        parts += [f"### {direction.capitalize()}", "", *table(("type", "name", "data"), rows)]
    return parts


def _vehicle(name: str, vehicle: Json) -> list[str]:
    parts = [f"## {name.capitalize()}", "", f"Spacecraft identifier {vehicle['spacecraft_id']:#x}; modes: `{vehicle['modes']}`.", ""]
    parts += table(("application", "APID", "what"), [(a["name"], f"{a['apid']:#x}", a["text"]) for a in vehicle["apids"]])
    parts += ["### Commands", ""]
    for command in vehicle["commands"]:
        parts += _command(command)
    parts += ["### Events", ""]
    rows: list[Sequence[object]] = []
    for e in vehicle["events"]:
        arguments = "; ".join(_described(a) for a in e["arguments"])
        rows.append((f"{e['id']:#06x}", f"`{e['name']}`", e["severity"], f"{e['apid']:#x}", e["text"], arguments))
    parts += table(("id", "name", "severity", "APID", "text", "arguments behind the identifier"), rows)
    parts += ["### Parameters", ""]
    rows = [_parameter(p) for p in vehicle["parameters"]]
    parts += table(("id", "name", "kind", "unit", "what", "limits (yellow; red)", "settable"), rows)
    for report in vehicle["reports"]:
        boot = "sent from boot" if report["enabled_at_boot"] else "sent when enabled"
        parts += [
            f"### Report {report['id']}: `{report['name']}`",
            "",
            (
                f"{report['text'].capitalize()}. APID {report['apid']:#x}, every {report['period_s']:g} s, {boot},"
                f" {report['data_octets']} octets of source data; the report identifier (u16) is at 0."
            ),
            "",
            *table(("offset", "kind", "parameter"), [(f["offset"], f["kind"], f"`{f['parameter']}`") for f in report["fields"]]),
        ]
    return parts


def _described(argument: Json) -> str:
    of = argument["enumeration"] or argument["unit"]
    return f"`{argument['name']}` {argument['kind']}{' ' + of if of else ''} at {argument['offset']}"


def _command(command: Json) -> list[str]:
    modes = "every mode" if command["modes"] == "all" else ", ".join(command["modes"])
    function = next((f"function {f['value']:#x}, " for f in command["fixed"] if f["name"] == "function"), "")
    hazardous = " **Hazardous.**" if command["hazardous"] else ""
    head = f"**`{command['name']}`** [{command['service']},{command['subtype']}] {function}APID {command['apid']:#x}: {command['text']}."
    rows = []
    for a in command["arguments"]:
        limits = "" if a["minimum"] is None else f"{a['minimum']:.7g}..{a['maximum']:.7g}"
        allowed = f"identifier of a {a['refers']}" if a["refers"] else a["enumeration"] or limits
        rows.append((a["offset"], a["kind"], f"`{a['name']}`", allowed, a["unit"], a["text"]))
    return [f"{head} Legal in {modes}.{hazardous}", "", *table(("offset", "kind", "argument", "range", "unit", "what"), rows)]


def _parameter(parameter: Json) -> Sequence[object]:
    what = parameter["text"]
    if parameter["enumeration"]:
        what += f" (`{parameter['enumeration']}`)"
    if parameter["calibration"]:
        what += f"; shown in {parameter['calibration']['unit']}"
    limits = parameter["limits"]
    shown = ""
    if limits:
        shown = "; ".join(_range(limits[f"{colour}_low"], limits[f"{colour}_high"]) for colour in ("yellow", "red"))
    settable = _range(*parameter["settable"]) if parameter["settable"] else ""
    return (f"{parameter['id']:#06x}", f"`{parameter['name']}`", parameter["kind"], parameter["unit"], what, shown, settable)


def _range(low: float | None, high: float | None) -> str:
    return f"{'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"


def _enumerations(enumerations: Json) -> list[str]:
    parts = ["## Enumerations", ""]
    for name, enumeration in enumerations.items():
        parts += [f"### `{name}`", "", f"{enumeration['text']}.", ""]
        parts += table(("value", "name", "what"), [(m["value"], f"`{m['name']}`", m["text"]) for m in enumeration["members"]])
    return parts
