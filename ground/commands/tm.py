"""`farside tm`: values of telemetry parameters, from the link or the archive."""

import json
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ground.archive import Archive
from ground.clock import ground_text
from ground.colour import paint
from ground.decode import Decoded, Housekeeping, Sample, format_value
from ground.errors import EXIT_CODES_HELP, EXIT_OK, BadArgumentError, NoLinkError, NothingCameError
from ground.mission import find_parameter, select_parameters
from ground.options import StationOptions, json_option, read_options, station_options
from ground.station import CONNECT_S, Station
from ground.telemetry import history_received
from ground.text import LIMIT_COLOURS, sample_line, times_text
from wire.time_scales import tai_ns, utc_text

WAIT_S = 5.0


@click.command(epilog=EXIT_CODES_HELP)
@click.argument("parameters", metavar="[PARAM]...", nargs=-1)
@click.option("--follow", is_flag=True, help="Go on printing each new value, until interrupted.")
@click.option("--once", is_flag=True, help="Wait for a new value of every parameter; none from the archive.")
@click.option("--history", "past", is_flag=True, help="Every value in the archive, oldest first. Needs no link.")
@click.option("--offline", is_flag=True, help="The latest values in the archive. Needs no link.")
@click.option("--from", "start", metavar="TIME", help="With --history: not before this UTC time, as 2019-01-03T02:20:00.")
@click.option("--until", "end", metavar="TIME", help="With --history: not after this UTC time.")
@click.option("--branch", type=int, metavar="N", help="With --history or --offline: an earlier branch of the archive.")
@click.option("--received", is_flag=True, help="Show when Earth received each value, too.")
@click.option("--timeout", type=click.FloatRange(min=0.0, min_open=True), metavar="S",
              help="Wait so long for values, by the ground's clock.  [default: 5, and at least 10 by the wall's]")  # fmt: skip
@json_option
@station_options
def tm(
    parameters: tuple[str, ...],
    follow: bool,
    once: bool,
    past: bool,
    offline: bool,
    start: str | None,
    end: str | None,
    branch: int | None,
    received: bool,
    timeout: float | None,
    as_json: bool,
    tc: str,
    tm: str,
    archive: Path | None,
    speed: float,
    link: str,
    keys: Path | None,
) -> int:
    """Show telemetry: names like lander.nav.altitude_m, or patterns like 'lander.nav.*'; without any, everything known.

    A value beyond its limits is yellow or red. Without an option: the latest values, new ones from the link if somebody
    sends, else those of the archive.
    """
    if follow + once + past + offline > 1:
        raise BadArgumentError("--follow, --once, --history and --offline exclude each other")
    if (start or end) and not past:
        raise BadArgumentError("--from and --until go with --history")
    names = select_parameters(parameters)
    options = read_options(tc, tm, archive, speed, link, keys)
    if past:
        return _history(options, names, bool(parameters), branch, (_moment(start), _moment(end)), as_json, received)
    if offline:
        return _offline(options, names, bool(parameters), branch, as_json, received)
    if follow:
        return _follow(options, names, as_json, received)
    return _latest(options, names, bool(parameters), once, timeout, as_json, received)


def sample_json(sample: Sample) -> dict[str, Any]:
    """A sample for programs: display value and unit, the value as sent, the state of its limits, spacecraft time in UTC."""
    return {
        "name": sample.name,
        "value": sample.value,
        "unit": sample.unit,
        "raw": sample.raw,
        "limit": sample.limit or None,
        "time": utc_text(sample.time_ns),
        "received": ground_text(sample.received_ns) if sample.received_ns else None,
    }


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadArgumentError(f"{text!r} is not a time", "give UTC as 2019-01-03T02:20:00") from error
    return tai_ns(moment if moment.tzinfo is not None else datetime.fromisoformat(text + "+00:00"))


def _branch(archive: Archive, options: StationOptions, number: int | None) -> int:
    if number is not None:
        if number not in (branch.id for branch in archive.branches()):
            raise BadArgumentError(f"the archive has no branch {number}")
        return number
    head = archive.head(str(options.tm))
    if head is None:
        raise NothingCameError(f"the archive {archive.directory} holds nothing from {options.tm}", "is --archive or --tm another?")
    return head.id


def _history(
    options: StationOptions,
    names: list[str],
    named: bool,
    number: int | None,
    span: tuple[int | None, int | None],
    as_json: bool,
    received: bool,
) -> int:
    if not named:
        raise BadArgumentError("the history of which parameters?", "for example: farside tm --history lander.nav.altitude_m")
    count = 0
    with Archive(options.archive) as archive:
        branch = _branch(archive, options, number)
        for name in names:
            _, row = find_parameter(name)
            for time_ns, raw, received_ns in zip(*history_received(archive, branch, name, *span), strict=True):
                sample = Sample(name, row, raw.item(), int(time_ns), int(received_ns))
                click.echo(json.dumps(sample_json(sample)) if as_json else sample_line(sample, received=received))
                count += 1
    if not count:
        raise NothingCameError(
            f"branch {branch} holds no value of {names[0]}{' and the others' if names[1:] else ''} in that time",
            "see --from, --until and --branch",
        )
    return EXIT_OK


