"""A copy of the packages compiled with the address and undefined-behaviour sanitizers: python -m tools.sanitize [ARGUMENTS of tests.fuzz].

The copy lies in build/sanitized; what runs there is `tests.fuzz` over the decoders in Cython. The sanitizers' library is loaded before
the interpreter, which was built without it; objects come from malloc, so that every one has a zone of its own that nobody may read. What
is simulated is not compiled: it decodes nothing that comes from outside.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "sanitized"
FLAGS = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]
LINK = ["-fsanitize=address,undefined"]
COMPILED = "wire/*,hal/core/*,hal/drivers/*,flight/*"
COPIED = ("wire", "hal", "flight", "ground", "tests", "tools")


def why_not() -> str:
    """Why there is no sanitized build here, or nothing."""
    if sys.platform != "linux":
        return "the sanitizers are loaded as Linux loads them"
    try:
        missing = [name for name in ("libasan.so", "libubsan.so") if not library(name).is_absolute()]
    except OSError as error:
        return f"no compiler: {error}"
    return f"the compiler has no {' and no '.join(missing)}" if missing else ""


def library(name: str) -> Path:
    """Where the compiler has a library; its bare name when it has none. Raises OSError without a compiler."""
    compiler = os.environ.get("CC", "cc").split()
    said = subprocess.run([*compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=False)
    return Path(said.stdout.strip() or name)


def environment(allocate: str = "malloc") -> dict[str, str]:
    """What a process needs that runs sanitized code. `allocate` is where objects come from: "malloc", or "pymalloc" to see why not."""
    return {
        **os.environ,
        "LD_PRELOAD": f"{library('libasan.so')} {library('libubsan.so')}",
        "ASAN_OPTIONS": "detect_leaks=0:halt_on_error=1:abort_on_error=0",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "PYTHONMALLOC": allocate,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def copy_sources(target: Path) -> None:
    """Everything that differs from its copy; what is gone here goes there.

    The first time C files come too, all with their times: half of the work is done then. Later a copy gets the time of its copying, so
    that a source that goes back to what it was before is compiled again.
    """
    wanted = {}
    for folder in (*COPIED, "build/cython"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".pyi", ".pyx", ".pxd", ".c", ".h", ".json"):
                wanted[path.relative_to(ROOT)] = path
    wanted |= {Path(name): ROOT / name for name in ("setup.py", "pyproject.toml")}
    for relative, path in wanted.items():
        copy = target / relative
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
        elif path.suffix != ".c" and path.read_bytes() != copy.read_bytes():
            shutil.copyfile(path, copy)
    for folder in COPIED:
        for copy in (target / folder).rglob("*.py*"):
            if copy.relative_to(target) not in wanted and copy.suffix in (".py", ".pyx", ".pxd"):
                copy.unlink()


def compile_here() -> None:
    """The extensions of the directory in which this process stands, sanitized."""
    os.environ["FARSIDE_ONLY"] = COMPILED
    sys.path.insert(0, str(Path.cwd()))
    from setuptools import setup

    import setup as house

    found = house.extensions(["wire", "ground"], "wire._memoryview") + house.extensions(["hal", "flight"], "hal.core._memoryview")
    for extension in found:
        extension.extra_compile_args = [*extension.extra_compile_args, *FLAGS]
        extension.extra_link_args = LINK
    options = {"build_ext": {"inplace": True, "parallel": house.JOBS}}
    setup(ext_modules=found, options=options, script_args=["-q", "build_ext"])


def compiled(source: Path) -> Path:
    """The folder of one `.pyx` of a test, sanitized. Raises RuntimeError with the compiler's words."""
    folder = ROOT / "build" / "sanitized-alone"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, "-c", "import sys; from tools.sanitize import compile_alone; compile_alone(*sys.argv[1:])"]
        result = subprocess.run([*command, str(source), str(folder)], cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(result.stdout + result.stderr)
    return folder


def compile_alone(source: str, folder: str) -> None:
    """One `.pyx` into a folder, when it is newer."""
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension

    extension = Extension(Path(source).stem, [source], extra_compile_args=["-std=c11", *FLAGS], extra_link_args=LINK)
    modules = cythonize([extension], build_dir=folder, language_level=3, quiet=True)
    command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
    command.build_lib = command.build_temp = folder
    command.ensure_finalized()
    command.run()


def build() -> Path:
    """The sanitized copy, made or brought up to date. Raises RuntimeError with the compiler's words."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with (TARGET / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        copy_sources(TARGET)
        command = [sys.executable, "-c", "from tools.sanitize import compile_here; compile_here()"]
        result = subprocess.run(command, cwd=TARGET, capture_output=True, text=True, check=False)
        if result.returncode:
            raise RuntimeError(result.stdout + result.stderr)
    return TARGET


def main() -> int:
    """Exit code of the run; 0 when there are no sanitizers, which is said."""
    if reason := why_not():
        print(f"not sanitized: {reason}")
        return 0
    command = [sys.executable, "-m", "tests.fuzz", "--compiled", *sys.argv[1:]]
    return subprocess.run(command, cwd=build(), env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
