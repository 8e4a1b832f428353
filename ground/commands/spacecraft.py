"""`farside replay`, `diff`, `faults`, `devices`: work that the spacecraft program does; here its JSON becomes tables.

The exit code is that program's, but for what cannot be read.
"""

import json
import shutil
import subprocess
import sys
from typing import Any

import click

from ground.colour import paint
from ground.errors import EXIT_CODES_HELP, EXIT_OK, BadArgumentError, FilesError, GroundError
from ground.options import json_option
from ground.text import say_table

REAL = {"uart": "serial:PORT[:BAUD]", "can": "can:INTERFACE:CHANNEL[:BITRATE]", "any": "tcp:HOST:PORT"}  # docs/devices.md
UNAVAILABLE = 3  # that program's exit code for what cannot be had


def ask_flight(*arguments: str) -> tuple[int, str]:
    """Run `python -m flight`; its exit code and what it printed. Raises FilesError when it cannot have a file that it needs."""
    done = subprocess.run([sys.executable, "-m", "flight", *arguments], capture_output=True, text=True, check=False)
    if done.returncode == UNAVAILABLE:
        raise FilesError(done.stderr.strip().removeprefix("farside emulator: "), f"see: farside {arguments[0]} --help")
    click.echo(done.stderr, nl=False, err=True)
    return done.returncode, done.stdout


def answer(as_json: bool, *arguments: str) -> int:
    """Pass the question on, and show the answer as it is or as a table."""
    code, text = ask_flight(*arguments)
    if as_json:
        click.echo(text, nl=False)
    elif text.strip():
        say(read(text, arguments[0]))
    return code


