"""`farside tc`: one command, and its verification as it comes."""

import json
from pathlib import Path
from typing import Any

import click

from ground.colour import paint
from ground.commanding import CommandStatus, LinkStage, Stage, check
from ground.errors import EXIT_CODES_HELP, EXIT_OK, EXIT_REFUSED, BadArgumentError
from ground.mission import vehicle_book
from ground.options import json_option, read_options, station_options
from ground.station import Station
from ground.text import command_rows, link_line, say_table, stage_line
from wire.dictionary import DICTIONARIES


@click.command(epilog=EXIT_CODES_HELP)
@click.argument("name", metavar="VEHICLE.NAME", required=False)
@click.argument("arguments", metavar="[K=V]...", nargs=-1)
@click.option("--list", "listing", is_flag=True, help="List the commands (of one vehicle: farside tc --list lander) and send nothing.")
@click.option("--timeout", type=click.FloatRange(min=0.0, min_open=True), metavar="S",
              help="Give up after so long without an end, by the ground's clock.  [default: 10, and what the link takes]")  # fmt: skip
@click.option("--no-wait", is_flag=True, help="Return as soon as the command is up.")
@click.option("--cop1/--bypass", "cop1", default=False, show_default=True,
              help="Send in sequence (AD), going on where the spacecraft's report says, or by bypass (BD).")  # fmt: skip
@json_option
@station_options
def tc(
    name: str | None,
    arguments: tuple[str, ...],
    listing: bool,
    timeout: float | None,
    no_wait: bool,
    cop1: bool,
    as_json: bool,
    tc: str,
    tm: str,
    archive: Path | None,
    speed: float,
    link: str,
    keys: Path | None,
) -> int:
    """Send one command and show what becomes of it: released, radiated, with --cop1 accepted by COP-1, then the spacecraft's own
    reports of acceptance, start and completion.

    Arguments are checked against the dictionary first; a wrong one sends nothing. For example:

        farside tc lander.ping

        farside tc lander.set parameter=guidance.commanded_altitude_m value=120
    """
    if listing:
        return _list(name, as_json)
    if name is None:
        raise BadArgumentError("which command?", "farside tc VEHICLE.NAME; all of them: farside tc --list")
    given = read_arguments(arguments)
    check(name, given)
    options = read_options(tc, tm, archive, speed, link, keys)
    with Station(options) as station:
        station.warnings.append(lambda text: click.echo(paint(text, fg="red"), err=True))
        station.connect()
        if cop1:
            station.cop1.start(name.partition(".")[0])
        quiet = as_json or no_wait
        status = station.commander.send(name, given, None if as_json else _show, None if quiet else _show_link, bypass=not cop1)
        if no_wait and not station.commander.wait_released(status, station.patience_s(status)):
            raise station.late(status)
        ended = no_wait or station.wait(status, timeout)
    if as_json:
        click.echo(json.dumps(status.as_json()))
    elif no_wait:
        click.echo(f"{status.text}: sent, request {status.request:08x}")
    if not ended:
        if as_json:
            return station.late(status, timeout).exit_code
        raise station.late(status, timeout)
    return EXIT_OK if no_wait or status.success else EXIT_REFUSED


def read_arguments(words: tuple[str, ...] | list[str]) -> dict[str, str]:
    """`k=v` words as a mapping. Raises BadArgumentError."""
    given: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise BadArgumentError(f"{word!r} is not NAME=VALUE", "for example: farside tc lander.hk_enable report=descent")
        if key in given:
            raise BadArgumentError(f"argument {key!r} is given twice")
        given[key] = value
    return given


def _show(status: CommandStatus, stage: Stage) -> None:
    click.echo(stage_line(status, stage))


def _show_link(status: CommandStatus, stage: LinkStage) -> None:
    click.echo(link_line(status, stage))


def _list(vehicle: str | None, as_json: bool) -> int:
    books = [vehicle_book(vehicle)] if vehicle else list(DICTIONARIES.values())
    rows = [row for book in books for row in command_rows(book)]
    if as_json:
        click.echo(json.dumps(rows))
        return EXIT_OK
    shown: list[dict[str, Any]] = [{**row, "arguments": " ".join(row["arguments"]), "modes": " ".join(row["modes"])} for row in rows]
    say_table(shown, ("command", "arguments", "modes", "text"))
    return EXIT_OK
