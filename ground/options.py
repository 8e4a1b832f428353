"""Options that the station's commands share, and what they become."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from ground.endpoint import DEFAULT_TC, DEFAULT_TM, Endpoint, parse_endpoint
from ground.segments import MOST_OCTETS
from wire.dictionary.links import LINKS, TC_FORMATS, TM_FORMATS

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class StationOptions:
    """Where the spacecraft and the archive are, how fast the ground's clock runs, and by which link it is reached.

    `downlink`: a file for every octet that comes down, as it came. `segment`: octets of a packet in one frame, at most.
    """

    tc: Endpoint
    tm: Endpoint
    archive: Path | None = None
    speed: float = 1.0
    link: str = "lab"
    keys: Path | None = None
    tc_format: str = "cltu"
    tm_format: str = "cadu"
    downlink: Path | None = None
    segment: int | None = None


def _remember(context: click.Context, parameter: click.Parameter, value: str | int | None) -> None:
    """Formats and the length of segments are for `read_options` alone: no command needs to hand them on."""
    context.meta[f"farside.{parameter.name}"] = value


def station_options(function: F) -> F:
    """Add `--tc --tm --archive --speed --link --keys`, of which a command makes StationOptions with `read_options`, and the formats and
    `--segment`, which that finds by itself."""
    for option in (
        click.option(
            "--segment",
            type=click.IntRange(1, MOST_OCTETS),
            metavar="OCTETS",
            expose_value=False,
            callback=_remember,
            help="Octets of a packet in one frame; a longer command goes up in segments.  [default: what a frame holds]",
        ),
        click.option(
            "--tc-format",
            type=click.Choice(TC_FORMATS),
            default="cltu",
            show_default=True,
            expose_value=False,
            callback=_remember,
            help="What goes up: the spacecraft's --tc-format.",
        ),
        click.option(
            "--tm-format",
            type=click.Choice(TM_FORMATS),
            default="cadu",
            show_default=True,
            expose_value=False,
            callback=_remember,
            help="What comes down: the spacecraft's --tm-format.",
        ),
        click.option(
            "--keys",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Seal and open frames with these keys (farside keys new), the spacecraft's own.",
        ),
        click.option(
            "--link", type=click.Choice(LINKS), default="lab", show_default=True, help="The spacecraft's --link: how long answers take."
        ),
        click.option(
            "--speed",
            type=click.FloatRange(min=0.0, min_open=True),
            default=1.0,
            show_default=True,
            help="Factor of the ground's clock: the spacecraft's --speed N.",
        ),
        click.option(
            "--archive",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="Directory of the archive.  [default: $XDG_STATE_HOME/farside or ~/.local/state/farside]",
        ),
        click.option("--tm", metavar="H:P", default=DEFAULT_TM, show_default=True, help="Telemetry door; udp://H:P for datagrams."),
        click.option("--tc", metavar="H:P", default=DEFAULT_TC, show_default=True, help="Telecommand door; udp://H:P for datagrams."),
    ):
        function = option(function)
    return function


def read_options(tc: str, tm: str, archive: Path | None, speed: float, link: str, keys: Path | None = None) -> StationOptions:
    """Raises BadArgumentError for an address that is none."""
    context = click.get_current_context(silent=True)
    formats = {name: context.meta[f"farside.{name}"] for name in ("tc_format", "tm_format", "segment")} if context is not None else {}
    return StationOptions(parse_endpoint(tc), parse_endpoint(tm), archive, speed, link, keys, **formats)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