def read(text: str, question: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise GroundError(f"python -m flight {question} printed no JSON") from error


def say(document: Any) -> None:
    """A list of objects as a table, an object as lines (its lists of objects as tables below), anything else as it is."""
    if isinstance(document, list) and document and all(isinstance(row, dict) for row in document):
        rows = [{key: _cell(value) for key, value in row.items()} for row in document]
        say_table(rows, list(dict.fromkeys(key for row in rows for key in row)))
    elif isinstance(document, dict):
        plain = {key: value for key, value in document.items() if not _is_table(value)}
        width = max((len(key) for key in plain), default=0)
        for key, value in plain.items():
            click.echo(f"{key.replace('_', ' '):<{width}}  {_cell(value)}")
        for key, value in document.items():
            if _is_table(value):
                click.echo(f"\n{paint(key.replace('_', ' '), bold=True)}")
                say(value)
    else:
        click.echo(_cell(document))


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(_cell(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_cell(item)}" for key, item in value.items())
    return f"{value:.7g}" if isinstance(value, float) else str(value)


@click.command(epilog=EXIT_CODES_HELP)
@click.argument("recording", type=click.Path(exists=True))
@json_option
def replay(recording: str, as_json: bool) -> int:
    """Fly a recording again and compare its digests; exit 1 when they part, and the first second where they do."""
    return answer(as_json, "replay", recording, "--json")


@click.command(epilog=EXIT_CODES_HELP)
@click.argument("a", type=click.Path(exists=True))
@click.argument("b", type=click.Path(exists=True))
@json_option
def diff(a: str, b: str, as_json: bool) -> int:
    """Name the first difference between two recordings; exit 1 when there is one."""
    return answer(as_json, "diff", a, b, "--json")


@click.command(epilog=EXIT_CODES_HELP)
@click.argument("device", required=False)
@json_option
def faults(device: str | None, as_json: bool) -> int:
    """The matrix of device, depth and kind of fault; with DEVICE, what each does to it, its parameters, or why it cannot be."""
    code, text = ask_flight("faults")
    if code:
        return code
    rows = [row for row in read(text, "faults") if device is None or row["device"] == device]
    if not rows:
        raise BadArgumentError(f"there is no device or bus {device!r}", "all of them: farside faults")
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    elif device is None:
        fault_matrix(rows)
    else:
        fault_details(rows)
    return EXIT_OK


def fault_matrix(rows: list[dict[str, Any]]) -> None:
    """Devices and depths down, kinds across: yes, or the number of the reason below."""
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    reasons = list(dict.fromkeys(row["reason"] for row in rows if not row["supported"]))
    cells: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        line = cells.setdefault((row["device"], row["depth"]), {"device": row["device"], "depth": row["depth"]})
        line[row["kind"]] = "yes" if row["supported"] else str(1 + reasons.index(row["reason"]))
    lines = _merged(list(cells.values()))
    if _width(lines, ["device", "depth", *kinds]) <= shutil.get_terminal_size().columns:
        say_table(lines, ["device", "depth", *kinds])
    else:
        _narrow_matrix(lines, kinds)
    if reasons:
        click.echo("\nA number: cannot be, because")
    for number, reason in enumerate(reasons, 1):
        click.echo(f"{number:>3}  {reason}")


def _width(lines: list[dict[str, Any]], columns: list[str]) -> int:
    return sum(2 + max(len(column), *(len(line.get(column, "")) for line in lines)) for column in columns)


def _narrow_matrix(lines: list[dict[str, Any]], kinds: list[str]) -> None:
    """The matrix with its column heads as a staircase, for a terminal of 80 columns."""
    device, depth = (2 + max(len(line[column]) for line in lines) for column in ("device", "depth"))
    for number, kind in enumerate(kinds):
        left = ("device", "depth") if number + 1 == len(kinds) else ("", "")
        click.echo(f"{left[0]:<{device}}{left[1]:<{depth}}{'|  ' * number}{kind}")
    for line in lines:
        cells = "".join(f"{line.get(kind, '').replace('yes', '+'):<3}" for kind in kinds)
        click.echo(f"{line['device']:<{device}}{line['depth']:<{depth}}{cells}".rstrip())
    click.echo("\n+: can be broken so")


def _merged(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Numbered devices that agree in every cell as one: `lander.thruster.0..27`."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault(line["device"], []).append({key: value for key, value in line.items() if key != "device"})
    merged: list[tuple[str, list[dict[str, Any]]]] = []
    for device, cells in groups.items():
        family, _, number = device.rpartition(".")
        before = merged[-1][0] if merged else ""
        if number.isdecimal() and merged and merged[-1][1] == cells and before.startswith(f"{family}.") and before[-1].isdecimal():
            first = before.removeprefix(f"{family}.").partition("..")[0]
            merged[-1] = (f"{family}.{first}..{number}", cells)
        else:
            merged.append((device, cells))
    return [{"device": device, **line} for device, cells in merged for line in cells]


def fault_details(rows: list[dict[str, Any]]) -> None:
    """One device: effect or reason of each, and the parameters with unit, default and range."""
    shown = []
    for row in rows:
        parameters = [f"{p['name']}={p['default']:g} {p['unit']} ({p['low']:g}..{p['high']:g})" for p in row["parameters"]]
        what = row["effect"] if row["supported"] else f"cannot be: {row['reason']}"
        shown.append({"depth": row["depth"], "kind": row["kind"], "effect": what, "parameters": "\n".join(parameters)})
    say_table(shown, ["depth", "kind", "effect", "parameters"])


@click.command(epilog=EXIT_CODES_HELP)
@json_option
def devices(as_json: bool) -> int:
    """The devices of each vehicle, their buses, and what can take their place; with --json also the modules that make them."""
    code, text = ask_flight("devices")
    if as_json or code:
        click.echo(text, nl=False)
        return code
    shown = []
    for row in read(text, "devices"):
        bus = f"{row['vehicle']}.{row['bus']}"
        shown.append(
            {"device": f"{row['vehicle']}.{row['name']}", "bus": bus, "kind": row["bus_kind"], "role": row["role"], "what": row["what"]}
        )
    say_table(shown, ["device", "bus", "kind", "role", "what"])
    click.echo("\nA real one takes the place of a bus's far end by one line of a HAL file (farside emulator --hal FILE):")
    for kind, address in REAL.items():
        click.echo(f"  {kind:<6}{address}")
    return EXIT_OK
