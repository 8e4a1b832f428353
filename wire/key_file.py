"""The key file: security associations and their keys, in TOML. Both ends read the same file; what is in it is never printed.

[[association]]
spi = 1
spacecraft = "lander"
direction = "tc"                       # or "tm"
mode = "authenticated-encryption"      # or "authentication"
key = "..."                            # 32 octets in hexadecimal, of this association alone
sends = true                           # the sender's choice; the receiver takes every association of the file
mask = "whole"                         # of the primary header: or "standard", the virtual channel alone
window = 1000                          # numbers ahead of the last one that are accepted; by default half of all there are

This module has no I/O: whoever opens the file hands in its octets and its mode.
"""

from __future__ import annotations

import hashlib
import hmac
import tomllib
from dataclasses import dataclass
from typing import Any

from wire.dictionary import DICTIONARIES
from wire.sdls import IV_OCTETS, Association, Direction, Mask, Mode, Unit

KEY_OCTETS = 32
LARGEST_OCTETS = 1 << 20  # of a key file that is read: hundreds of times what twelve associations take
NUMBER_OCTETS = {  # 355.0-B-2, Annex E has 32 bits for TC; TM counts 1121 frames a second at most, and is given 64
    (Direction.TC, Mode.AUTHENTICATION): 4,
    (Direction.TM, Mode.AUTHENTICATION): 8,
    (Direction.TC, Mode.AUTHENTICATED_ENCRYPTION): IV_OCTETS,
    (Direction.TM, Mode.AUTHENTICATED_ENCRYPTION): IV_OCTETS,
}
_FIELDS = {"spi", "spacecraft", "direction", "mode", "key", "sends", "mask", "window"}


class KeyFileError(ValueError):
    """Why a key file is not used; never holds what is in it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One association with its cryptographic unit. `fingerprint` names its key without telling it."""

    vehicle: str
    unit: Unit
    sends: bool
    fingerprint: str

    @property
    def association(self) -> Association:
        return self.unit.association


class Keys:
    """What a key file holds."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    def __repr__(self) -> str:
        return f"Keys({len(self.rows)} associations)"

    def of(self, vehicle: str, direction: Direction) -> list[Row]:
        return [row for row in self.rows if row.vehicle == vehicle and row.association.direction == direction]

    def sender(self, vehicle: str, direction: Direction) -> Row:
        """The association that a sender uses."""
        return next(row for row in self.of(vehicle, direction) if row.sends)

    @property
    def fingerprint(self) -> str:
        """Names the whole file, in a recording."""
        return hashlib.sha256("".join(f"{row.association}{row.sends}{row.fingerprint}" for row in self.rows).encode()).hexdigest()[:16]


def parse(octets: bytes, mode: int) -> Keys:
    """The keys in a file of this mode (st_mode). Raises KeyFileError: others may read it, or it is not what it should be."""
    if mode & 0o077:
        raise KeyFileError(f"others than its owner may use it (mode {mode & 0o777:04o}): chmod 600, and make new keys if somebody may have")
    try:
        document = tomllib.loads(octets.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise KeyFileError("not TOML, or cut short") from None
    entries = document.get("association")
    if set(document) != {"association"} or not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise KeyFileError("it should hold [[association]] tables and nothing else")
    rows = [_row(place, entry) for place, entry in enumerate(entries, 1)]
    _check(rows)
    return Keys(rows)


def _row(place: int, entry: dict[str, Any]) -> Row:
    where = f"association {place}"
    if set(entry) - _FIELDS or not {"spi", "spacecraft", "direction", "mode", "key"} <= set(entry):
        raise KeyFileError(f"{where}: fields are {', '.join(sorted(_FIELDS))}; the last three may be left out")
    vehicle, spi, sends = entry["spacecraft"], entry["spi"], entry.get("sends", False)
    if vehicle not in list(DICTIONARIES):
        raise KeyFileError(f"{where}: spacecraft is one of {', '.join(DICTIONARIES)}")
    if type(spi) is not int or not 1 <= spi <= 65534 or type(sends) is not bool:
        raise KeyFileError(f"{where}: spi is 1 to 65534 (0 and 65535 are reserved, 355.0-B-2, 4.1.1.2), sends is true or false")
    try:
        direction, mode, mask = Direction(entry["direction"]), Mode(entry["mode"]), Mask(entry.get("mask", "whole"))
        octets = NUMBER_OCTETS[direction, mode]
    except (ValueError, KeyError):
        raise KeyFileError(f"{where}: direction, mode or mask is none that this link has") from None
    window = entry.get("window", 1 << 8 * octets - 1)
    if mask == Mask.NOTHING or type(window) is not int or not 1 <= window < 1 << 8 * octets:
        raise KeyFileError(f"{where}: a window is at least 1 and below the count of numbers; a mask is standard or whole")
    try:
        key = bytes.fromhex(entry["key"])
    except (ValueError, TypeError):
        key = b""
    if len(key) != KEY_OCTETS:
        raise KeyFileError(f"{where}: its key is not {KEY_OCTETS} octets in hexadecimal")
    association = Association(spi, direction, DICTIONARIES[vehicle].vehicle.spacecraft_id, mode, octets, window, mask)
    named = hmac.new(key, b"farside: the name of a key", hashlib.sha256).hexdigest()[:24]
    return Row(vehicle, Unit(association, key), sends, named)


def _check(rows: list[Row]) -> None:
    """Every SPI and every key once; one sender for each vehicle and direction."""
    if len({row.association.spi for row in rows}) != len(rows):
        raise KeyFileError("an spi is there twice")
    if len({row.fingerprint for row in rows}) != len(rows):
        raise KeyFileError("a key is there twice: under one key no number may come twice")
    for vehicle in DICTIONARIES:
        for direction in Direction:
            senders = [row for row in rows if (row.vehicle, row.association.direction) == (vehicle, direction) and row.sends]
            if len(senders) != 1:
                raise KeyFileError(f"{vehicle}, {direction}: exactly one association has sends = true")
