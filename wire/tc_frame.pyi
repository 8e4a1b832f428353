from enum import IntEnum
from typing import Any

from typing_extensions import Buffer

class TcFrameError(IntEnum):
    TC_FRAME_OK = 0
    TC_FRAME_SHORT = 1
    TC_FRAME_LENGTH = 2
    TC_FRAME_FECF = 3
    TC_FRAME_VERSION = 4
    TC_FRAME_SPARE = 5
    TC_FRAME_TYPE = 6
    TC_FRAME_SPACECRAFT = 7
    TC_FRAME_CHANNEL = 8
    TC_FRAME_MAP = 9
    TC_FRAME_SEGMENT = 10
    TC_FRAME_DIRECTIVE = 11
    TC_FRAME_LOCKOUT = 12
    TC_FRAME_FARM = 13
    TC_FRAME_OVERLONG = 14
    TC_FRAME_UNFINISHED = 15

TEXTS: dict[TcFrameError, str]

def parse(octets: Buffer) -> tuple[TcFrameError, dict[str, Any] | None]: ...
def build(
    data: Buffer,
    spacecraft_id: int,
    virtual_channel_id: int,
    sequence_number: int = 0,
    bypass: bool = True,
    control_command: bool = False,
    map_id: int = 0,
    sequence_flags: int = 3,
) -> bytes: ...
