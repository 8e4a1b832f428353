"""The public vectors of tests/vectors, as they came: provenance and verdicts stand in the files."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "vectors"


def load(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / name).read_text())
