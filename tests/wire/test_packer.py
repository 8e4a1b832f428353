"""The packer: construct, Cython and numpy say the same octets; conversions saturate; sizes are checked at the border."""

import math
import struct
from typing import Any

import construct
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire.dictionary import DICTIONARIES
from wire.dictionary.kinds import FLOAT_MAX, KINDS, OCTETS, kind_range
from wire.layout import LayoutRow, decode_columns, flatten, layout
from wire.packer import PackTable
from wire.shapes import FIELDS, report_shape

REPORTS = [pytest.param(report_shape(b, r), id=f"{b.vehicle.name}.{r.name}") for b in DICTIONARIES.values() for r in b.reports]


def numpy_type(kind: str) -> str:
    return kind[0] + str(OCTETS[kind])


def values_of(kind: str) -> st.SearchStrategy[Any]:
    if kind in FLOAT_MAX:
        return st.floats(width=32 if kind == "f32" else 64)
    low, high = kind_range(kind)
    return st.integers(int(low), int(high))


def memory_for(rows: Any, values: dict[str, Any]) -> tuple[np.ndarray, dict[str, tuple[int, str]]]:
    """A record in this machine's order and alignment that holds the values, and where each lies in it."""
    free = [row for row in rows if row.constant is None]
    dtype = np.dtype([(row.name, numpy_type(row.kind)) for row in free], align=True)
    record = np.zeros(1, dtype)
    for row in free:
        record[row.name] = values[row.name]
    fields: Any = dtype.fields or {}
    return record.view(np.uint8), {name: (at, kind.str) for name, (kind, at) in fields.items()}


def same(a: Any, b: Any) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def hold_together(shape: Any, values: dict[str, Any], container: Any) -> None:
    """construct == packer == numpy, in both directions."""
    rows = layout(shape)
    expected = shape.build(container)
    memory, sources = memory_for(rows, values)
    table = PackTable(rows, sources)
    assert table.pack(memory) == expected
    back = np.zeros_like(memory)
    table.unpack(expected, back)
    assert table.pack(back) == expected
    columns = decode_columns(rows, [expected, expected])
    parsed = dict(flatten(shape.parse(expected)))
    assert all(same(columns[row.name][1].item(), parsed[row.name]) for row in rows)


@pytest.mark.parametrize("shape", REPORTS)
@given(data=st.data())
def test_every_report_has_the_same_octets_three_ways(shape: Any, data: st.DataObject) -> None:
    values = {row.name: data.draw(values_of(row.kind)) for row in layout(shape) if row.constant is None}
    hold_together(shape, values, values)


@st.composite
def nested(draw: st.DrawFn) -> tuple[Any, Any, dict[str, Any]]:
    """A random struct of scalars, arrays and structs, a container for it, and the same values flat."""
    parts: list[Any] = []
    container: dict[str, Any] = {}
    flat: dict[str, Any] = {}
    for i in range(draw(st.integers(1, 6))):
        kind, name = draw(st.sampled_from(KINDS)), f"f{i}"
        match draw(st.sampled_from(["scalar", "array", "struct", "padded"])):
            case "array":
                n = draw(st.integers(1, 4))
                container[name] = draw(st.lists(values_of(kind), min_size=n, max_size=n))
                flat |= {f"{name}[{k}]": v for k, v in enumerate(container[name])}
                parts.append(name / construct.Array(n, FIELDS[kind]))
            case "struct":
                value = draw(values_of(kind))
                container[name] = {"x": value, "y": 3}
                flat |= {f"{name}.x": value}
                parts.append(name / construct.Struct("x" / FIELDS[kind], "y" / construct.Const(3, construct.Int8ub)))
            case "padded":
                container[name] = flat[name] = draw(values_of(kind))
                parts.append(name / construct.Padded(OCTETS[kind] + 3, FIELDS[kind]))
                parts.append(f"end{i}" / construct.Const(9, construct.Int16ub))
            case _:
                container[name] = flat[name] = draw(values_of(kind))
                parts.append(name / FIELDS[kind])
    return construct.Struct(*parts), container, flat


@given(nested())
def test_random_structs_have_the_same_octets_three_ways(drawn: tuple[Any, Any, dict[str, Any]]) -> None:
    shape, container, flat = drawn
    hold_together(shape, flat, container)


def converted(source: str, wire: str, value: Any) -> bytes:
    """What the conversion rules say, in Python's own arithmetic."""
    if wire in FLOAT_MAX:
        if wire == "f32" and source == "f64":
            with np.errstate(over="ignore", invalid="ignore"):
                return np.array(value).astype(">f4").tobytes()
        return np.array(value, numpy_type(source)).astype(">" + numpy_type(wire)).tobytes()
    low, high = (int(x) for x in kind_range(wire))
    if source in FLOAT_MAX:
        number = 0 if math.isnan(value) else low if value <= low else high if value >= high else round(value)
    else:
        number = min(max(value, low), high)
    return number.to_bytes(OCTETS[wire], "big", signed=wire[0] == "i")


@pytest.mark.parametrize("wire", KINDS)
@pytest.mark.parametrize("source", KINDS)
@settings(max_examples=40)
@given(data=st.data())
def test_every_conversion_saturates_and_rounds_as_said(source: str, wire: str, data: st.DataObject) -> None:
    value = data.draw(values_of(source))
    there = np.array([value], numpy_type(source))
    octets = PackTable([LayoutRow("x", 0, wire)], {"x": (0, numpy_type(source))}).pack(there.view(np.uint8))
    # The same conversion on the way in: the value comes over the wire in its own kind and goes into a variable of the other.
    here = np.zeros(1, numpy_type(wire))
    PackTable([LayoutRow("x", 0, source)], {"x": (0, numpy_type(wire))}).unpack(
        there.astype(">" + numpy_type(source)).tobytes(), here.view(np.uint8)
    )
    if wire in FLOAT_MAX and source in FLOAT_MAX and math.isnan(value):
        assert math.isnan(struct.unpack(">f" if wire == "f32" else ">d", octets)[0])
        assert math.isnan(here[0])
    else:
        assert octets == here.astype(">" + numpy_type(wire)).tobytes() == converted(source, wire, value)


