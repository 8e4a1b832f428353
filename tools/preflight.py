"""What a machine must have before anything is built. Plain Python, since this is what says that a Python is too old."""

import os
import shutil
import sys
import sysconfig


def complaints():
    """Sentences that tell a person what to do; none when the machine will do."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the one file that an older Python runs
        have = f"{sys.version_info[0]}.{sys.version_info[1]}"
        return [f"Python 3.11 or newer is needed; {sys.executable} is {have}. Name another one: make PYTHON=python3.12 ..."]
    found = []
    compiler = os.environ.get("CC", "cc").split()[0]
    if shutil.which(compiler) is None:
        found.append(f"A C compiler is needed: no {compiler!r} found. Debian: apt install build-essential; macOS: xcode-select --install")
    header = os.path.join(sysconfig.get_paths()["include"], "Python.h")
    if not os.path.exists(header):
        found.append(f"Python's C headers are needed; there is no {header}. Debian: apt install python3-dev.")
    try:
        import ensurepip  # noqa: F401 - Debian splits it off, and venv fails without it
    except ImportError:
        found.append("Python's venv module is needed. Debian: apt install python3-venv.")
    return found


if __name__ == "__main__":
    sentences = complaints()
    for sentence in sentences:
        sys.stderr.write(sentence + "\n")
    sys.exit(1 if sentences else 0)
