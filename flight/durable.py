"""Small files that no loss of power leaves half written or takes back: replaced whole, synced, and their directory too."""

from __future__ import annotations

import json
import os
from pathlib import Path


def replace_json(path: Path, value: object) -> None:
    """Write `value` in place of what the file held; on the disk when this returns. Raises OSError; then nothing may rest on it."""
    draft = path.with_suffix(".new")
    with open(draft, "w") as file:
        json.dump(value, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
