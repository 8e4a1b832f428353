"""`farside drive`: one headless traverse of the rover."""

import json
from typing import Any

import click

from ground.errors import EXIT_CODES_HELP, EXIT_OK, EXIT_REFUSED
from ground.options import json_option


@click.command(epilog=EXIT_CODES_HELP)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, metavar="N", help="Seed of terrain, soil and noise.")
@click.option(
    "--distance", type=click.FloatRange(-100.0, 100.0), metavar="M", help="Way to go.  [default: 20; from the ramp, none after it]"
)
@click.option("--heading", type=click.FloatRange(-180.0, 180.0), default=0.0, show_default=True, metavar="DEG",
              help="Turn to the left before the distance.")  # fmt: skip
@click.option("--from", "start", type=click.Choice(["ground", "ramp"]), default="ground", show_default=True,
              help="On the soil, or aboard: released first, then down the rails.")  # fmt: skip
@click.option(
    "--fault", "faults", multiple=True, metavar="WHEN:DEVICE:KIND[:k=v,...]", help="A fault, at seconds from the start; again for more."
)
@json_option
def drive(seed: int, distance: float | None, heading: float, start: str, faults: tuple[str, ...], as_json: bool) -> int:
    """Drive the rover as fast as the machine can, and tell how it went.

    For example:

        farside drive --distance 20 --fault 0:rover.wheel.2:stuck
    """
    from ground.headless import Headless, parse_fault
    from ground.traverse import traverse

    planned = [parse_fault(text) for text in faults]
    from_ramp = start == "ramp"
    way = distance if distance is not None else 0.0 if from_ramp else 20.0
    with Headless() as flight:
        report = traverse(flight, seed, way, heading, from_ramp, planned)
    click.echo(json.dumps(report) if as_json else describe(report))
    return EXIT_OK if report["outcome"] == "arrived" else EXIT_REFUSED


def describe(report: dict[str, Any]) -> str:
    """The report in lines, for people: the path by its ends."""
    end = report["path"][-1]
    off = ((end["true_m"][0] - end["estimated_m"][0]) ** 2 + (end["true_m"][1] - end["estimated_m"][1]) ** 2) ** 0.5
    return "\n".join(
        (
            f"{report['outcome']} after {report['distance_m']:.2f} m in {report['duration_s']:.0f} s, seed {report['seed']}",
            f"{report['wheels_driving']} wheels driving, mean slip {report['mean_slip']:.3f}, {report['energy_wh']:.3f} Wh",
            f"its own estimate of where it is differs by {off:.2f} m",
            f"{report['wall_s']:.1f} s of the wall, digest {report['digest']}",
        )
    )
