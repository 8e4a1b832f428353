"""Compression inside a camera: JPEG small enough for a ratio, its quality sought from the one that was right for the picture before.

Pillow's encoder is deterministic: the same pixels and quality give the same octets, on one build of it.
"""

from __future__ import annotations

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
    low, high, best, found = WORST - 1, BEST + 1, b"", WORST  # low fits or is unknown, high is too large or unknown
    quality = min(max(quality, WORST), BEST)
    for _ in range(MOST_TRIES):
        octets = encode(counts, quality, ratio > 16)
        if len(octets) <= limit:
            low, best, found = quality, octets, quality
            if len(octets) >= ENOUGH * limit:
                break
        else:
            high = quality
        if high - low <= 1:
            break
        guess = round(quality * (0.95 * limit / len(octets)) ** 1.2)
        quality = min(max(guess, low + 1), high - 1)
    if not best:
        best = encode(counts, WORST, True)
        best = best if len(best) <= limit else b""
    return best, found
