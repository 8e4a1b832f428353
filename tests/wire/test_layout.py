"""The layout pass: construct walked once, in rows that say the same as construct does."""

import struct
from typing import Any

import construct
import numpy as np
import pytest
from construct import (
    Array,
    Bytes,
    Const,
    Enum,
    GreedyBytes,
    GreedyRange,
    If,
    Int8ub,
    Int16ub,
    Int16ul,
    Int32sb,
    PascalString,
    Prefixed,
    Struct,
)

from wire.dictionary import DICTIONARIES
from wire.dictionary.kinds import KINDS, OCTETS
from wire.layout import CODES, LayoutRow, NotFixedError, column_dtype, decode_columns, flatten, layout, size_of
from wire.shapes import FIELDS, command_shape, event_shape, report_shape

NESTED = Struct(
    "id" / Const(7, Int16ub),
    "state" / Struct("mode" / Enum(Int8ub, off=0, on=1), construct.Padding(1), "rates" / Array(2, Int32sb)),
    "tail" / Array(2, Struct("a" / Int8ub, "b" / construct.Float64b)),
)


def shapes() -> list[Any]:
    """Every fixed shape that the dictionaries make."""
    found = []
    for book in DICTIONARIES.values():
        found += [pytest.param(report_shape(book, r), id=f"{book.vehicle.name}.{r.name}") for r in book.reports]
        found += [pytest.param(event_shape(e), id=f"{book.vehicle.name}.{e.name}") for e in book.events]
        fixed = [c for c in book.commands if c.name != "set"]
        found += [pytest.param(command_shape(book, c), id=f"{book.vehicle.name}.{c.name}") for c in fixed]
    return found


def test_nested_structs_arrays_constants_and_padding_have_their_offsets() -> None:
    assert layout(NESTED) == (
        LayoutRow("id", 0, "u16", 7),
        LayoutRow("state.mode", 2, "u8"),
        LayoutRow("state.rates[0]", 4, "i32"),
        LayoutRow("state.rates[1]", 8, "i32"),
        LayoutRow("tail[0].a", 12, "u8"),
        LayoutRow("tail[0].b", 13, "f64"),
        LayoutRow("tail[1].a", 21, "u8"),
        LayoutRow("tail[1].b", 22, "f64"),
    )
    assert size_of(NESTED) == NESTED.sizeof() == 30


def test_every_kind_has_the_octets_that_construct_gives_it() -> None:
    for kind in KINDS:
        (row,) = layout(Struct("x" / FIELDS[kind]))
        assert (row.kind, OCTETS[kind]) == (kind, FIELDS[kind].sizeof())


def test_codes_are_those_of_the_packer() -> None:
    with open("wire/packer.pxd", encoding="utf-8") as file:
        declared = {
            k.strip()[5:].lower(): int(v.split("#")[0]) for k, _, v in (x.partition("=") for x in file if x.strip().startswith("CODE_"))
        }
    assert declared.pop("constant") == 0
    assert declared == CODES


@pytest.mark.parametrize(
    ("shape", "path"),
    [
        (Struct("a" / Struct("rest" / GreedyBytes)), "a.rest"),
        (Struct("list" / GreedyRange(Int8ub)), "list"),
        (Struct("n" / Int8ub, "values" / Array(construct.this.n, Int8ub)), "values"),
        (Struct("flag" / Int8ub, "more" / If(construct.this.flag, Int8ub)), "more"),
        (Struct("text" / PascalString(Int8ub, "ascii")), "text"),
        (Struct("inner" / Prefixed(Int8ub, GreedyBytes)), "inner"),
        (Struct("octets" / Bytes(4)), "octets"),
        (Struct("bits" / construct.BitStruct("x" / construct.BitsInteger(8))), "bits"),
        (Struct("x" / Array(2, Struct("y" / Int16ul))), r"x\[0\].y"),
        (Struct("three" / construct.Int24ub), "three"),
        (Struct("half" / construct.Float16b), "half"),
        (Struct("native" / construct.Int32un), "native"),
    ],
)
def test_a_shape_without_a_fixed_big_endian_layout_is_refused_with_its_path(shape: Any, path: str) -> None:
    with pytest.raises(NotFixedError, match=f"^{path}:"):
        layout(shape)


@pytest.mark.parametrize("shape", shapes())
def test_the_layout_of_every_row_ends_where_construct_ends(shape: Any) -> None:
    rows = layout(shape)
    at = 0
    for row in rows:
        assert row.offset == at, "fields follow each other without gaps"
        at += OCTETS[row.kind]
    assert at == shape.sizeof() == size_of(shape)


@pytest.mark.parametrize("shape", shapes())
def test_truncated_octets_are_refused_at_every_length(shape: Any) -> None:
    whole = bytearray(shape.sizeof())
    for row in layout(shape):
        if row.constant is not None:
            whole[row.offset : row.offset + OCTETS[row.kind]] = row.constant.to_bytes(OCTETS[row.kind], "big")
    for length in range(len(whole)):
        # Zeros are no member of some enumerations, which is refused before the octets end.
        with pytest.raises((construct.StreamError, construct.ValidationError)):
            shape.parse(bytes(whole[:length]))


def test_columns_decode_many_units_at_once() -> None:
    units = [NESTED.build({"id": 7, "state": {"mode": i, "rates": [i, -i]}, "tail": [{"a": i, "b": i / 4}] * 2}) for i in range(2)]
    columns = decode_columns(layout(NESTED), units)
    assert columns["state.rates[1]"].tolist() == [0, -1]
    assert columns["tail[1].b"].tolist() == [0.0, 0.25]
    assert column_dtype(layout(NESTED), 40).itemsize == 40


def test_columns_of_a_wrong_length_or_constant_are_refused() -> None:
    unit = struct.pack(">Hb", 7, -3)
    rows = layout(Struct("id" / Const(7, Int16ub), "x" / construct.Int8sb))
    assert decode_columns(rows, [unit, unit])["x"].tolist() == [-3, -3]
    with pytest.raises(ValueError, match="unit 1 has 2 octets, not 3"):
        decode_columns(rows, [unit, unit[:2]])
    with pytest.raises(ValueError, match="id is not 7"):
        decode_columns(rows, [unit, b"\0" + unit[1:][::-1]])


def test_no_units_make_no_rows() -> None:
    assert len(decode_columns(layout(NESTED), [])) == 0
    assert column_dtype([]) == np.dtype([])


def test_flattened_values_carry_the_names_of_the_rows() -> None:
    parsed = NESTED.parse(NESTED.build({"id": 7, "state": {"mode": 1, "rates": [4, 5]}, "tail": [{"a": 1, "b": 2.0}] * 2}))
    assert [name for name, _ in flatten(parsed)] == [row.name for row in layout(NESTED)]
