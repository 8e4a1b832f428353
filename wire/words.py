"""What the shapes of the link have in common: a word of bit fields, a rule with its reason, and the check sum of reference.

A word is read as one integer and shifted, which is forty times faster than construct's own bits and has a layout in whole octets.
"""

from collections.abc import Callable
from typing import Any

import construct
import crcmod

if not crcmod.crcmod._usingExtension:
    raise ImportError("crcmod works without its C extension, thirty times slower: install crcmod-plus, which carries it")

# CRC-16/CCITT-FALSE as crcmod computes it: independent of wire.crc, which is held against it.
reference_crc: Callable[[bytes], int] = crcmod.mkCrcFun(0x11021, initCrc=0xFFFF, rev=False, xorOut=0)


class Word(construct.Adapter):
    """An unsigned integer as named bit fields, the highest first. Fields called `spare...` may be left out when building."""

    def __init__(self, integer: construct.Construct, **widths: int) -> None:
        super().__init__(integer)
        if sum(widths.values()) != 8 * integer.sizeof():
            raise ValueError(f"fields of {sum(widths.values())} bits in a word of {8 * integer.sizeof()}")
        self.fields: list[tuple[str, int, int]] = []
        shift = 8 * integer.sizeof()
        for name, width in widths.items():
            shift -= width
            self.fields.append((name, shift, (1 << width) - 1))

    def _decode(self, obj: int, context: Any, path: str) -> construct.Container:
        return construct.Container((name, obj >> shift & mask) for name, shift, mask in self.fields)

    def _encode(self, obj: dict[str, int], context: Any, path: str) -> int:
        unknown = set(obj) - {name for name, _, _ in self.fields}
        if unknown:
            raise construct.ValidationError(f"no field {', '.join(sorted(unknown))} in this word", path=path)
        word = 0
        for name, shift, mask in self.fields:
            value = obj.get(name, 0 if name.startswith("spare") else None)
            if value is None or not 0 <= value <= mask:
                raise construct.ValidationError(f"{name} is {value}, not 0 to {mask}", path=path)
            word |= int(value) << shift
        return word

    def _build(self, obj: dict[str, int], stream: Any, context: Any, path: str) -> construct.Container:
        """Hands the fields on as parsing does, so that rules and lengths read them in the same way."""
        super()._build(obj, stream, context, path)
        return construct.Container({name: 0 for name, _, _ in self.fields} | obj)


class _Rule(construct.Construct):
    """Takes no octets; holds or raises ValidationError with its reason and its path."""

    def __init__(self, holds: Callable[[Any], Any], reason: str) -> None:
        super().__init__()
        self.holds, self.reason = holds, reason
        self.flagbuildnone = True

    def _parse(self, stream: Any, context: Any, path: str) -> None:
        if not self.holds(context):
            raise construct.ValidationError(self.reason, path=path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> None:
        self._parse(stream, context, path)

    def _sizeof(self, context: Any, path: str) -> int:
        return 0


def rule(name: str, holds: Callable[[Any], Any], reason: str) -> construct.Construct:
    """A condition on what has been read so far, in parsing and building."""
    return name / _Rule(holds, reason)


def checked(body: construct.Construct, what: str) -> construct.Construct:
    """A body followed by its CRC-16. Parsing gives `body.value`, `body.data` and `crc`; a wrong one raises ChecksumError."""
    return construct.Struct(
        "body" / construct.RawCopy(body),
        what / construct.Checksum(construct.Int16ub, reference_crc, lambda this: this.body.data),
    )


def refusal(shape: construct.Construct, octets: bytes) -> str:
    """Why a shape refuses these octets, with the path of the field, or an empty string."""
    try:
        shape.parse(octets)
    except construct.ConstructError as error:
        return " ".join(str(error).split())
    return ""
