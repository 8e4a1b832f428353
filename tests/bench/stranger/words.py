"""Numbers and words of bits, as the dictionary describes them; and the check sum of all its frames and packets."""

from __future__ import annotations

import binascii
import struct
from collections.abc import Sequence
from typing import Any

Json = Any


class StrangeError(Exception):
    """What came is not what the dictionary says."""


def split_word(parts: Sequence[Json], number: int, bits: int, name: str) -> dict[str, int]:
    """The bit fields of a number, the highest first; those that never change are held against their value."""
    found = {}
    for part in parts:
        bits -= part["bits"]
        value = found[part["name"]] = number >> bits & (1 << part["bits"]) - 1
        if part.get("value", value) != value:
            raise StrangeError(f"{name}: {part['name']} is {value}, not {part['value']}")
    return found


def read_words(fields: Sequence[Json], octets: bytes) -> dict[str, int]:
    """Every number of a fixed layout by its name."""
    found: dict[str, int] = {}
    at = 0
    for field in fields:
        number = int.from_bytes(octets[at : at + field["octets"]], "big")
        at += field["octets"]
        if "bits" in field:
            found |= split_word(field["bits"], number, 8 * field["octets"], field["name"])
        else:
            found[field["name"]] = number
    return found


def write_word(field: Json, values: dict[str, int]) -> bytes:
    """One word of bit fields, or one number. `values` come before what the dictionary says."""
    number = 0
    for part in field.get("bits", []):
        number = number << part["bits"] | values.get(part["name"], part.get("value", 0))
    if "bits" not in field:
        number = values.get(field["name"], int(field["value"], 16))
    return int(number).to_bytes(field["octets"], "big")


def polynomial(text: str) -> int:
    """'x^7+x+1' as the integer 0x83."""
    return sum(1 << int(term.partition("^")[2] or len(term.strip("1"))) for term in text.split("+"))


_FLOATS = {4: struct.Struct(">f"), 8: struct.Struct(">d")}


def read_number(kind: Json, octets: bytes) -> float:
    """One number of a kind of the dictionary."""
    if "floating point" in kind["format"]:
        return float(_FLOATS[kind["octets"]].unpack(octets)[0])
    return int.from_bytes(octets, "big", signed="complement" in kind["format"])


def crc(octets: bytes) -> int:
    """CRC-16 with x^16+x^12+x^5+1 and a preset of ones: 0 over octets that end with their own."""
    return binascii.crc_hqx(octets, 0xFFFF)


def held_crc(row: Json) -> None:
    """Raises StrangeError when the dictionary asks for another check sum, or for another outcome of its example."""
    same = (row["polynomial"], row["preset"], row["reflected"], row["final_xor"]) == ("0x1021", "0xFFFF", False, "0x0000")
    if not same or crc(row["check"]["octets_ascii"].encode()) != int(row["check"]["crc"], 16):
        raise StrangeError("another check sum than CRC-16/CCITT-FALSE")
