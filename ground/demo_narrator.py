"""What the demonstration tells a person: a heading for each step, lines in colour below it, and one live line with the lander's height."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from ground.commanding import CommandStatus, Stage
from ground.decode import Decoded, EventReport, Housekeeping

MANY = ("picture_stored", "file_sent")  # events of which a film has hundreds: the live line has room for one
COLOURS = {1: "cyan", 2: "yellow", 3: "bright_red", 4: "bold white on red"}  # by severity


class Narrator:
    """Writes on `console`. Any thread may call; between `with` and its end a progress bar shows where the mission is."""

    def __init__(self, console: Console, steps: int) -> None:
        self.console = console
        self._steps = steps
        self._number = 0
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(20),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=steps)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def step(self, title: str) -> None:
        """A heading."""
        self._number += 1
        self._progress.update(self._task, completed=self._number - 1)
        self.console.print(f"\n[bold]{self._number:>2}/{self._steps}  {escape(title)}[/bold]", highlight=False)

    def say(self, text: str, style: str = "") -> None:
        """One line of the step under way."""
        self._line("", "", text, style)

    def told(self, text: str) -> None:
        """The step came out as told."""
        self._line("", "", f"✓ {text}", "green")

    def failed(self, text: str) -> None:
        self._line("", "", f"✗ {text}", "bold red")

    def warn(self, text: str) -> None:
        """Something that the operator must see."""
        self._line("", "", text, "red")

    def stage(self, status: CommandStatus, stage: Stage) -> None:
        """A stage of a command, from the link's thread: one line when it has come to its end, with all stages."""
        if status.final:
            self.verification(status)

    def verification(self, status: CommandStatus) -> None:
        """How far a command has come."""
        stages = ", ".join(stage.describe() for stage in status.stages)
        style = "green" if status.success else "red" if status.final else ""
        self._line("", "command", f"{status.text}: {stages}", style)

    def hear(self, decoded: Decoded, time_s: float) -> None:
        """A packet, from the link's thread: events become lines, the descent's report the live line."""
        if isinstance(decoded, EventReport) and decoded.event.name in MANY:
            self.live(f"{time_s:6.1f} s  {decoded.text}")
        elif isinstance(decoded, EventReport):
            self._line(f"{time_s:.2f} s", decoded.vehicle, decoded.text, COLOURS[decoded.severity])
        elif isinstance(decoded, Housekeeping) and decoded.report == "descent":
            values = {sample.parameter.name: sample.value for sample in decoded.samples}
            altitude, speed = values["nav.altitude_m"], values["nav.velocity_m_s[2]"]
            phase = str(values["guidance.phase"]).lower().replace("_", " ")
            self.live(f"{time_s:6.1f} s  {phase}  {altitude:7.1f} m  {speed:+6.2f} m/s")

    def live(self, text: str) -> None:
        """What the live line says, until something else is under way."""
        self._progress.update(self._task, description=text)

    def _line(self, time: str, who: str, text: str, style: str) -> None:
        words = f"[{style}]{escape(text)}[/{style}]" if style else escape(text)
        self.console.print(f"  [dim]{time:>9}  {who:<7}[/dim]  {words}", highlight=False, soft_wrap=True)
