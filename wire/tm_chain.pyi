from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

PACKET_ROW: np.dtype[np.void]
FRAME_ROW: np.dtype[np.void]
SECOND: int

class TmChain:
    foreign_frames: int
    no_room: int
    def __init__(self, spacecraft_ids: Iterable[int] | None = None, **options: int) -> None: ...
    def feed(self, data: Buffer) -> tuple[NDArray[np.void], NDArray[np.uint8]]: ...
    def frame_rows(self) -> NDArray[np.void]: ...
    def record(self) -> Any: ...
    def channel_records(self) -> dict[tuple[int, int], Any]: ...
