"""`farside demo`: both programs, and the mission between them."""

from pathlib import Path

import click

from ground.errors import EXIT_CODES_HELP
from ground.options import json_option


@click.command(epilog=EXIT_CODES_HELP)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of terrain, noise and dispersions.")
@click.option("--short", is_flag=True, help="From 500 m only: a sensor cut, a crash, a rewind and a landing, in ten seconds.")
@click.option("--speed", type=click.FloatRange(min=0.0, min_open=True), default=25.0, show_default=True, help="Times real time.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"), show_default=True, metavar="DIR",
              help="Where the report and the plots go.")  # fmt: skip
@click.option("--film-period", type=click.FloatRange(1.0, 10.0), default=1.0, show_default=True, metavar="SECONDS",
              help="From frame to frame of the film on the way down: fewer frames are sooner drawn.")  # fmt: skip
@click.option("--downlink", is_flag=True, help="Keep every octet that comes down, too: downlink.cadu, half a gigabyte.")
@json_option
def demo(seed: int, speed: float, out: Path, short: bool, film_period: float, downlink: bool, as_json: bool) -> int:
    """The whole mission: land, roll off, drive, bring the pictures home; leaves a report, plots and pictures."""
    from ground.demo import run
    from ground.demo_plans import MISSION, SHORT

    return run(SHORT if short else MISSION, seed=seed, speed=speed, out=out, as_json=as_json, film_period_s=film_period, downlink=downlink)
