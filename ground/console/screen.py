"""The console on a terminal: a prompt with completion, output above it, and the state of the mission below it."""

from pathlib import Path

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.styles import Style

from ground.console.completion import MissionCompleter, help_line
from ground.console.shell import Shell
from ground.console.status import flow, status_rows
from ground.errors import BadArgumentError
from ground.mission import find_command
from ground.station import Station

REFRESH_S = 0.25  # of the panel below the prompt
_STYLE = Style.from_dict(
    {
        "bottom-toolbar": "noreverse bg:#1c2430 #c8d0d8",
        "up": "#66cc66",
        "down": "bold #ff6060",
        "phase": "bold #ffffff",
        "name": "#8090a0",
        "yellow": "bold #ffd040",
        "red": "bold #ff6060",
        "help": "italic #90a8c0",
    }
)


class Screen:
    """Runs until the operator leaves."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._shell = Shell(station, click.echo, wait_for_end=False)
        self._session: PromptSession[str] = PromptSession(
            history=FileHistory(str(Path(station.archive.directory) / "console_history")),
            completer=MissionCompleter(),
            complete_while_typing=True,
            auto_suggest=AutoSuggestFromHistory(),
            bottom_toolbar=self._panel,
            refresh_interval=REFRESH_S,
            style=_STYLE,
        )

    def run(self) -> None:
        with patch_stdout(raw=True):
            click.echo("farside console: help for help, Tab to complete, quit to leave")
            self._station.start()
            while not self._shell.ended:
                try:
                    line = self._session.prompt("farside> ")
                except KeyboardInterrupt:
                    continue
                except EOFError:
                    return
                if self._confirmed(line):
                    self._shell.execute(line)

    def _confirmed(self, line: str) -> bool:
        """Ask before a hazardous command."""
        words = line.split()
        word = next((word for word in words if word != "bypass"), "")
        try:
            hazardous = "." in word and find_command(word)[1].hazardous
        except BadArgumentError:
            return True
        if not hazardous:
            return True
        try:
            return click.confirm(f"{word} is hazardous. Send it?", default=False)
        except click.Abort:
            return False

    def _panel(self) -> StyleAndTextTuples:
        """Link, mission, pictures and open commands; what is watched; help about what is being typed."""
        self._shell.look()
        columns = self._session.app.output.get_size().columns
        text: StyleAndTextTuples = []
        for row in status_rows(self._station, self._shell.monitor, len(self._shell.home)):
            for line in flow(row, columns):
                text.append(("", "\n " if text else " "))
                for place, field in enumerate(line):
                    text.append(("class:name", ("  " if place else "") + field.name + (" " if field.name and field.text else "")))
                    text.append((f"class:{field.colour}" if field.colour else "", field.text))
        for name, value, colour in self._shell.watch_lines():
            text += [("", "\n "), ("class:name", f"{name}  "), (f"class:{colour}" if colour else "", value)]
        text += [("", "\n "), ("class:help", help_line(self._session.default_buffer.document.text_before_cursor))]
        return text
