"""The wheel holds the four packages and nothing else: every Python source, every extension, what a Cython user needs; no C, no tests."""

import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from tests.house import PACKAGES, ROOT, sources


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built from a copy of the tree as a user would; objects that are already built are taken along, so that it is quick."""
    copy = tmp_path_factory.mktemp("tree")
    wanted = [*PACKAGES, "tests", "tools"]
    for folder in wanted:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy2(ROOT / file, copy / file)
    shutil.copytree(ROOT / "build" / "cython", copy / "build" / "cython")
    for library in (ROOT / "build").glob("lib.*"):
        for built in library.rglob("*.so"):
            stem = built.relative_to(library).with_name(built.name.split(".")[0])
            if stem.name == "_memoryview" or (ROOT / stem).with_suffix(".pyx").exists():
                target = copy / "build" / library.name / built.relative_to(library)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(built, target)
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-build-isolation", "--no-deps", "--quiet", "--wheel-dir", "wheels"]
    result = subprocess.run([*command, "--disable-pip-version-check"], cwd=copy, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    (path,) = (copy / "wheels").glob("farside-*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_exactly_the_four_packages(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    (info,) = tops - set(PACKAGES)
    assert wheel.read(f"{info}/top_level.txt").decode().split() == sorted(PACKAGES)


def test_the_wheel_holds_every_source_that_python_or_cython_reads_and_nothing_that_built_it(wheel: zipfile.ZipFile) -> None:
    expected = {path.relative_to(ROOT).as_posix() for path in sources(ROOT, suffixes=(".py", ".pyi", ".pxd"))}
    extension = EXTENSION_SUFFIXES[0]
    expected |= {path.relative_to(ROOT).with_suffix("").as_posix() + extension for path in sources(ROOT, suffixes=(".pyx",))}
    expected |= {f"wire/_memoryview{extension}", f"hal/core/_memoryview{extension}"}
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected


def test_the_wheel_brings_the_command_the_licence_and_the_extras(wheel: zipfile.ZipFile) -> None:
    info = next(name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name)
    assert "farside = ground.__main__:main" in wheel.read(f"{info}/entry_points.txt").decode()
    assert "Apache License" in wheel.read(f"{info}/licenses/LICENSE").decode()
    metadata = Parser().parsestr(wheel.read(f"{info}/METADATA").decode())
    assert (metadata["Name"], metadata["License-Expression"], metadata["Requires-Python"]) == ("farside", "Apache-2.0", ">=3.11")
    assert metadata.get_all("Provides-Extra") == ["hil", "dev"]


def test_the_four_packages_are_found_by_name_and_not_by_the_folder_one_stands_in(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    program = "import flight, ground, hal, wire, hal.core.arena; print(hal.core.arena.__file__)"
    command = [sys.executable, "-P", "-c", program]
    result = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert result.stdout.startswith(str(tmp_path))
