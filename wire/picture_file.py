"""Picture file: what lies in the flash and comes down for each picture: a header of 128 octets, then the compressed picture.

The layout is our own. Position and attitude are what navigation believed when the picture was taken, site frame (docs/spine.md).
"""

from dataclasses import dataclass
from typing import Any, Final

import construct
from construct import Array, Bytes, Const, Float32b, Float64b, Int8ub, Int16ub, Int32ub, Int64sb, Padding, Struct

from wire.words import rule

MAGIC: Final = b"FSPIC\x00\x01\x00"  # the last but one is the version of this layout
CAMERAS: Final = ("", "lcam", "mcam")
JPEG: Final = 1
HEADER_OCTETS: Final = 128

SHAPE: Final = Struct(
    "magic" / Const(MAGIC),
    "camera" / Int8ub,
    rule("known_camera", lambda h: 0 < h.camera < len(CAMERAS), "no camera has this number"),
    "codec" / Int8ub,
    rule("known_codec", lambda h: h.codec == JPEG, "an unknown compression"),
    "ratio" / Int16ub,
    "number" / Int32ub,
    "tick" / Int64sb,
    "time" / Bytes(7),
    "phase" / Int8ub,
    "exposure_us" / Int32ub,
    "width_px" / Int16ub,
    "height_px" / Int16ub,
    "azimuth_rad" / Float32b,
    "elevation_rad" / Float32b,
    "altitude_m" / Float32b,
    "octets" / Int32ub,
    "position_m" / Array(3, Float64b),
    "quaternion_site_from_body" / Array(4, Float64b),
    Padding(16),
    "picture" / Bytes(construct.this.octets),
    construct.Terminated,
)


@dataclass(frozen=True, slots=True)
class PictureFile:
    """One picture. `time` is CUC 4 + 3 (wire.time_code), `number` counts the pictures of this camera, `picture` is a JPEG stream."""

    camera: str
    number: int
    tick: int
    time: bytes
    ratio: int
    exposure_us: int
    width_px: int
    height_px: int
    altitude_m: float
    position_m: tuple[float, float, float]
    quaternion_site_from_body: tuple[float, float, float, float]
    picture: bytes
    phase: int = 0
    azimuth_rad: float = 0.0
    elevation_rad: float = 0.0


def build(file: PictureFile) -> bytes:
    """The octets of the file. Raises ValueError for a value that has no room."""
    fields = {name: getattr(file, name) for name in PictureFile.__slots__ if name != "camera"}
    try:
        return bytes(SHAPE.build({**fields, "camera": CAMERAS.index(file.camera), "codec": JPEG, "octets": len(file.picture)}))
    except construct.ConstructError as error:
        raise ValueError(" ".join(str(error).split())) from error


def parse(octets: bytes) -> PictureFile:
    """The other way. Raises ValueError with the reason."""
    try:
        read: Any = SHAPE.parse(octets)
    except construct.ConstructError as error:
        raise ValueError(" ".join(str(error).split())) from error
    values = {name: read[name] for name in PictureFile.__slots__ if name != "camera"}
    values |= {name: tuple(values[name]) for name in ("position_m", "quaternion_site_from_body")}
    return PictureFile(camera=CAMERAS[read.camera], **values)
