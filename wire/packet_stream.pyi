from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

from wire.layout import LayoutRow

STREAM_ROW: np.dtype[np.void]

class Decoded(NamedTuple):
    rows: NDArray[np.void]
    columns: dict[str, NDArray[np.generic]]
    other: int
    unsound: int
    short: int
    rest: int

def scan(buffer: Buffer, check: bool = True) -> tuple[NDArray[np.void], int]: ...
def decode(buffer: Buffer, fields: Sequence[LayoutRow], apid: int = -1, check: bool = True) -> Decoded: ...
def build_tm(apid: int, first_count: int, service: int, subtype: int, times: Buffer, data: Buffer) -> bytes: ...
