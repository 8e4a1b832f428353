"""Ground programs as processes, as an operator starts them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.ground.fake import FakeSpacecraft
from tests.house import PATIENCE_S, ROOT, interruptible
from wire import shapes
from wire.dictionary import LANDER, Dictionary


def arguments(spacecraft: FakeSpacecraft, archive: Path, *words: str) -> list[str]:
    command, *rest = words
    doors = ["--tm", spacecraft.tm, "--tc", spacecraft.tc, "--archive", str(archive)]
    return [sys.executable, "-m", "ground", command, *doors, *rest]


def farside(spacecraft: FakeSpacecraft, archive: Path, *words: str, lines: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        arguments(spacecraft, archive, *words), cwd=ROOT, input=lines, capture_output=True, text=True, timeout=2 * PATIENCE_S, check=False
    )


def begin(spacecraft: FakeSpacecraft, archive: Path, *words: str, **more: Any) -> subprocess.Popen[str]:
    """Start a command and let it run."""
    with interruptible():
        return subprocess.Popen(arguments(spacecraft, archive, *words), cwd=ROOT, stdout=subprocess.PIPE, text=True, **more)


def housekeeping(name: str = "system", book: Dictionary = LANDER, **values: float) -> tuple[int, bytes]:
    """APID and source data of one of a vehicle's reports; what is not given is 0. A dot in a name is written as two underscores."""
    report = book.report(name)
    given = {key.replace("__", "."): value for key, value in values.items()}
    content = {"report": report.id} | {parameter: given.get(parameter, 0) for parameter in report.parameters}
    return report.apid, bytes(shapes.report_shape(book, report).build(content))


def event(name: str, **values: float) -> tuple[int, int, bytes]:
    """APID, severity and source data of one of the lander's events."""
    row = LANDER.event(name)
    return row.apid, row.severity, bytes(shapes.event_shape(row).build({"event": row.id, **values}))


def rows(text: str) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines()]
