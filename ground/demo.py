"""The demonstration: both programs, and the mission between them, told as it goes.

Starts the emulator, and a station that commands it over the radio and drives its time through the bench door; flies the steps of
a plan (`ground.demo_plans`); leaves a report, pictures and the archive of all that was sent.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from ground.bench import BenchError, Emulator, EmulatorError
from ground.clock import SECOND_NS, GroundClock, ground_text
from ground.demo_lockstep import Lockstep, explain
from ground.demo_narrator import Narrator
from ground.demo_plans import Plan
from ground.demo_report import PICTURES, REPORT, Report, archived, is_ours
from ground.demo_steps import Mission, Step, StepFailedError
from ground.endpoint import Endpoint
from ground.errors import EXIT_OK, EXIT_REFUSED, ArchiveError, BadArgumentError, GroundError
from ground.options import StationOptions
from ground.station import Station

ARCHIVE = "archive"
DOWNLINK = "downlink.cadu"


def run(plan: Plan, seed: int, speed: float, out: Path, as_json: bool = False, film_period_s: float = 1.0, downlink: bool = False) -> int:
    """Fly the demonstration; the exit code: 0 only when every step came out as told. Raises GroundError.

    `downlink`: keep every octet that comes down, too.
    """
    prepare(out)
    report = Report(seed, plan.scenario)
    wall = GroundClock()
    begun_ns = wall.now_ns()
    report.wall = {"begun": ground_text(begun_ns), "speed": speed, "steps_s": {}}
    report.write(out)
    narrator = Narrator(Console(quiet=as_json), len(plan.steps))
    narrator.console.print(f"[bold]farside[/bold]: {plan.text}, seed {seed}, {speed:g} times real time")
    try:
        with narrator, spacecraft(plan, seed, speed, out, downlink) as (emulator, station):
            report.wall["started_s"] = seconds_since(wall, begun_ns)
            report.wall["ports"] = {name: port for name, (_, port) in emulator.ports.items()}
            flight = Lockstep(emulator, station, narrator, plan.truth_period_s)
            fly(plan, Mission(flight, film_period_s=film_period_s), report, out, wall)
    except GroundError as error:
        report.failure = str(error)
        raise
    finally:
        report.wall["total_s"] = seconds_since(wall, begun_ns)
        report.write(out)
    if as_json:
        sys.stdout.write(json.dumps(report.document()) + "\n")
    else:
        farewell(narrator, report, out)
    return EXIT_OK if report.passed else EXIT_REFUSED


def prepare(out: Path) -> None:
    """An empty place for the archive: what an earlier demonstration left goes, anybody else's stays. Raises GroundError."""
    archive = out / ARCHIVE
    try:
        if archive.exists():
            if not is_ours(out):
                raise BadArgumentError(f"{archive} is there, and not from an earlier demonstration", "name another directory with --out")
            for name in ("archive.sqlite", "archive.sqlite-wal", "archive.sqlite-shm", "archive.lock"):
                (archive / name).unlink(missing_ok=True)
            for name in (*PICTURES, DOWNLINK):
                (out / name).unlink(missing_ok=True)
            for name in ("files", "pictures"):
                shutil.rmtree(archive / name, ignore_errors=True)
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"{out} cannot be used: {error.strerror}", "name another directory with --out") from error


@contextmanager
def spacecraft(plan: Plan, seed: int, speed: float, out: Path, downlink: bool) -> Iterator[tuple[Emulator, Station]]:
    """Both programs, the emulator paused at its first tick; they end with the block, however it ends. Raises GroundError."""
    emulator = Emulator(scenario=plan.scenario, link=plan.link, seed=seed, speed="max")
    try:
        with emulator:
            emulator.bench.speed(speed)
            kept = out / DOWNLINK if downlink else None
            options = StationOptions(Endpoint(*emulator.tc), Endpoint(*emulator.tm), out / ARCHIVE, speed, downlink=kept)
            with Station(options) as station:
                yield emulator, station
    except (BenchError, EmulatorError, ConnectionError) as error:
        message, hint = explain(error, emulator)
        raise GroundError(message, hint) from error


def fly(plan: Plan, mission: Mission, report: Report, out: Path, wall: GroundClock) -> None:
    """Every step, until one fails; then what was left behind."""
    report.pings, report.endings = mission.pings, mission.endings
    for step in plan.steps:
        if not take(step, mission, report, wall):
            break
    else:
        mission.flight.narrator.live("drawing the pictures")
        report.pictures = plan.draw(mission, report.seed, out)
        report.passed = True
    report.archive = archived(mission.flight)


def take(step: Step, mission: Mission, report: Report, wall: GroundClock) -> bool:
    """One step, and its entry in the report; whether it came out as told."""
    flight = mission.flight
    flight.narrator.step(step.title)
    begun_ns, from_tick = wall.now_ns(), flight.tick
    entry: dict[str, object] = {"step": step.name, "title": step.title, "passed": True, "failure": "", "facts": {}}
    try:
        entry["facts"] = step.run(mission)
    except (StepFailedError, GroundError, BenchError) as error:
        report.failure = f"{step.name}: {error}"
        entry |= {"passed": False, "failure": str(error)}
        flight.narrator.failed(str(error))
    report.steps.append(entry | {"from_tick": from_tick, "to_tick": flight.tick, "digest": flight.digest})
    report.wall["steps_s"][step.name] = seconds_since(wall, begun_ns)
    return not report.failure


def seconds_since(wall: GroundClock, begun_ns: int) -> float:
    return round((wall.now_ns() - begun_ns) / SECOND_NS, 3)


def farewell(narrator: Narrator, report: Report, out: Path) -> None:
    """What it came to, and where it lies."""
    say = narrator.console.print
    if not report.passed:
        say(f"\n[bold red]The demonstration did not come out as told.[/bold red] {report.failure}", highlight=False, soft_wrap=True)
        say(f"what is known: {out / REPORT}", highlight=False, soft_wrap=True)
        return
    say(f"\n[bold green]Everything came out as told[/bold green], in {report.wall['total_s']:.0f} s.", highlight=False)
    for name in (REPORT, *report.pictures, *([DOWNLINK] if (out / DOWNLINK).exists() else [])):
        say(f"  {out / name}", highlight=False, soft_wrap=True)
    again = f"farside tm --history lander.nav.altitude_m --branch {report.archive['branches'][-1]['branch']} --archive {out / ARCHIVE}"
    say(f"  every packet is archived; for example: {again}", highlight=False, soft_wrap=True)
