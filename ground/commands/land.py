"""`farside land`: one headless landing, from orbit to rest."""

import json
from typing import Any

import click

from ground.errors import EXIT_CODES_HELP, EXIT_OK, EXIT_REFUSED, BadArgumentError
from ground.options import json_option


@click.command(epilog=EXIT_CODES_HELP)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, metavar="N", help="Seed of terrain, noise and dispersions."
)
@click.option("--fault", "faults", multiple=True, metavar="WHEN:DEVICE:KIND[:k=v,...]",
              help="A fault, at seconds from the start or at phase:NAME; for_s=T among its parameters ends it.")  # fmt: skip
@click.option("--option", "options", multiple=True, metavar="K=V",
              help="A number of the scenario, as upload_along_track_m=1000; again for more.")  # fmt: skip
@json_option
def land(seed: int, faults: tuple[str, ...], options: tuple[str, ...], as_json: bool) -> int:
    """Land as fast as the machine can, and tell how it went.

    For example:

        farside land --seed 7 --fault phase:approach:lander.altimeter:off:for_s=10
    """
    from ground.headless import Headless
    from ground.landing import land as fly
    from ground.landing import parse_landing_fault

    planned = [parse_landing_fault(text) for text in faults]
    chosen = dict(parse_option(text) for text in options)
    with Headless() as flight:
        report = fly(flight, seed, chosen, planned)
    click.echo(json.dumps(report) if as_json else describe(report))
    return EXIT_OK if report["outcome"] == "landed" else EXIT_REFUSED


def parse_option(text: str) -> tuple[str, float]:
    """K=V. Raises BadArgumentError."""
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise BadArgumentError(f"--option {text!r} is not NAME=NUMBER", "for example upload_along_track_m=1000") from None


def describe(report: dict[str, Any]) -> str:
    """The report in lines, for people."""
    width = max((len(phase["name"]) for phase in report["phases"]), default=5)
    lines = [
        f"{report['outcome'].replace('_', ' ')} after {report['duration_s']:.1f} s, seed {report['seed']}",
        "",
        f"{'phase':<{width}}  {'start s':>8}  {'altitude m':>10}  {'speed m/s':>9}",
    ]
    lines += [
        f"{phase['name']:<{width}}  {phase['start_s']:>8.2f}  {phase['altitude_m']:>10.1f}  {phase['speed_m_s']:>9.2f}"
        for phase in report["phases"]
    ]
    lines.append("")
    if (touchdown := report["touchdown"]) is not None:
        lines += [
            f"touchdown at {touchdown['vertical_speed_m_s']:.2f} m/s down, {touchdown['horizontal_speed_m_s']:.2f} m/s across",
            f"tilt {touchdown['tilt_deg']:.1f} deg at contact, {touchdown['rest_tilt_deg']:.1f} deg off the ground's normal at rest",
            f"on a slope of {touchdown['slope_deg']:.1f} deg, {touchdown['distance_to_target_m']:.0f} m from the target",
        ]
    off = report["dispersions"]
    lines += [
        f"{report['propellant_used_kg']:.1f} kg of propellant",
        f"dispersions: {off['mass_kg']:+.1f} kg, thrust x {off['thrust_factor']:.4f}, specific impulse x {off['isp_factor']:.4f}",
        f"{report['wall_s']:.1f} s of the wall, digest {report['digest']}",
    ]
    return "\n".join(lines)
