"""`farside keys`: the keys of the space link."""

import json
from pathlib import Path

import click

from ground import keys as key_files
from ground.errors import EXIT_CODES_HELP, EXIT_OK
from ground.options import json_option
from wire.sdls import Direction, Mask, Mode

MODES = click.Choice([str(mode) for mode in key_files.modes_of_the_link()])


@click.group(epilog=EXIT_CODES_HELP)
def keys() -> None:
    """Make the keys by which both ends seal and open frames (CCSDS 355.0)."""


@keys.command(epilog=EXIT_CODES_HELP)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--tc", "tc_mode", type=MODES, default=str(Mode.AUTHENTICATED_ENCRYPTION), show_default=True, help="What telecommand uses.")
@click.option("--tm", "tm_mode", type=MODES, default=str(Mode.AUTHENTICATED_ENCRYPTION), show_default=True, help="What telemetry uses.")
@click.option(
    "--mask",
    type=click.Choice(["whole", "standard"]),
    default="whole",
    show_default=True,
    help="Of the frame's primary header, authenticate all, or the virtual channel alone as other ground stations do.",
)
@json_option
def new(file: Path, tc_mode: str, tm_mode: str, mask: str, as_json: bool) -> int:
    """Write new keys to FILE, readable by you alone (mode 0600). Nothing of them is shown.

    Give the same file to both programs: farside emulator --keys FILE --state DIR, and farside tc --keys FILE. An older file is never
    overwritten.
    """
    key_files.make(file, {Direction.TC: Mode(tc_mode), Direction.TM: Mode(tm_mode)}, Mask(mask))
    if as_json:
        click.echo(json.dumps({"file": str(file)}))
    else:
        click.echo(f"new keys in {file}: give it to both programs with --keys, and to nobody else")
    return EXIT_OK
