"""`farside console`: command and watch, interactively; or lines from a pipe, one after the other."""

import sys
import threading
from pathlib import Path

import click

from ground.errors import EXIT_CODES_HELP, EXIT_OK
from ground.options import read_options, station_options
from ground.station import Station


@click.command(epilog=EXIT_CODES_HELP)
@station_options
def console(tc: str, tm: str, archive: Path | None, speed: float, link: str, keys: Path | None) -> int:
    """Type commands with completion and see their stages, events and values as they come.

    Without a terminal, lines are read from standard input, each command is waited for, and the exit code is that of the first line that
    went wrong.
    """
    with Station(read_options(tc, tm, archive, speed, link, keys)) as station:
        if sys.stdin.isatty() and sys.stdout.isatty():
            from ground.console.screen import Screen

            Screen(station).run()
            return EXIT_OK
        return run_lines(station)


def run_lines(station: Station) -> int:
    """Execute standard input line by line."""
    from ground.console.shell import Shell

    writing = threading.Lock()

    def write(text: str) -> None:
        with writing:
            click.echo(text)
            sys.stdout.flush()

    shell = Shell(station, write, wait_for_end=True)
    station.connect()
    code = EXIT_OK
    for line in sys.stdin:
        outcome = shell.execute(line)
        code = code or outcome
        if shell.ended:
            break
    return code