def _offline(options: StationOptions, names: list[str], named: bool, number: int | None, as_json: bool, received: bool) -> int:
    with Station(options) as station:
        station.values.load(station.archive, _branch(station.archive, options, number))
        return _print(station, names, as_json, named, received)


def _latest(options: StationOptions, names: list[str], named: bool, once: bool, limit: float | None, as_json: bool, received: bool) -> int:
    with Station(options) as station:
        station.warnings.append(_warn)
        timeout = station.clock.patience_s(WAIT_S) if limit is None else limit
        try:
            station.start()
            station.link.wait_connected(CONNECT_S, retrying=False)
        except NoLinkError as error:
            if once or station.archive.head(str(options.tm)) is None:
                raise
            click.echo(paint(f"farside: {error}; values are from the archive", fg="yellow"), err=True)
            timeout = 0.0
        complete = _wait(station, names if named else [], timeout)
        if not once:
            station.values.load(station.archive, station.branch)
        missing = [name for name in names if station.values.get(name) is None]
        if not once or len(missing) < len(names):
            _print(station, names, as_json, named, received)
    if once and not complete:
        raise NothingCameError(
            f"no new value of {missing[0]}{f' and {len(missing) - 1} more' if missing[1:] else ''} within {timeout:g} s",
            _way_to(missing[0]),
        )
    return EXIT_OK


def _wait(station: Station, names: list[str], timeout: float) -> bool:
    """Wait for new values of these; without names, for a little more than the usual period of a report."""
    if names:
        return station.values.wait_fresh(names, timeout)
    station.values.wait_until(lambda values: False, min(timeout, 1.2))
    return True


def _print(station: Station, names: list[str], as_json: bool, named: bool, received: bool) -> int:
    """The values known. Names that were asked for and have none are said on standard error."""
    samples = [sample for name in names if (sample := station.values.get(name)) is not None]
    if as_json:
        click.echo(json.dumps([sample_json(sample) for sample in samples]))
    else:
        width = max((len(sample.name) for sample in samples), default=0)
        for sample in samples:
            value = paint(format_value(sample), fg=LIMIT_COLOURS.get(sample.limit))
            click.echo(f"{times_text(sample.time_ns, sample.received_ns if received else 0)}  {sample.name:<{width}}  {value}")
    unknown = [name for name in names if station.values.get(name) is None] if named and samples else []
    if unknown:
        click.echo(paint(f"farside: no value known of {', '.join(unknown)}", fg="yellow"), err=True)
    if not samples:
        raise NothingCameError(f"no value of {'these' if names[1:] else names[0]} is known", _way_to(names[0]))
    return EXIT_OK


def _way_to(name: str) -> str:
    """How to come by a value of this parameter."""
    book, parameter = find_parameter(name)
    vehicle = book.vehicle.name
    reports = [report.name for report in book.reports if parameter.name in report.parameters]
    if not reports:
        return f"no report carries it: farside tc {vehicle}.get parameter={parameter.name}"
    carried = f"it comes in {' and '.join(reports)}: farside tc {vehicle}.hk_enable report={reports[-1]}"
    return f"is the spacecraft paused, or its computer off? If not, {carried}"


def _follow(options: StationOptions, names: list[str], as_json: bool, received: bool) -> int:
    wanted = frozenset(names)
    coloured = sys.stdout.isatty()

    def line(sample: Sample) -> str:
        text = json.dumps(sample_json(sample)) if as_json else sample_line(sample, received=received)
        return f"{text if coloured else click.unstyle(text)}\n"

    def show(decoded: Decoded) -> None:
        if isinstance(decoded, Housekeeping) and not wanted.isdisjoint(decoded.names):
            try:
                sys.stdout.writelines(line(decoded.sample(i)) for i, name in enumerate(decoded.names) if name in wanted)
                sys.stdout.flush()
            except BrokenPipeError:  # the reader has enough
                unread.set()

    unread = threading.Event()
    with Station(options) as station:
        station.warnings.append(_warn)
        station.listeners.append(show)
        station.state_listeners.append(lambda connected: _say_state(station, connected))
        station.branch_listeners.append(
            lambda branch: click.echo(paint(f"farside: {branch.reason}; branch {branch.id} begins", fg="yellow"), err=True)
        )
        station.start()
        station.link.wait_connected(CONNECT_S)
        try:
            while not station.clock.pause(unread, 1.0):
                if station.link.failure is not None:
                    raise station.link.failure
        except KeyboardInterrupt:
            return EXIT_OK
    raise BrokenPipeError


def _say_state(station: Station, connected: bool) -> None:
    if not connected:
        click.echo(paint(f"farside: the telemetry link to {station.options.tm} is down, trying again", fg="yellow"), err=True)
    elif station.link.connections > 1:
        click.echo(paint("farside: the telemetry link is up again", fg="yellow"), err=True)


def _warn(text: str) -> None:
    click.echo(paint(f"farside: {text}", fg="red"), err=True)
