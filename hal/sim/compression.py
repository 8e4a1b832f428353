"""Compression inside a camera: JPEG small enough for a ratio, its quality sought from the one that was right for the picture before.

Pillow's encoder is deterministic: the same pixels and quality give the same octets, on one build of it.
"""

from __future__ import annotations

import math
from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

MOST_TRIES: Final = 6
BEST, WORST = 95, 1
ENOUGH: Final = 0.88  # of the octets allowed: no better quality is sought


def encode(counts: npt.NDArray[np.uint8], quality: int, small: bool) -> bytes:
    """One picture; `small` takes three times as long, and is worth it where most blocks are nearly empty."""
    out = BytesIO()
    Image.fromarray(counts).save(out, "JPEG", quality=quality, optimize=small, progressive=small)
    return out.getvalue()


def compress(counts: npt.NDArray[np.uint8], ratio: int, quality: int) -> tuple[bytes, int]:
    """The picture in at most (pixels / ratio) octets and its quality, by at most six tries from `quality` on; no octets when even the
    worst quality is too large."""
    limit = counts.size // max(ratio, 1)
    tried: dict[int, int] = {}  # quality: octets
    best, found = b"", WORST
    quality = min(max(quality, WORST), BEST)
    while len(tried) < MOST_TRIES and quality not in tried:
        octets = encode(counts, quality, ratio > 16)
        tried[quality] = len(octets)
        if len(best) < len(octets) <= limit:
            best, found = octets, quality
        if ENOUGH * limit <= len(octets) <= limit:
            break
        quality = _next(tried, 0.95 * limit)
    if not best:
        best = encode(counts, WORST, True)
        best = best if len(best) <= limit else b""
    return best, found


def _next(tried: dict[int, int], wanted: float) -> int:
    """The quality to try: between the nearest ones, as if octets grew exponentially there; else by a power law, twofold at most."""
    low = max((q for q, size in tried.items() if size <= wanted), default=None)
    high = min((q for q, size in tried.items() if size > wanted), default=None)
    if low is not None and high is not None:
        share = math.log(wanted / tried[low]) / math.log(tried[high] / tried[low]) if tried[high] > tried[low] else 0.5
        return min(max(round(low + share * (high - low)), low + 1), high - 1) if high - low > 1 else low
    at = high if low is None else low
    assert at is not None
    step = min(max((wanted / tried[at]) ** 1.1, 0.5), 2.0)
    return min(max(round(at * step), WORST), BEST)
