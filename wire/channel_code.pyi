from typing import Any

from typing_extensions import Buffer

DEFAULTS: dict[str, Any]

def encode(frame: Buffer, **options: int) -> bytes: ...
def decode(block: Buffer, **options: int) -> tuple[bytes, int]: ...
