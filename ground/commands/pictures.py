"""`farside pictures`: what has come home, read from the pictures themselves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from ground.archive import default_directory
from ground.colour import paint
from ground.errors import EXIT_CODES_HELP, EXIT_OK, FilesError, NothingCameError
from ground.options import json_option
from ground.pictures import SavedPicture, read_pictures


@click.command(epilog=EXIT_CODES_HELP)
@click.option("--sheet", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write thumbnails with their heights into one PNG.")  # fmt: skip
@click.option("--archive", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Directory of the archive.  [default: $XDG_STATE_HOME/farside or ~/.local/state/farside]")  # fmt: skip
@json_option
def pictures(archive: Path | None, sheet: Path | None, as_json: bool) -> int:
    """List the pictures that are home, in the order in which they were taken. Needs no link.

    Everything shown stands in the text chunks of the PNGs, which any picture viewer can show too. For example:

        farside pictures --archive demo/archive --sheet sheet.png
    """
    directory = (archive if archive is not None else default_directory()) / "pictures"
    found, problems = read_pictures(directory)
    for problem in problems:
        click.echo(paint(f"farside: {problem}", fg="yellow"), err=True)
    if not found:
        raise NothingCameError(
            f"there is no picture in {directory}",
            "is --archive another? A station that listens receives them after: farside tc lander.send_pictures first=0 last=0 step=1",
        )
    if sheet is not None:
        from ground.mission_plots import draw_sheet

        try:
            draw_sheet(sheet, found)
        except OSError as error:
            raise FilesError(f"the sheet {sheet} cannot be written: {error.strerror or error}", "is its directory there?") from error
    if as_json:
        click.echo(json.dumps([picture.as_json() for picture in found]))
    else:
        for line in table(found):
            click.echo(line)
        if sheet is not None:
            click.echo(f"contact sheet: {sheet}")
    return EXIT_OK


def table(found: Sequence[SavedPicture]) -> list[str]:
    """One line for each picture under a heading, its path at the end, or below it where the terminal is too narrow."""
    heading = ("vehicle", "camera", "number", "time", "height m", "ratio", "size", "octets")
    rows = [
        (p.vehicle, p.camera, f"{p.number}", p.time, f"{p.altitude_m:.1f}", f"{p.ratio}:1", f"{p.width_px}x{p.height_px}", f"{p.octets}")
        for p in found
    ]
    widths = [max(len(row[column]) for row in (heading, *rows)) for column in range(len(heading))]
    left = {0, 1, 3}  # words and times; the others are figures
    lines = [
        "  ".join(
            f"{cell:<{width}}" if at in left else f"{cell:>{width}}" for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (heading, *rows)
    ]
    paths = ["path", *(picture.path for picture in found)]
    fits = len(lines[0]) + 2 + max(map(len, paths)) <= shutil.get_terminal_size((1000, 24)).columns
    return [f"{line}  {path}" if fits else f"{line}\n  {path}" for line, path in zip(lines, paths, strict=True)]
