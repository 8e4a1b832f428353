"""Layout: one walk over a fixed-size construct gives the rows (name, wire offset, kind) that Cython and numpy execute.

The wire is big-endian without padding for alignment; a shape of variable size, of bits or in another byte order is refused with its path.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import construct
import numpy as np

from wire.dictionary.kinds import KINDS, OCTETS

CODES: Final[dict[str, int]] = {kind: code for code, kind in enumerate(KINDS, 1)}  # as wire.packer.CODE_*
_FORMATS: Final = dict(zip("BHLQbhlqfd", KINDS, strict=True)) | {"I": "u32", "i": "i32"}


class NotFixedError(ValueError):
    """The shape has no fixed layout; the message names the path and the reason."""


@dataclass(frozen=True, slots=True)
class LayoutRow:
    """One scalar on the wire: name (nested ones joined by dots, elements as `[i]`), offset in octets, kind, and the value if constant."""

    name: str
    offset: int
    kind: str
    constant: int | None = None


def layout(shape: construct.Construct, path: str = "") -> tuple[LayoutRow, ...]:
    """The rows of a fixed-size shape, in the order of the wire. Raises NotFixedError."""
    rows, _ = _walk(shape, path, 0)
    return tuple(rows)


def size_of(shape: construct.Construct) -> int:
    """Octets of a fixed-size shape, trailing padding included. Raises NotFixedError."""
    return _walk(shape, "", 0)[1]


def _walk(shape: construct.Construct, path: str, at: int) -> tuple[list[LayoutRow], int]:
    """Rows of a shape that starts at offset `at`, and the offset behind it."""
    match shape:
        case construct.Renamed():
            name = shape.name or ""
            return _walk(shape.subcon, f"{path}.{name}" if path and name else path or name, at)
        case construct.FormatField():
            return [LayoutRow(path, at, _kind(shape, path))], at + shape.length
        case construct.Const():
            return _constant(shape, path, at)
        case construct.Struct():
            return _sequence([(sub, path) for sub in shape.subcons], at)
        case construct.Array():
            if not isinstance(shape.count, int):
                raise NotFixedError(f"{path or 'shape'}: an array whose count is computed")
            return _sequence([(shape.subcon, f"{path}[{i}]") for i in range(shape.count)], at)
        case construct.Padded():
            rows, end = _walk(shape.subcon, path, at)
            if not isinstance(shape.length, int):
                raise NotFixedError(f"{path or 'shape'}: padding whose length is computed")
            return rows, max(end, at + shape.length)
        case construct.Adapter():
            return _walk(shape.subcon, path, at)
        case _ if shape is construct.Pass:
            return [], at
        case _:
            raise NotFixedError(f"{path or 'shape'}: {type(shape).__name__} has no fixed layout")


def _sequence(parts: Iterable[tuple[construct.Construct, str]], at: int) -> tuple[list[LayoutRow], int]:
    rows: list[LayoutRow] = []
    for part, path in parts:
        more, at = _walk(part, path, at)
        rows += more
    return rows, at


def _kind(field: construct.FormatField, path: str) -> str:
    order, code = field.fmtstr[:-1], field.fmtstr[-1]
    if code not in _FORMATS:
        raise NotFixedError(f"{path or 'shape'}: format {field.fmtstr!r} is none of {', '.join(KINDS)}")
    if order != ">" and field.length > 1:
        raise NotFixedError(f"{path or 'shape'}: format {field.fmtstr!r} is not big-endian")
    return _FORMATS[code]


def _constant(shape: construct.Const, path: str, at: int) -> tuple[list[LayoutRow], int]:
    rows, end = _walk(shape.subcon, path, at)
    if len(rows) != 1 or rows[0].kind[0] != "u":
        raise NotFixedError(f"{path or 'shape'}: a constant that is not one unsigned integer")
    return [LayoutRow(rows[0].name, rows[0].offset, rows[0].kind, shape.value)], end


def column_dtype(rows: Sequence[LayoutRow], octets: int | None = None) -> np.dtype[Any]:
    """A big-endian structured dtype over one unit of these rows; `octets` is its length when something follows the last row."""
    end = max((row.offset + OCTETS[row.kind] for row in rows), default=0)
    return np.dtype(
        {
            "names": [row.name for row in rows],
            "formats": [">" + row.kind[0] + str(OCTETS[row.kind]) for row in rows],
            "offsets": [row.offset for row in rows],
            "itemsize": end if octets is None else octets,
        }
    )


def decode_columns(rows: Sequence[LayoutRow], units: Sequence[bytes]) -> np.ndarray[Any, Any]:
    """Many units of one layout at once, a column for each row. Raises ValueError when a length or a constant differs."""
    dtype = column_dtype(rows)
    for i, unit in enumerate(units):
        if len(unit) != dtype.itemsize:
            raise ValueError(f"unit {i} has {len(unit)} octets, not {dtype.itemsize}")
    columns = np.frombuffer(b"".join(units), dtype)
    for row in rows:
        if row.constant is not None and np.any(columns[row.name] != row.constant):
            raise ValueError(f"{row.name} is not {row.constant} in every unit")
    return columns


def flatten(container: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """What construct has parsed, as (row name, value), in the order of the wire."""
    if isinstance(container, dict):
        for name, value in container.items():
            if name != "_io":
                yield from flatten(value, f"{path}.{name}" if path else name)
    elif isinstance(container, (list, tuple)):
        for i, value in enumerate(container):
            yield from flatten(value, f"{path}[{i}]")
    else:
        yield path, container
