"""The rules of the house that a machine can check: sizes, decided error values, who may let go of the GIL, stubs that tell the truth."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import CYTHON, PACKAGES, ROOT, module_name, sources

EVERYWHERE = (*PACKAGES, "tests", "tools")
MOST_LINES = 400
MOST_LINES_OF_A_DEVICE = 60

# Where the GIL is let go, and why.
LOOP = "flight/executive.pyx"
BORDERS = {
    "flight/clock.pyx": "a sleep asked for from Python",
    "flight/doors/inbox.pyx": "a pump waits for room",
    "flight/doors/outlet.pyx": "a pump waits for frames, and codes them",
    "flight/doors/pumps.pyx": "a pump waits on its socket",
    "flight/security_outlet.pyx": "a sealer waits for frames and for room",
    "hal/sim/render.pyx": "the cells and pixels of a picture are computed, on two threads",
    "hal/backends/pump.pyx": "the thread of a real back end waits for units",
    "wire/cadu.pyx": "a block of frames is decoded",
    "wire/convolutional.pyx": "a stretch of symbols is decoded",
    "wire/packet_stream.pyx": "a recording is taken apart",
    "wire/reed_solomon.pyx": "a block is coded or decoded",
    "wire/tm_chain.pyx": "a stretch of a coded stream becomes packets",
}

DEFINITION = re.compile(r"^[ \t]*(?:cdef|cpdef)[ \t]+([^\n=(:#]*?)(\w+)[ \t]*\(", re.M)
POINTER = re.compile(r"\(\*[ \t]*(\w+)\)[ \t]*\(")
NOT_A_FUNCTION = re.compile(r"^(?:class|struct|union|enum|extern|packed|cppclass)\b")
PYTHON_TYPES = {"object", "str", "bytes", "bytearray", "list", "dict", "tuple", "set", "frozenset", "type"}


def lines_of(path: Path) -> int:
    return path.read_text().count("\n")


def after_the_arguments(text: str, opening: int) -> str:
    """What follows the closing bracket, to the end of the logical line or the colon."""
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return re.split(r"[:#\n]", text[at + 1 :], maxsplit=1)[0]
    raise AssertionError("brackets do not match")


def extension_types(root: Path) -> set[str]:
    """The names of all classes that Cython code declares: a function that returns one tells of an error by returning nothing."""
    return {name for path in sources(root, suffixes=CYTHON) for name in re.findall(r"^[ \t]*cdef class (\w+)", path.read_text(), re.M)}


def undecided(text: str, classes: set[str]) -> Iterator[str]:
    """C-level functions whose signature says neither `noexcept` nor an error value."""
    for match in DEFINITION.finditer(text):
        returned = re.sub(r"\b(?:inline|public|api)\b", "", match[1]).strip()
        if NOT_A_FUNCTION.match(returned) or (not returned.endswith("*") and returned in PYTHON_TYPES | classes) or not returned:
            continue
        if not re.search(r"\bnoexcept\b|\bexcept\b", after_the_arguments(text, match.end() - 1)):
            yield match[2]
    for match in POINTER.finditer(re.sub(r'"""(?:.|\n)*?"""', '""', text)):
        bare = re.sub(r'"""(?:.|\n)*?"""', '""', text)
        if not re.search(r"\bnoexcept\b|\bexcept\b", after_the_arguments(bare, match.end() - 1)):
            yield match[1]


@pytest.mark.parametrize("folder", EVERYWHERE)
def test_no_source_file_is_longer_than_it_may_be(folder: str) -> None:
    suffixes = (".py", ".pyi", *CYTHON, ".c", ".h")
    assert {str(p.relative_to(ROOT)): lines_of(p) for p in sources(ROOT, (folder,), suffixes) if lines_of(p) >= MOST_LINES} == {}


def test_the_list_of_extensions_is_short_and_so_is_every_device_interface() -> None:
    assert lines_of(ROOT / "setup.py") < 40
    assert {p.name: lines_of(p) for p in (ROOT / "hal").glob("*.pxd") if lines_of(p) > MOST_LINES_OF_A_DEVICE} == {}


def test_every_c_level_signature_says_how_it_fails() -> None:
    classes = extension_types(ROOT)
    found = {str(p.relative_to(ROOT)): list(undecided(p.read_text(), classes)) for p in sources(ROOT, suffixes=CYTHON)}
    assert {file: names for file, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("cdef int f(int x) nogil:", ["f"]),
        ("cdef int f(int x) noexcept nogil:", []),
        ("cdef inline double f(double (*g)(int) noexcept, int x):", ["f"]),
        ("cdef int f(self) except -1", []),
        ("cpdef double[3] f(self):", ["f"]),
        ("cdef void* take(self, str name,\n        size_t size) except NULL", []),
        ("cdef SlotCode make(str name)", []),
        ("cdef SlotCode* make(str name)", ["make"]),
        ("cdef object bind(self)", []),
        ("cdef class Arena(Base):", []),
        ("cdef int x = f(3)", []),
        ("ctypedef int (*slot)(void* c) nogil", ["slot"]),
        ("    void (*enter)() noexcept nogil", []),
    ],
)
def test_an_undecided_signature_is_seen(line: str, caught: list[str]) -> None:
    assert list(undecided(line + "\n", {"SlotCode"})) == caught


def test_the_gil_is_let_go_once_in_the_loop_and_else_at_the_listed_borders() -> None:
    pattern = re.compile(r"^[ \t]*with[ \t]+(?:cython\.)?nogil\b", re.M)
    found = {p.relative_to(ROOT).as_posix(): len(pattern.findall(p.read_text())) for p in sources(ROOT, suffixes=CYTHON)}
    assert found.pop(LOOP) == 1
    assert {file for file, n in found.items() if n} == set(BORDERS)


def test_no_file_promises_to_be_finished_later() -> None:
    promise = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
    assert [str(p.relative_to(ROOT)) for p in sources(ROOT, EVERYWHERE) if promise.search(p.read_text())] == []


def test_every_extension_in_place_has_its_source() -> None:
    built = [path for package in PACKAGES for path in (ROOT / package).rglob("*.so")]
    named = {path: path.with_name(path.name.split(".")[0]) for path in built}
    assert [str(path) for path, stem in named.items() if stem.name != "_memoryview" and not stem.with_suffix(".pyx").exists()] == []


STUBS = [path for path in sources(ROOT, suffixes=(".pyi",)) if path.with_suffix(".pyx").exists()]


def stub_names(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """The names that a stub declares, with what declares them; imports and names of types are not declarations."""
    names: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names[node.target.id] = node
    return names


def disagreements(declared: ast.FunctionDef, real: object) -> Iterator[str]:
    """Parameters that differ in name, order or in having a default."""
    try:
        signature = inspect.signature(real)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return
    arguments = declared.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    optional = set(names[len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults) :][: len(arguments.defaults)])
    optional |= {a.arg for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    plain = [p for p in signature.parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if [p.name for p in plain if p.name != "self"] != [name for name in names if name != "self"]:
        yield f"{declared.name}({', '.join(names)}) is {signature}"
    elif {p.name for p in plain if p.default is not p.empty} != optional:
        yield f"{declared.name}: defaults of {sorted(optional)} are {signature}"


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: module_name(ROOT, path))
def test_a_stub_declares_what_its_module_has(stub: Path) -> None:
    module = importlib.import_module(module_name(ROOT, stub))
    declared = stub_names(ast.parse(stub.read_text()).body)
    assert [name for name in declared if not hasattr(module, name)] == []
    wrong: list[str] = []
    for name, node in declared.items():
        real = getattr(module, name)
        if isinstance(node, ast.FunctionDef):
            wrong += disagreements(node, real)
        elif isinstance(node, ast.ClassDef):
            members = stub_names(node.body)
            fields = set(getattr(real, "__dataclass_fields__", ()))
            wrong += [f"{name}.{member}" for member in members if not hasattr(real, member) and member not in fields]
            for member, method in members.items():
                if isinstance(method, ast.FunctionDef) and not method.decorator_list and member != "__init__":
                    wrong += disagreements(method, getattr(real, member, None))
    assert wrong == []
