"""How the station writes: lines and tables, coloured when somebody looks at them."""

import math
from collections.abc import Sequence
from typing import Any

from ground.clock import ground_text
from ground.colour import paint
from ground.commanding import CommandStatus, LinkStage, Stage
from ground.decode import EventReport, Sample, format_value
from ground.pictures import SavedPicture
from wire.dictionary import Dictionary
from wire.dictionary.rows import DEDUCED, Argument, Command
from wire.time_scales import utc_text

LIMIT_COLOURS = {"yellow": "yellow", "red": "red"}
SEVERITY_COLOURS = {1: "", 2: "yellow", 3: "bright_red", 4: "red"}
SEVERITY_WORDS = {1: "info", 2: "low", 3: "medium", 4: "HIGH"}


PIPE_COLUMNS = 1000


def times_text(time_ns: int, received_ns: int) -> str:
    """The on-board time, and when Earth received it if that is asked for (not 0)."""
    return f"{utc_text(time_ns)}  received {ground_text(received_ns)}" if received_ns else utc_text(time_ns)


def stage_line(status: CommandStatus, stage: Stage) -> str:
    """One stage of a command: spacecraft time, command, what happened; a failure in red."""
    colour = "red" if not stage.success else "green" if stage.name == "completion" else None
    return f"{utc_text(stage.time_ns)}  {status.text}  {paint(stage.describe(), fg=colour)}"


def link_line(status: CommandStatus, stage: LinkStage) -> str:
    """What the ground's end knows of a command, at a ground time; whose fate is not known in yellow, what did not go up in red."""
    colour = {"unknown": "yellow", "unsent": "red"}.get(stage.name)
    return f"{ground_text(stage.ground_ns)}  {status.text}  {paint(stage.describe(), fg=colour)}"


def event_line(event: EventReport, received: bool = False) -> str:
    """One event: spacecraft time, if wanted that of its reception, severity, vehicle, sentence; in the colour of its severity."""
    words = f"{SEVERITY_WORDS[event.severity]:<6}  {event.vehicle:<6}  {event.text}"
    colour = SEVERITY_COLOURS[event.severity]
    times = times_text(event.packet.time_ns, event.packet.received_ns if received else 0)
    return f"{times}  {paint(words, fg=colour, bold=event.severity == 4)}"


def sample_line(sample: Sample, with_time: bool = True, received: bool = False) -> str:
    """One value: spacecraft time, if wanted that of its reception, name, value with unit; in the colour of its limits."""
    value = format_value(sample)
    shown = paint(value, fg=LIMIT_COLOURS.get(sample.limit))
    times = times_text(sample.time_ns, sample.received_ns if received else 0)
    return f"{times}  {sample.name} = {shown}" if with_time else f"{sample.name} = {shown}"


def picture_words(picture: SavedPicture) -> str:
    """From where a picture was taken, how far it is compressed, and its size."""
    place = f"{picture.altitude_m:.1f} m" if picture.camera == "lcam" else f"towards {math.degrees(picture.azimuth_rad):.0f} deg"
    return f"{place}, {picture.ratio}:1, {picture.width_px} x {picture.height_px}, {picture.octets / 1000.0:.1f} kB"


def picture_line(picture: SavedPicture) -> str:
    """One picture that has come home: which it is, when and from where it was taken, and where it lies."""
    which = f"{picture.vehicle} {picture.camera} {picture.number}"
    return f"{paint('picture home', fg='green')}  {which}, taken {picture.time}: {picture_words(picture)}  {picture.path}"


def argument_text(argument: Argument) -> str:
    """One argument as a person would type it, with what it may be."""
    if argument.refers:
        what: str = argument.refers
    elif argument.kind == DEDUCED:
        what = "value"
    elif argument.enumeration is not None:
        what = "|".join(argument.enumeration.names)
    else:
        low, high = argument.range
        what = f"{low:g}..{high:g}{' ' + argument.unit if argument.unit else ''}"
    optional = argument.default is not None
    return f"[{argument.name}={what}]" if optional else f"{argument.name}={what}"


def command_usage(book: Dictionary, command: Command) -> str:
    """A command with its arguments, as it is typed."""
    return " ".join([f"{book.vehicle.name}.{command.name}", *(argument_text(a) for a in command.arguments)])


def command_rows(book: Dictionary) -> list[dict[str, Any]]:
    """Every command of a vehicle, for listings."""
    return [
        {
            "command": f"{book.vehicle.name}.{command.name}",
            "arguments": [argument_text(a) for a in command.arguments],
            "modes": list(command.modes),
            "hazardous": command.hazardous,
            "text": command.text,
        }
        for command in book.commands
    ]


def say_table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """A table on standard output; a line a row where nobody looks at it in a terminal, so that other programs can read it."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(str(row.get(column, "")) for column in columns))
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_COLUMNS)
    console.print(table)
