"""Pictures that came down: from the file of one picture to a PNG with what is known of it, and an index of all of them."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from wire import picture_file, time_code
from wire.time_scales import utc_text

SUFFIX = ".fsp"


@dataclass(frozen=True, slots=True)
class SavedPicture:
    """One picture on the ground's disk. Position and attitude are navigation's, site frame; `time` is UTC."""

    vehicle: str
    camera: str
    number: int
    time: str
    tick: int
    altitude_m: float
    ratio: int
    exposure_us: int
    width_px: int
    height_px: int
    octets: int
    position_m: tuple[float, ...]
    quaternion_site_from_body: tuple[float, ...]
    azimuth_rad: float
    elevation_rad: float
    path: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class PictureError(ValueError):
    """A file that is no picture: the message says why."""


def save_picture(octets: bytes, vehicle: str, directory: Path) -> SavedPicture:
    """Write VEHICLE-CAMERA-NUMBER.png into `directory`, metadata in its text chunks. Raises PictureError and OSError."""
    from PIL import Image, PngImagePlugin, UnidentifiedImageError  # only who gets pictures pays for the import

    try:
        file = picture_file.parse(octets)
        with Image.open(io.BytesIO(file.picture)) as image:
            if image.size != (file.width_px, file.height_px):
                found, said = "{} x {}".format(*image.size), f"{file.width_px} x {file.height_px}"
                raise PictureError(f"the picture has {found} pixels, its header says {said}")
            image.load()
            pixels = image.copy()
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise PictureError(f"the compressed picture cannot be read: {error}") from error
    except ValueError as error:
        raise PictureError(str(error)) from error
    path = directory / f"{vehicle}-{file.camera}-{file.number:07d}.png"
    saved = SavedPicture(
        vehicle=vehicle,
        camera=file.camera,
        number=file.number,
        time=utc_text(time_code.to_ns(file.time)),
        tick=file.tick,
        altitude_m=round(file.altitude_m, 3),
        ratio=file.ratio,
        exposure_us=file.exposure_us,
        width_px=file.width_px,
        height_px=file.height_px,
        octets=len(file.picture),
        position_m=file.position_m,
        quaternion_site_from_body=file.quaternion_site_from_body,
        azimuth_rad=file.azimuth_rad,
        elevation_rad=file.elevation_rad,
        path=str(path),
    )
    text = PngImagePlugin.PngInfo()
    for name, value in saved.as_json().items():
        if name != "path":
            text.add_text(f"farside:{name}", json.dumps(value) if isinstance(value, (tuple, list)) else str(value))
    directory.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")  # several programs may receive the same picture
    pixels.save(fresh, format="PNG", pnginfo=text, compress_level=4)
    fresh.replace(path)
    return saved


_READERS: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "tuple[float, ...]": lambda text: tuple(float(value) for value in json.loads(text)),
}


def read_picture(path: Path) -> SavedPicture:
    """What a PNG that `save_picture` wrote says of itself; its pixels are left alone. Raises PictureError."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            said = image.info
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise PictureError(f"{path.name} cannot be read: {error}") from error
    try:
        values = {each.name: _READERS[str(each.type)](said[f"farside:{each.name}"]) for each in fields(SavedPicture) if each.name != "path"}
    except KeyError as error:
        raise PictureError(f"{path.name} is no picture of ours: it has no {error}") from error
    except (TypeError, ValueError) as error:
        raise PictureError(f"{path.name}: {error}") from error
    return SavedPicture(**values, path=str(path))


def read_pictures(directory: Path) -> tuple[list[SavedPicture], list[str]]:
    """The pictures in a directory, in the order in which they were taken, and why other PNGs are none. No directory, no picture."""
    found: list[SavedPicture] = []
    problems: list[str] = []
    for path in sorted(directory.glob("*.png")):
        try:
            found.append(read_picture(path))
        except PictureError as error:
            problems.append(str(error))
    return sorted(found, key=lambda each: (each.tick, each.vehicle, each.camera, each.number)), problems
