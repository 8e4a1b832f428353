"""`farside replay`, `diff`, `faults`, `devices`: work that the spacecraft program does; here its JSON becomes tables.

The exit code is that program's.
"""

import json
import subprocess
import sys
from typing import Any

import click

from ground.errors import EXIT_CODES_HELP, GroundError
from ground.options import json_option
from ground.text import say_table


def ask_flight(*arguments: str) -> tuple[int, str]:
    """Run `python -m flight` with `--json`; its exit code and what it printed. What it says on standard error is passed on as it comes."""
    done = subprocess.run([sys.executable, "-m", "flight", *arguments, "--json"], stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout


def answer(as_json: bool, *arguments: str) -> int:
    """Pass the question on, and show the answer as it is or as a table."""
    code, text = ask_flight(*arguments)
    if as_json:
        click.echo(text, nl=False)
        return code
    try:
        if text.strip():
            say(json.loads(text))
    except ValueError as error:
        raise GroundError(f"python -m flight {arguments[0]} printed no JSON") from error
    return code


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
                click.echo(f"\n{click.style(key.replace('_', ' '), bold=True)}")
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
    return answer(as_json, "replay", recording)


@click.command(epilog=EXIT_CODES_HELP)
@click.argument("a", type=click.Path(exists=True))
@click.argument("b", type=click.Path(exists=True))
@json_option
def diff(a: str, b: str, as_json: bool) -> int:
    """Name the first difference between two recordings; exit 1 when there is one."""
    return answer(as_json, "diff", a, b)


@click.command(epilog=EXIT_CODES_HELP)
@json_option
def faults(as_json: bool) -> int:
    """The matrix of device, depth and kind of fault: supported, or refused with the physical reason."""
    return answer(as_json, "faults")


@click.command(epilog=EXIT_CODES_HELP)
@json_option
def devices(as_json: bool) -> int:
    """The devices of each vehicle, their buses, and what can take their place."""
    return answer(as_json, "devices")
