"""The index of bad inputs: every row that it names points to tests that are there. Rows are added by whoever tests them."""

import ast
import json
import re
from pathlib import Path

import pytest

from tests.house import ROOT

INDEX: dict[str, list[str]] = json.loads((ROOT / "tests/bad_inputs_index.json").read_text())
# Every row of layers 1 to 4 (CLTU, frames and COP-1, segments, packets) and 7 to 11 (SDLS, telemetry, coding, time codes, sockets).
LINK = [f"BI-{row:03}" for row in (*range(1, 46), *range(91, 128))]


def names_in(file: Path) -> set[str]:
    """Names of the test functions of a file, those in classes as Class::function."""
    found = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


def missing(tests: list[str]) -> list[str]:
    """Those that no file holds."""
    out = []
    for test in tests:
        file, _, name = test.partition("::")
        if not (ROOT / file).is_file() or name not in names_in(ROOT / file):
            out.append(test)
    return out


@pytest.mark.parametrize("row", INDEX)
def test_every_row_points_to_tests_that_are_there(row):
    assert re.fullmatch(r"BI-\d{3}", row)
    assert INDEX[row]
    assert missing(INDEX[row]) == []


def test_every_row_of_the_link_is_in_the_index():
    assert [row for row in LINK if row not in INDEX] == []


def test_the_rows_stand_in_their_order():
    assert list(INDEX) == sorted(INDEX)


def test_a_name_that_is_not_there_is_caught():
    here = "tests/wire/test_bad_inputs_index.py"
    assert missing([f"{here}::test_a_name_that_is_not_there_is_caught"]) == []
    assert missing([f"{here}::test_nobody_wrote", "tests/nowhere.py::test_x", here]) == [
        f"{here}::test_nobody_wrote",
        "tests/nowhere.py::test_x",
        here,
    ]
