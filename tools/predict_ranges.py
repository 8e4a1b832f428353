"""Write ground/predicted_ranges.py: the station's ephemeris of the relay, as flight dynamics would hand it over.

The ground may not know the simulated world; what it gets is a product: the ranges Earth-relay and relay-site in Chebyshev polynomials,
rounded to 100 m (0.3 microseconds of light), for the relay's reference orbit (option `relay_phase` 0).
"""

from pathlib import Path

import numpy as np
from numpy.polynomial import chebyshev

from hal.sim.sky_figures import positions

START_TAI_S = 1_924_992_037  # 2019-01-01T00:00:00 UTC
PIECE_S = 4 * 86_400
PIECES = 16
TERMS = 11
OUT = Path(__file__).resolve().parent.parent / "ground" / "predicted_ranges.py"


def ranges(tai_s: np.ndarray) -> np.ndarray:
    """Earth's centre to relay, relay to site (m): shape (n, 2)."""
    seen = positions(tai_s, 0.0)
    return np.stack((np.linalg.norm(seen[:, 1] - seen[:, 2], axis=1), np.linalg.norm(seen[:, 2], axis=1)), axis=1)


def pieces() -> list[np.ndarray]:
    """Coefficients of each piece, in units of 100 m: shape (2, TERMS)."""
    nodes = chebyshev.chebpts1(2 * TERMS)
    found = []
    for piece in range(PIECES):
        values = ranges(START_TAI_S + PIECE_S * (piece + 0.5 * (nodes + 1.0)))
        found.append(chebyshev.chebfit(nodes, values / 100.0, TERMS - 1).T)
    return found


def text() -> str:
    """The module."""
    lines = [
        '"""Ranges of the relay, predicted: made by tools/predict_ranges.py, not by hand."""',
        "",
        "from typing import Final",
        "",
        f"START_TAI_S: Final = {START_TAI_S}  # of the first piece: 2019-01-01T00:00:00 UTC",
        f"PIECE_S: Final = {PIECE_S}",
        "UNIT_M: Final = 100.0",
        "",
        "# Chebyshev coefficients by piece: Earth's centre to relay, relay to site.",
        "RANGES: Final = (",
    ]
    for piece in pieces():
        rows = ", ".join("(" + ", ".join(str(round(value)) for value in row) + ")" for row in piece)
        lines.append(f"    ({rows}),")
    return "\n".join([*lines, ")", ""])


if __name__ == "__main__":
    OUT.write_text(text())
    print(f"{OUT.name}: {PIECES * PIECE_S // 86_400} days from TAI {START_TAI_S}")
