"""`farside link`: what comes down, frame by frame: counts and losses, and the control words of each vehicle."""

import json
import threading
from pathlib import Path
from typing import Any

import click

from ground.console.lists import link_lines
from ground.console.monitor import LinkMonitor
from ground.control_words import clcw_json, security_json
from ground.errors import EXIT_CODES_HELP, EXIT_OK, NothingCameError
from ground.mission import BY_SPACECRAFT
from ground.options import json_option, read_options, station_options
from ground.station import CONNECT_S, Station

LISTEN_S = 10.0  # an idle frame comes every second, and a security report in each eighth frame
LOOK_S = 0.2


@click.command(epilog=EXIT_CODES_HELP)
@click.option("--timeout", type=click.FloatRange(min=0.0, min_open=True), default=LISTEN_S, show_default=True, metavar="S",
              help="Listen so long, by the ground's clock; less when every vehicle has said all.")  # fmt: skip
@json_option
@station_options
def link(timeout: float, as_json: bool, tc: str, tm: str, archive: Path | None, speed: float, link: str, keys: Path | None) -> int:
    """Listen, and show what comes down: frames and losses of each channel, the last CLCW of each vehicle, and with keys its last frame
    security report, which tells why it refuses what is sent."""
    with Station(read_options(tc, tm, archive, speed, link, keys)) as station:
        monitor, never = LinkMonitor(station), threading.Event()
        station.start()
        station.link.wait_connected(CONNECT_S)
        monitor.look()
        for _ in range(max(1, round(timeout / LOOK_S))):
            if _complete(station, keys is not None):
                break
            if station.link.failure is not None:
                raise station.link.failure
            station.clock.pause(never, LOOK_S)
        monitor.look()
        if as_json:
            click.echo(json.dumps(link_json(station)))
        else:
            for line in link_lines(station, monitor):
                click.echo(line)
        if not station.link.heard_ns:
            raise NothingCameError("no frame came", "are --tm, --tm-format and --keys those of the spacecraft?")
    return EXIT_OK


def _complete(station: Station, secured: bool) -> bool:
    """Every vehicle has told its CLCW, and with keys its security report."""
    told = station.link.security if secured else station.link.clcw
    return len(told) == len(BY_SPACECRAFT) == len(station.link.clcw)


def link_json(station: Station) -> dict[str, Any]:
    """Counters, and by vehicle what its control fields have said last; None where it has said nothing."""
    clcws, reports = station.link.clcw, station.link.security
    vehicles = {
        book.vehicle.name: {
            "clcw": clcw_json(clcws[number]) if number in clcws else None,
            "security_report": security_json(reports[number]) if number in reports else None,
        }
        for number, book in BY_SPACECRAFT.items()
    }
    return {"vehicles": vehicles, **station.link.counters().as_json()}