@pytest.mark.parametrize(
    ("source", "value", "wire", "octets"),
    [
        ("f8", 300.7, "u8", "ff"),
        ("f8", -0.5, "u8", "00"),
        ("f8", 2.5, "i16", "0002"),
        ("f8", -1.5, "i16", "fffe"),
        ("f8", math.nan, "u32", "00000000"),
        ("f8", math.inf, "i32", "7fffffff"),
        ("f8", -math.inf, "i64", "8000000000000000"),
        ("f8", 1.8446744073709552e19, "u64", "ffffffffffffffff"),
        ("f8", 9.223372036854775e18, "i64", "7ffffffffffffc00"),
        ("f8", 1e300, "f32", "7f800000"),
        ("f4", 1.5, "f64", "3ff8000000000000"),
        ("i8", -1, "u64", "0000000000000000"),
        ("i8", -1, "f32", "bf800000"),
        ("u8", 2**64 - 1, "i64", "7fffffffffffffff"),
        ("u8", 2**64 - 1, "f64", "43f0000000000000"),
        ("i2", -300, "i8", "80"),
        ("b1", True, "u16", "0001"),
    ],
)
def test_golden_conversions(source: str, value: Any, wire: str, octets: str) -> None:
    memory = np.array([value], source).view(np.uint8)
    assert PackTable([LayoutRow("x", 0, wire)], {"x": (0, source)}).pack(memory).hex() == octets


def test_a_payload_of_nan_passes_through_unchanged() -> None:
    memory = np.array([0x7FF4000000000001], np.uint64).view(np.uint8)
    assert PackTable([LayoutRow("x", 0, "f64")], {"x": (0, "f8")}).pack(memory).hex() == "7ff4000000000001"


def test_golden_octets_of_the_relays_report() -> None:
    # 0001 report, f64 uptime 12.5, boot 3, cause 2 (watchdog), f32 load 0.25, overruns 1, shed 0, i32 margin -2,
    # mode 1, previous 0, transitions 4, refused 5, link counters 1..8
    book = DICTIONARIES["relay"]
    numbers = [12.5, 3, 2, 0.25, 1, 0, -2, 1, 0, 4, 5, 1, 2, 3, 4, 5, 6, 7, 8]
    values = dict(zip(book.report("system").parameters, numbers, strict=True))
    golden = """
        0001 4029000000000000 00000003 02 3e800000 00000001 00000000 fffffffe 01 00 00000004 0005
        00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008
    """
    shape = report_shape(book, book.report("system"))
    memory, sources = memory_for(layout(shape), values)
    assert PackTable(layout(shape), sources).pack(memory).hex() == shape.build(values).hex() == "".join(golden.split())


def test_neighbours_of_equal_types_become_one_row() -> None:
    rows = layout(construct.Struct("v" / construct.Array(28, construct.Float32b), "n" / construct.Int8ub))
    sources = {f"v[{i}]": (8 * i, "f8") for i in range(28)} | {"n": (224, "u1")}
    assert PackTable(rows, sources).count == 2
    assert PackTable(rows, sources, merge=False).count == 29


def test_values_are_read_and_assigned_by_row() -> None:
    table = PackTable([LayoutRow("a", 0, "u8"), LayoutRow("b", 1, "f32")], {"a": (0, "i2"), "b": (8, "f8")}, merge=False)
    memory = np.zeros(16, np.uint8)
    table.assign(0, memory, 1e9)
    table.assign(1, memory, -0.1)
    assert (table.value(0, memory), table.value(1, memory)) == (32767.0, -0.1)
    assert table.pack(memory).hex() == "ffbdcccccd"


def test_a_constant_that_differs_is_refused_and_nothing_is_written() -> None:
    table = PackTable([LayoutRow("id", 0, "u16", 7), LayoutRow("x", 2, "u8")], {"x": (0, "u1")})
    memory = np.zeros(1, np.uint8)
    table.unpack(b"\0\7\5", memory)
    assert memory[0] == 5
    with pytest.raises(ValueError, match="constant"):
        table.unpack(b"\0\6\4", memory)
    assert memory[0] == 5


def test_sizes_are_checked_at_the_border() -> None:
    table = PackTable([LayoutRow("x", 0, "u32")], {"x": (4, "u4")})
    assert (table.octets, table.extent) == (4, 8)
    with pytest.raises(ValueError, match="reaches 8"):
        table.pack(np.zeros(7, np.uint8))
    for length in (0, 3, 5):
        with pytest.raises(ValueError, match="the layout has 4"):
            table.unpack(bytes(length), np.zeros(8, np.uint8))
    with pytest.raises(IndexError):
        table.value(1, np.zeros(8, np.uint8))


def test_a_table_without_a_source_or_with_a_foreign_type_is_refused() -> None:
    with pytest.raises(KeyError, match="nav"):
        PackTable([LayoutRow("nav.x", 0, "u8")], {})
    for foreign in (">u4", "f2", "U4", "c16"):
        with pytest.raises(ValueError, match="cannot pack"):
            PackTable([LayoutRow("x", 0, "u8")], {"x": (0, foreign)})


def test_an_empty_layout_packs_to_nothing() -> None:
    assert PackTable([], {}).pack(np.zeros(0, np.uint8)) == b""
