"""Kinds: the ten number formats of the wire, all big-endian, and what fits in them."""

import math
import struct
from typing import Final, Literal, get_args

Kind = Literal["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64"]

KINDS: Final[tuple[str, ...]] = get_args(Kind)
OCTETS: Final[dict[str, int]] = {kind: int(kind[1:]) // 8 for kind in KINDS}
FLOAT_MAX: Final[dict[str, float]] = {"f32": float.fromhex("0x1.fffffep127"), "f64": float.fromhex("0x1.fffffffffffffp1023")}


def kind_range(kind: str) -> tuple[float, float]:
    """Least and greatest finite value of a kind."""
    if kind in FLOAT_MAX:
        return -FLOAT_MAX[kind], FLOAT_MAX[kind]
    bits = int(kind[1:])
    return (0, 2**bits - 1) if kind[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def fits(kind: str, value: float) -> bool:
    """Whether a value can be written in a kind without loss of range (integers without a fraction, floats finite)."""
    low, high = kind_range(kind)
    return math.isfinite(value) and low <= value <= high and (kind in FLOAT_MAX or value == int(value))


def held(kind: str, value: float) -> float:
    """A value that fits, as it comes out of the wire again: rounded to single precision in f32, an integer in an integer kind."""
    if kind == "f32":
        return float(struct.unpack(">f", struct.pack(">f", value))[0])
    return float(value) if kind == "f64" else int(value)
